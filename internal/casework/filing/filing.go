// Package filing keeps who files a case without an account: the code by which
// he follows it, shown once, and what he wrote and how he can be reached,
// sealed, until it is erased. No event of a case holds any of it.
//
// Regulation: Articles 16 and 31 (anybody may object, and complain).
//
// Each concept with such cases owns a table of its own, of this shape, where
// the code is the SHA-256 of 75 random bits and once that of the form's key:
//
//	CREATE TABLE x_author (
//		case_id TEXT PRIMARY KEY REFERENCES x (id),
//		account TEXT NOT NULL, code TEXT NOT NULL,
//		words TEXT NOT NULL, contact TEXT NOT NULL, once TEXT NOT NULL
//	);
//	CREATE UNIQUE INDEX x_author_once ON x_author (once) WHERE once <> '';
package filing

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
)

// Key is how whoever filed a case without an account shows that it is his: its
// number and the secret code that he was given. Whoever has signed in and filed
// so gives no code.
type Key struct {
	Number string `json:"number"`
	Code   string `json:"code,omitempty"`
}

// Receipt is what whoever files a case gets, once.
type Receipt struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	Code   string `json:"code"` // to follow it up; nobody can find it again
}

// Author is who filed a case, as stored.
type Author struct {
	Account string // "" for none
	code    string // SHA-256, hex
	Words   string // sealed; "" once erased
	contact string // sealed; "" for none
	once    string // SHA-256 of the form's key, hex; "" for none
}

// Box seals small texts under a name; auth.Box does.
type Box interface {
	Seal(text, name string) string
	Open(sealed, name string) (string, error)
}

// Authors are those of the cases of one concept.
type Authors struct {
	Box   Box
	Table string // that the concept owns, e.g. "objection_author"
	Codes string // what tells the codes of one concept from those of another
}

// newCode draws 75 bits, in three groups of five letters and digits: from the
// key of the form, if it has one, so that whoever sends it twice, since he saw
// no answer, reads the same.
func (s Authors) newCode(once string) string {
	const letters = "0123456789abcdefghjkmnpqrstvwxyz" // of auth.HashRecovery: none is easily misread
	raw := make([]byte, 15)
	if once == "" {
		rand.Read(raw) // never fails since Go 1.24
	} else {
		sum := sha256.Sum256([]byte(s.Codes + "\x00" + once))
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

func hashOnce(once string) string {
	if once == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(once))
	return hex.EncodeToString(sum[:])
}

// contactSeal tells the seal of a contact from that of the words.
func contactSeal(caseID string) string { return caseID + "/contact" }

// EnterTx keeps who filed a case and what he wrote, and returns his code. Once
// is the key of his form, contact how he can be reached; both may be "".
func (s Authors) EnterTx(tx *database.Tx, who permit.Actor, caseID string, words any, contact, once string) (code string, err error) {
	code = s.newCode(once)
	a := Author{Account: who.Account, code: auth.HashRecovery(code), once: hashOnce(once)}
	if contact != "" {
		a.contact = s.Box.Seal(contact, contactSeal(caseID))
	}
	if a.Words, err = s.seal(caseID, words); err != nil {
		return "", err
	}
	return code, s.save(tx, caseID, a)
}

// RewriteTx keeps words in the place of what the author of a case wrote.
func (s Authors) RewriteTx(tx *database.Tx, _ permit.Actor, caseID string, a Author, words any) (err error) {
	if a.Words, err = s.seal(caseID, words); err != nil {
		return err
	}
	return s.save(tx, caseID, a)
}

// ForgetTx erases how the author of a case can be reached.
func (s Authors) ForgetTx(tx *database.Tx, _ permit.Actor, caseID string, a Author) (Author, error) {
	a.contact = ""
	return a, s.save(tx, caseID, a)
}

// EraseTx erases what the author of a case wrote and how he can be reached.
func (s Authors) EraseTx(tx *database.Tx, who permit.Actor, caseID string) error {
	a, err := s.LoadTx(tx, who, caseID)
	if err != nil {
		return err
	}
	a.Words, a.contact = "", ""
	return s.save(tx, caseID, a)
}

func (s Authors) save(tx *database.Tx, caseID string, a Author) error {
	_, err := tx.Exec(`
		INSERT INTO `+s.Table+` (case_id, account, code, words, contact, once)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (case_id) DO UPDATE
		SET    words = excluded.words, contact = excluded.contact`,
		caseID, a.Account, a.code, a.Words, a.contact, a.once)
	if err != nil {
		return fmt.Errorf("save author of %s: %w", caseID, err)
	}
	return nil
}

// LoadTx returns who filed a case.
func (s Authors) LoadTx(tx *database.Tx, _ permit.Actor, caseID string) (a Author, err error) {
	err = tx.QueryRow(`SELECT account, code, words, contact, once FROM `+s.Table+` WHERE case_id = ?`, caseID).Scan(&a.Account, &a.code, &a.Words, &a.contact, &a.once)
	if err != nil {
		return a, fmt.Errorf("load author of %s: %w", caseID, err)
	}
	return a, nil
}

// SentBeforeTx returns the case that came of the form with that key, and its
// code again; "" if there is none.
func (s Authors) SentBeforeTx(tx *database.Tx, _ permit.Actor, once string) (caseID, code string, err error) {
	if once == "" {
		return "", "", nil
	}
	err = tx.QueryRow(`SELECT case_id FROM `+s.Table+` WHERE once = ?`, hashOnce(once)).Scan(&caseID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("find a form that was sent before: %w", err)
	}
	return caseID, s.newCode(once), nil
}

func (s Authors) seal(caseID string, words any) (string, error) {
	text, err := json.Marshal(words)
	if err != nil {
		return "", fmt.Errorf("encode words of %s: %w", caseID, err)
	}
	return s.Box.Seal(string(text), caseID), nil
}

// Read decodes into what the author of a case wrote; nothing if it is erased.
func (s Authors) Read(caseID string, a Author, into any) error {
	if a.Words == "" {
		return nil
	}
	text, err := s.Box.Open(a.Words, caseID)
	if err == nil {
		err = json.Unmarshal([]byte(text), into)
	}
	if err != nil {
		return fmt.Errorf("open words of %s: %w", caseID, err)
	}
	return nil
}

// Contact is how the author of a case can be reached; "" if he cannot.
func (s Authors) Contact(caseID string, a Author) (string, error) {
	if a.contact == "" {
		return "", nil
	}
	return s.Box.Open(a.contact, contactSeal(caseID))
}

// Owns reports whether who filed the case by his account.
func (a Author) Owns(who permit.Actor) bool { return who.Known() && who.Account == a.Account }

// Opens reports whether k opens the case for who: by its code, or, if it gives
// none, by his account.
func (a Author) Opens(who permit.Actor, k Key) bool {
	holds := subtle.ConstantTimeCompare([]byte(auth.HashRecovery(k.Code)), []byte(a.code)) == 1
	return holds || k.Code == "" && a.Owns(who)
}

// Clean is the number, however it was typed.
func (k Key) Clean() string { return strings.ToUpper(strings.TrimSpace(k.Number)) }
