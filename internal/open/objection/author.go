package objection

import (
	"context"
	"errors"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/filing"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
)

// Words is what an objector wrote.
type Words struct {
	Claim     string   `json:"claim"`
	Suggested string   `json:"suggested,omitempty"`
	Rows      []string `json:"rows,omitempty"`
	Again     string   `json:"again,omitempty"` // what was new when he re-opened it
}

// Key is how an objector without an account shows that a case is his.
type Key = filing.Key

// Receipt is what an objector gets, once.
type Receipt = filing.Receipt

// authors are the objectors.
func (s *Service) authors() filing.Authors {
	return filing.Authors{Box: s.Box, Table: "objection_author", Codes: "code of an objection"}
}

// words is what the objector of a case wrote.
func (s *Service) words(caseID string, a filing.Author) (w Words, err error) {
	return w, s.authors().Read(caseID, a, &w)
}

// enter keeps what an objector wrote, and returns his code.
func (s *Service) enter(tx *database.Tx, who permit.Actor, caseID string, in Form) (code string, err error) {
	return s.authors().EnterTx(tx, who, caseID, Words{Claim: in.Claim, Suggested: in.Suggested, Rows: in.Rows}, in.Contact, in.Once)
}

// errSentBefore ends the transaction of a form that is sent again.
var errSentBefore = errors.New("sent before")

// sentBefore returns what whoever sent the same form got; the zero Receipt if
// nobody did. It fails with problem.Conflict if the form said something else.
func (s *Service) sentBefore(tx *database.Tx, slug string, in Form) (got Receipt, err error) {
	caseID, code, err := s.authors().SentBeforeTx(tx, permit.Platform, in.Once)
	if err != nil || caseID == "" {
		return got, err
	}
	r, err := load(tx, caseID)
	if err != nil {
		return got, err
	}
	a, err := s.authors().LoadTx(tx, permit.Platform, caseID)
	if err != nil {
		return got, err
	}
	w, err := s.words(caseID, a)
	if err != nil {
		return got, err
	}
	if r.Dataset != slug || r.Target != in.Target || !slices.Equal(r.Fields, in.Fields) || w.Claim != in.Claim || w.Suggested != in.Suggested || !slices.Equal(w.Rows, in.Rows) {
		return got, problem.New(problem.Conflict, "web.idempotency_conflict")
	}
	return Receipt{ID: caseID, Number: r.Number, Code: code}, nil
}

// mine returns the case that k opens for who. A number that there is not, and
// one with another code, are the same.
func (s *Service) mine(tx *database.Tx, who permit.Actor, k Key) (row, filing.Author, error) {
	none := problem.New(problem.NotFound, "objection.no_such_code")
	r, err := byNumber(tx, k.Clean())
	if problem.Is(err, problem.NotFound) {
		return r, filing.Author{}, none
	}
	if err != nil {
		return r, filing.Author{}, err
	}
	a, err := s.authors().LoadTx(tx, permit.Platform, r.ID)
	if err != nil {
		return r, a, err
	}
	if !a.Opens(who, k) {
		return row{}, filing.Author{}, none
	}
	return r, a, nil
}

// Follow shows an objector his case.
func (s *Service) Follow(ctx context.Context, who permit.Actor, k Key) (v View, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, _, err := s.mine(tx, who, k)
		if err == nil {
			v, err = s.view(tx, who, r, true)
		}
		return err
	})
	return v, err
}

// Reopen takes up a closed case again, once, with what is new; file may be nil.
func (s *Service) Reopen(ctx context.Context, who permit.Actor, k Key, claim string, file *material.Scratch) (v View, err error) {
	move := func(tx *database.Tx, evidence string) error {
		r, a, err := s.mine(tx, who, k)
		if err != nil {
			return err
		}
		if r, err = s.move(tx, who, r, Reopen{Claim: claim, File: evidence}); err != nil {
			return err
		}
		w, err := s.words(r.ID, a)
		if err != nil {
			return err
		}
		w.Again = claim
		if err := s.authors().RewriteTx(tx, who, r.ID, a, w); err != nil {
			return err
		}
		v, err = s.view(tx, who, r, true)
		return err
	}
	if file == nil {
		err = s.DB.Write(ctx, func(tx *database.Tx) error { return move(tx, "") })
		return v, err
	}
	before, err := s.Follow(ctx, who, k)
	if err != nil {
		return v, err
	}
	_, err = s.Materials.Keep(ctx, permit.Actor{}, before.Case.ID, file, func(tx *database.Tx, m material.Material) error { return move(tx, m.ID) })
	return v, err
}

// MayAttach fails unless k opens a case for who to which evidence can be added
// now: to be asked before a file is read.
func (s *Service) MayAttach(ctx context.Context, who permit.Actor, k Key) error {
	v, err := s.Follow(ctx, who, k)
	if err == nil && !slices.Contains(v.Can, "attach") {
		err = Table.Permit(v.Case.Stage, "attach", who, nil)
	}
	return err
}

// Attach adds a file to the evidence of an objector's case.
func (s *Service) Attach(ctx context.Context, who permit.Actor, k Key, file *material.Scratch) (v View, err error) {
	before, err := s.Follow(ctx, who, k)
	if err != nil {
		return v, err
	}
	_, err = s.Materials.Keep(ctx, permit.Actor{}, before.Case.ID, file, func(tx *database.Tx, m material.Material) error {
		r, _, err := s.mine(tx, who, k)
		if err != nil {
			return err
		}
		if r, err = s.move(tx, who, r, Attach{File: m.ID}); err != nil {
			return err
		}
		v, err = s.view(tx, who, r, true)
		return err
	})
	return v, err
}

// Forget erases how the objector can be reached; his case goes on.
func (s *Service) Forget(ctx context.Context, who permit.Actor, k Key) (v View, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, a, err := s.mine(tx, who, k)
		if err != nil {
			return err
		}
		if _, err := s.authors().ForgetTx(tx, who, r.ID, a); err != nil {
			return err
		}
		v, err = s.view(tx, who, r, true)
		return err
	})
	return v, err
}

// erase forgets what the objector of a case wrote and sent.
func (s *Service) erase(tx *database.Tx, caseID string) error {
	if err := s.authors().EraseTx(tx, permit.Platform, caseID); err != nil {
		return err
	}
	return s.Materials.Purge(tx, permit.Platform, caseID)
}
