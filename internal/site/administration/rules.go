package administration

import "kaishu/internal/base/permit"

// Jobs is the rule of looking at jobs and of running a parked one again.
var Jobs = permit.Rule{Act: "administration.jobs", By: []permit.Role{permit.SysAdmin, permit.CtrOps}}

// Retried is what the ledger keeps of a job that a person let run again.
type Retried struct {
	Job string `json:"job"`
}

// Kind names the event.
func (Retried) Kind() string { return "administration.job_retried" }
