package administration

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/version"
	"kaishu/internal/site/layout"
)

// JobList is the JSON answer of the list of jobs: the parked ones.
type JobList struct {
	queue.Counts
	Items []ParkedJob `json:"items"`
}

// ParkedJob is a job that waits for a person.
type ParkedJob struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Subject  string `json:"subject"` // what it is about, from its key
	Attempts int    `json:"attempts"`
	Code     string `json:"code,omitempty"` // of the problem that parked it; "" if it was a fault of ours
	Reason   string `json:"reason"`         // in words, in the language asked for
	AddedAt  string `json:"added_at"`
}

// readJobs returns how many jobs there are, and the parked ones.
func (s *Service) readJobs(c *web.Context) (l JobList, err error) {
	err = s.DB.Read(c.Request.Context(), func(tx *database.Tx) error {
		if l.Counts, err = queue.Count(tx); err != nil {
			return err
		}
		parked, err := queue.Parked(tx)
		l.Items = []ParkedJob{}
		for _, j := range parked {
			_, subject, _ := strings.Cut(j.ID, "/")
			p := ParkedJob{ID: j.ID, Kind: j.Kind, Subject: subject, Attempts: j.Attempts, AddedAt: j.AddedAt}
			if j.Problem != nil {
				p.Code, p.Reason = j.Problem.Code, c.Shape(0, j.Problem).Detail
			} else {
				p.Reason = c.Say("administration.jobs.fault", "fault", j.Fault)
			}
			l.Items = append(l.Items, p)
		}
		return err
	})
	return l, err
}

// retryJob lets a parked job run again, and keeps who did so.
func (s *Service) retryJob(ctx context.Context, who permit.Actor, job string) error {
	err := s.DB.Write(ctx, func(tx *database.Tx) error {
		if err := queue.Retry(tx, job, s.Clock.Now()); err != nil {
			return err
		}
		stream := "job/" + job
		lines, err := ledger.History(tx, stream)
		if err != nil {
			return err
		}
		return ledger.Append(tx, stream, len(lines), who, s.Clock.Now(), id.Trace(tx.Context()), []Retried{{Job: job}})
	})
	if err == nil && s.Wake != nil {
		s.Wake()
	}
	return err
}

type jobsPage struct {
	page
	JobList
	Rows []jobRow
}

type jobRow struct {
	ParkedJob
	What  string // its kind, in words
	Day   workday.Date
	Retry form
}

// kinds are the jobs that have words.
var kinds = map[string]string{"version.profile": "profile", "version.stage": "stage"}

func (s *Service) jobs(c *web.Context) error {
	return s.showJobs(c, layout.Form{})
}

func (s *Service) showJobs(c *web.Context, f layout.Form) error {
	list, err := s.readJobs(c)
	if err != nil {
		return err
	}
	p := jobsPage{page: s.begin(c, "jobs"), JobList: list}
	p.Form = f
	for _, j := range list.Items {
		row := jobRow{ParkedJob: j, What: j.Kind, Day: dayOf(j.AddedAt), Retry: sheet(c, "administration.retry", "administration.retry").and("/id", j.ID)}
		if word := kinds[j.Kind]; word != "" {
			row.What = c.Say("administration.job." + word)
		}
		p.Rows = append(p.Rows, row)
	}
	return s.pages.Render(c, p.status(), "jobs", p)
}

// Retry names the job to run again.
type Retry struct {
	ID string `json:"id"`
}

func (r Retry) check() error {
	var p problem.List
	p.Require("/id", r.ID)
	return p.Err()
}

func (s *Service) retry(c *web.Context) error {
	var r Retry
	err := c.Form(&r)
	if err == nil {
		err = r.check()
	}
	if err == nil {
		err = s.retryJob(c.Request.Context(), c.Actor, r.ID)
	}
	return done(c, err, func(f layout.Form) error { return s.showJobs(c, f) }, "retried", "administration.jobs")
}

// StorageUse is the JSON answer of what is kept where, in bytes.
type StorageUse struct {
	version.Storage
	Disk Disk `json:"disk"`
}

// largest is how many datasets the page of storage names.
const largest = 20

func (s *Service) readStorage(c *web.Context) (u StorageUse, err error) {
	if u.Storage, err = s.Versions.Storage(c.Request.Context(), c.Actor, largest); err != nil {
		return u, err
	}
	if s.Disk == nil {
		return u, errors.New("measure disk: no way to do so was given")
	}
	u.Disk, err = s.Disk()
	return u, err
}

type storagePage struct {
	page
	Use  StorageUse
	Low  bool // less than a tenth of the disk is free
	Rows []shareRow
}

type shareRow struct {
	version.Share
	Href string
}

func (s *Service) storage(c *web.Context) error {
	use, err := s.readStorage(c)
	if err != nil {
		return err
	}
	p := storagePage{page: s.begin(c, "storage"), Use: use, Low: use.Disk.Free < use.Disk.Size/10}
	for _, share := range use.Largest {
		p.Rows = append(p.Rows, shareRow{share, layout.DatasetPath(c.Lang, share.Dataset)})
	}
	return s.pages.Render(c, http.StatusOK, "storage", p)
}
