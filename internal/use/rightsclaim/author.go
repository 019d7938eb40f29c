package rightsclaim

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

// Words is what a complainant wrote.
type Words struct {
	Claim string `json:"claim"`
}

// Key is how a complainant without an account shows that a case is his.
type Key = filing.Key

// Receipt is what a complainant gets, once.
type Receipt = filing.Receipt

// authors are the complainants.
func (s *Service) authors() filing.Authors {
	return filing.Authors{Box: s.Box, Table: "rightsclaim_author", Codes: "code of a complaint"}
}

// enter keeps what a complainant wrote, and returns his code.
func (s *Service) enter(tx *database.Tx, who permit.Actor, caseID string, in Form) (code string, err error) {
	return s.authors().EnterTx(tx, who, caseID, Words{Claim: in.Claim}, in.Contact, in.Once)
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
	var w Words
	if err := s.authors().Read(caseID, a, &w); err != nil {
		return got, err
	}
	if r.Dataset != slug || r.Right != in.Right || r.Cause != in.Cause || w.Claim != in.Claim {
		return got, problem.New(problem.Conflict, "web.idempotency_conflict")
	}
	return Receipt{ID: caseID, Number: r.Number, Code: code}, nil
}

// mine returns the case that k opens for who. A number that there is not, and
// one with another code, are the same.
func (s *Service) mine(tx *database.Tx, who permit.Actor, k Key) (row, filing.Author, error) {
	none := problem.New(problem.NotFound, "rightsclaim.no_such_code")
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

// Follow shows a complainant his case.
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

// MayAttach fails unless k opens a case for who to which evidence can be added
// now: to be asked before a file is read.
func (s *Service) MayAttach(ctx context.Context, who permit.Actor, k Key) error {
	v, err := s.Follow(ctx, who, k)
	if err == nil && !slices.Contains(v.Can, "attach") {
		err = Table.Permit(v.Case.Stage, "attach", who, nil)
	}
	return err
}

// Attach adds a file to the evidence of a complainant's case.
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
		if r, err = s.move(tx, who, r, Attach{Evidence: m.ID}); err != nil {
			return err
		}
		v, err = s.view(tx, who, r, true)
		return err
	})
	return v, err
}

// Forget erases how the complainant can be reached; his case goes on.
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

// erase forgets what the complainant of a case wrote and sent.
func (s *Service) erase(tx *database.Tx, caseID string) error {
	if err := s.authors().EraseTx(tx, permit.Platform, caseID); err != nil {
		return err
	}
	return s.Materials.Purge(tx, permit.Platform, caseID)
}
