package agreement

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/sign"
)

// seal has the platform sign the record of a, whose text both sides signed.
func (s *Service) seal(tx *database.Tx, a Agreement) error {
	text, err := s.textOf(tx, a, a.SHA256)
	if err != nil {
		return err
	}
	seal, err := s.Keys.Seal(Record(a.Number, a.Edition, a.From, a.Until, a.Signed(), text))
	if err != nil {
		return err
	}
	return saveSeal(tx, a.ID, a.Edition, seal, s.Keys.Public())
}

// textOf opens a text of a and holds it to its hash.
func (s *Service) textOf(tx *database.Tx, a Agreement, hash string) (string, error) {
	sealed, err := loadText(tx, a.ID, hash)
	if err != nil {
		return "", err
	}
	text, err := s.Box.Open(sealed, a.ID)
	if err != nil {
		return "", fmt.Errorf("open text of %s: %w", a.ID, err)
	}
	if Hash(text) != hash {
		return "", fmt.Errorf("the text of %s is not what its hash says", a.ID)
	}
	return text, nil
}

// Copy is a signed copy: all that is needed to verify it without the platform.
type Copy struct {
	Format     string       `json:"format"` // Format
	Number     string       `json:"number"`
	Edition    int          `json:"edition"`
	From       workday.Date `json:"in_force_from"`
	Until      workday.Date `json:"in_force_until"`
	Text       string       `json:"text"` // what was signed, UTF-8 with LF
	SHA256     string       `json:"sha256"`
	Signatures []Signature  `json:"signatures"`
	Seal       sign.Seal    `json:"seal"`        // of the record; see [Record]
	PublicKeys string       `json:"public_keys"` // of the platform on the day of the seal, PEM
}

// Format is what the format of a signed copy is called.
const Format = "kaishu-agreement/1"

// Signed returns the signed copy of an agreement that both sides have signed.
func (s *Service) Signed(ctx context.Context, who permit.Actor, agreementID string) (c Copy, a Agreement, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, agreementID)
		if err != nil {
			return err
		}
		a = r.Agreement
		c = Copy{Format: Format, Number: a.Number, Edition: a.Edition, From: a.From, Until: a.Until, SHA256: a.SHA256, Signatures: a.Signed()}
		if c.Seal, c.PublicKeys, err = loadSeal(tx, a.ID, a.Edition); err != nil {
			return err
		}
		c.Text, err = s.textOf(tx, a, a.SHA256)
		return err
	})
	return c, a, err
}

// Public returns the platform's public keys, PEM.
func (s *Service) Public() string { return s.Keys.Public() }

// Verify checks a signed copy without the platform and returns it: the text has
// its hash, both sides signed that hash, and the platform sealed the record of
// it. Keys are the platform's public keys from another source; "" takes those
// in the copy, which proves only that the copy is of one piece.
func Verify(file []byte, keys string) (c Copy, err error) {
	if err := json.Unmarshal(file, &c); err != nil || c.Format != Format {
		return c, problem.New(problem.Invalid, "agreement.no_copy")
	}
	if Hash(c.Text) != c.SHA256 {
		return c, problem.New(problem.Invalid, "agreement.copy_altered")
	}
	sides := map[string]bool{}
	for _, x := range c.Signatures {
		if x.SHA256 != c.SHA256 || x.Edition != c.Edition {
			return c, problem.New(problem.Invalid, "agreement.copy_of_other_text", "by", x.By)
		}
		sides[x.Side] = true
	}
	if !sides[SideUser] || !sides[SidePublisher] || len(c.Signatures) != 2 {
		return c, problem.New(problem.Invalid, "agreement.copy_unsigned")
	}
	if keys == "" {
		keys = c.PublicKeys
	}
	err = sign.Verify(keys, Record(c.Number, c.Edition, c.From, c.Until, c.Signatures, c.Text), c.Seal)
	switch {
	case errors.Is(err, sign.ErrEd25519):
		return c, problem.New(problem.Invalid, "agreement.seal_wrong", "kind", "Ed25519")
	case errors.Is(err, sign.ErrSM2):
		return c, problem.New(problem.Invalid, "agreement.seal_wrong", "kind", "SM2")
	case err != nil:
		return c, problem.New(problem.Invalid, "agreement.no_key")
	}
	return c, nil
}
