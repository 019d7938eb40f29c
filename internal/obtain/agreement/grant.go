package agreement

import (
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
)

// Holder is whose agreement is asked for: of an application, of a body, or of a
// person. What is "" does not count; something must be said.
type Holder struct {
	Application  string
	Organisation string
	Account      string // of a person who did not act for a body
}

// InForceTx returns what an agreement in force today gives of a dataset, and
// the agreement; false if there is none. This is what a grant follows from:
// nothing is handed over without (Article 20, hard gate 10).
func (s *Service) InForceTx(tx *database.Tx, _ permit.Actor, of Holder, dataset string) (g Given, a Agreement, ok bool, err error) {
	where, args := `WHERE stage IN `+stagesIn(InForce)+` AND id IN (SELECT agreement FROM agreement_dataset WHERE dataset = ? AND until >= ?)`, []any{dataset, s.today()}
	for _, x := range []struct{ column, value string }{{"application", of.Application}, {"organisation", of.Organisation}, {"account", of.Account}} {
		if x.value != "" {
			where, args = where+` AND `+x.column+` = ?`, append(args, x.value)
		}
	}
	if len(args) == 2 {
		return g, a, false, nil
	}
	if of.Account != "" && of.Organisation == "" {
		where += ` AND organisation = ''`
	}
	rows, err := list(tx, where+` ORDER BY id`, args...)
	if err != nil {
		return g, a, false, err
	}
	for _, r := range rows { // the one that lasts longest
		i := slices.IndexFunc(r.Datasets, func(x Given) bool { return x.Dataset == dataset })
		if i >= 0 && (!ok || r.Datasets[i].Until > g.Until) {
			g, a, ok = r.Datasets[i], r.Agreement, true
		}
	}
	return g, a, ok, nil
}
