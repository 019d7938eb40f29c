package objection

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
)

// Words is what an objector wrote.
type Words struct {
	Claim     string   `json:"claim"`
	Suggested string   `json:"suggested,omitempty"`
	Rows      []string `json:"rows,omitempty"`
	Again     string   `json:"again,omitempty"` // what was new when he re-opened it
}

// Key is how an objector without an account shows that a case is his: its
// number and the secret code that he was given. Whoever has signed in and
// objected so gives no code.
type Key struct {
	Number string `json:"number"`
	Code   string `json:"code,omitempty"`
}

// Receipt is what an objector gets, once.
type Receipt struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	Code   string `json:"code"` // to follow it up; nobody can find it again
}

// author is the row of the objector.
type author struct {
	account, code, words, contact, once string
}

// newCode draws 75 bits, in three groups of five letters and digits: from the
// key of the form, if it has one, so that whoever sends it twice, since he saw
// no answer, reads the same.
func newCode(once string) string {
	const letters = "0123456789abcdefghjkmnpqrstvwxyz" // of auth.HashRecovery: none is easily misread
	raw := make([]byte, 15)
	if once == "" {
		rand.Read(raw) // never fails since Go 1.24
	} else {
		sum := sha256.Sum256([]byte("code of an objection\x00" + once))
		copy(raw, sum[:])
	}
	var b strings.Builder
	for i, x := range raw {
		if i > 0 && i%5 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[x%32])
	}
	return b.String()
}

func (s *Service) seal(caseID string, w Words) (string, error) {
	text, err := json.Marshal(w)
	if err != nil {
		return "", fmt.Errorf("encode words of %s: %w", caseID, err)
	}
	return s.Box.Seal(string(text), caseID), nil
}

func (s *Service) unseal(caseID, sealed string) (w Words, err error) {
	if sealed == "" {
		return w, nil
	}
	text, err := s.Box.Open(sealed, caseID)
	if err == nil {
		err = json.Unmarshal([]byte(text), &w)
	}
	if err != nil {
		return w, fmt.Errorf("open words of %s: %w", caseID, err)
	}
	return w, nil
}

// contactSeal tells the seal of a contact from that of the words.
func contactSeal(caseID string) string { return caseID + "/contact" }

func saveAuthor(tx *database.Tx, caseID string, a author) error {
	_, err := tx.Exec(`
		INSERT INTO objection_author (case_id, account, code, words, contact, once)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (case_id) DO UPDATE
		SET    words = excluded.words, contact = excluded.contact`,
		caseID, a.account, a.code, a.words, a.contact, a.once)
	if err != nil {
		return fmt.Errorf("save objector of %s: %w", caseID, err)
	}
	return nil
}

func loadAuthor(tx *database.Tx, caseID string) (a author, err error) {
	err = tx.QueryRow(`SELECT account, code, words, contact FROM objection_author WHERE case_id = ?`, caseID).Scan(&a.account, &a.code, &a.words, &a.contact)
	if err != nil {
		return a, fmt.Errorf("load objector of %s: %w", caseID, err)
	}
	return a, nil
}

// enter keeps what an objector wrote, and returns his code.
func (s *Service) enter(tx *database.Tx, who permit.Actor, caseID string, in Form) (code string, err error) {
	code = newCode(in.Once)
	a := author{account: who.Account, code: auth.HashRecovery(code), once: onceHash(in.Once)}
	if a.words, err = s.seal(caseID, Words{Claim: in.Claim, Suggested: in.Suggested, Rows: in.Rows}); err != nil {
		return "", err
	}
	if in.Contact != "" {
		a.contact = s.Box.Seal(in.Contact, contactSeal(caseID))
	}
	return code, saveAuthor(tx, caseID, a)
}

// errSentBefore ends the transaction of a form that is sent again.
var errSentBefore = errors.New("sent before")

func onceHash(once string) string {
	if once == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(once))
	return hex.EncodeToString(sum[:])
}

// sentBefore returns what whoever sent the same form got; the zero Receipt if
// nobody did. It fails with problem.Conflict if the form said something else.
func (s *Service) sentBefore(tx *database.Tx, slug string, in Form) (got Receipt, err error) {
	if in.Once == "" {
		return got, nil
	}
	var caseID, words string
	err = tx.QueryRow(`SELECT case_id, words FROM objection_author WHERE once = ?`, onceHash(in.Once)).Scan(&caseID, &words)
	if errors.Is(err, sql.ErrNoRows) {
		return got, nil
	}
	if err != nil {
		return got, fmt.Errorf("find a form that was sent before: %w", err)
	}
	r, err := load(tx, caseID)
	if err != nil {
		return got, err
	}
	w, err := s.unseal(caseID, words)
	if err != nil {
		return got, err
	}
	if r.Dataset != slug || r.Target != in.Target || !slices.Equal(r.Fields, in.Fields) || w.Claim != in.Claim || w.Suggested != in.Suggested || !slices.Equal(w.Rows, in.Rows) {
		return got, problem.New(problem.Conflict, "web.idempotency_conflict")
	}
	return Receipt{ID: caseID, Number: r.Number, Code: newCode(in.Once)}, nil
}

// mine returns the case that k opens for who. A number that there is not, and
// one with another code, are the same.
func (s *Service) mine(tx *database.Tx, who permit.Actor, k Key) (row, author, error) {
	none := problem.New(problem.NotFound, "objection.no_such_code")
	r, err := byNumber(tx, strings.ToUpper(strings.TrimSpace(k.Number)))
	if problem.Is(err, problem.NotFound) {
		return r, author{}, none
	}
	if err != nil {
		return r, author{}, err
	}
	a, err := loadAuthor(tx, r.ID)
	if err != nil {
		return r, a, err
	}
	holds := subtle.ConstantTimeCompare([]byte(auth.HashRecovery(k.Code)), []byte(a.code)) == 1
	if !holds && (k.Code != "" || !owns(who, a)) {
		return row{}, author{}, none
	}
	return r, a, nil
}

func owns(who permit.Actor, a author) bool { return who.Known() && who.Account == a.account }

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
		w, err := s.unseal(r.ID, a.words)
		if err != nil {
			return err
		}
		w.Again = claim
		if a.words, err = s.seal(r.ID, w); err != nil {
			return err
		}
		if err := saveAuthor(tx, r.ID, a); err != nil {
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
		a.contact = ""
		if err := saveAuthor(tx, r.ID, a); err != nil {
			return err
		}
		v, err = s.view(tx, who, r, true)
		return err
	})
	return v, err
}

// erase forgets what the objector of a case wrote and sent.
func (s *Service) erase(tx *database.Tx, caseID string) error {
	a, err := loadAuthor(tx, caseID)
	if err != nil {
		return err
	}
	a.words, a.contact = "", ""
	if err := saveAuthor(tx, caseID, a); err != nil {
		return err
	}
	return s.Materials.Purge(tx, permit.Platform, caseID)
}
