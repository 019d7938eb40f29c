package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// prefix lets a leaked token be recognised by a scanner.
const prefix = "kaishu_"

// Token is a program's way in, as its owner sees it.
type Token struct {
	ID         string       `json:"id"`
	Label      string       `json:"label"`
	Membership string       `json:"membership,omitempty"`
	IssuedAt   time.Time    `json:"issued_at"`
	UsedAt     time.Time    `json:"used_at,omitzero"`
	Until      workday.Date `json:"until,omitempty"` // last day; "" for none
}

// TokenRequest is what a new token is to be.
type TokenRequest struct {
	Label string       `json:"label"`
	Until workday.Date `json:"until,omitempty"` // last day; "" for none
}

// Issue makes a token for account id, which acts in its first membership, and
// returns its secret, which is kept nowhere.
func (s *Service) Issue(ctx context.Context, who permit.Actor, id, label string) (secret string, err error) {
	if err := MayKeep.Asked(who); err != nil {
		return "", err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		membership := ""
		if m := first(r.Holder, s.today()); m != nil {
			membership = m.ID
		}
		secret, err = s.saveToken(tx, id, membership, TokenRequest{Label: label})
		return err
	})
	return secret, err
}

// MakeToken makes a token for who, which acts as he acts now. A token cannot
// make another.
func (s *Service) MakeToken(ctx context.Context, who permit.Actor, t TokenRequest) (secret string, err error) {
	if who.Session == "" {
		return "", problem.New(problem.Forbidden, "account.in_browser")
	}
	var p problem.List
	p.Require("/label", t.Label)
	if len([]rune(t.Label)) > mostName {
		p.Add("/label", "account.name_too_long", "most", mostName)
	}
	checkDays(&p, Facts{Now: s.Clock.Now()}, s.today(), t.Until)
	if err := p.Err(); err != nil {
		return "", err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		var membership string
		if err := tx.QueryRow(`SELECT membership FROM sign_in WHERE account = ? AND id = ?`, who.Account, who.Session).Scan(&membership); err != nil {
			return fmt.Errorf("load sign-in: %w", err)
		}
		all, err := s.tokens(tx, who.Account)
		if err != nil {
			return err
		}
		if len(all) >= mostTokens {
			return problem.New(problem.Conflict, "account.too_many_tokens", "most", mostTokens)
		}
		secret, err = s.saveToken(tx, who.Account, membership, t)
		return err
	})
	return secret, err
}

func (s *Service) saveToken(tx *database.Tx, account, membership string, t TokenRequest) (string, error) {
	secret, _, err := newSecret()
	if err != nil {
		return "", err
	}
	secret = prefix + secret
	_, err = tx.Exec(`
		INSERT INTO token (hash, id, account, membership, label, issued_at, until_on, used_at, ended_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, '', '')`,
		hashOf(secret), s.IDs.Make("tok"), account, membership, strings.TrimSpace(t.Label), clock.Format(s.Clock.Now()), t.Until)
	if err != nil {
		return "", fmt.Errorf("save token of %s: %w", account, err)
	}
	return secret, nil
}

// tokens lists the tokens of an account that count, the latest first.
func (s *Service) tokens(tx *database.Tx, account string) (all []Token, err error) {
	rows, err := tx.Query(`
		SELECT id, label, membership, issued_at, used_at, until_on
		FROM   token
		WHERE  account = ? AND ended_at = '' AND (until_on = '' OR until_on >= ?)
		ORDER  BY issued_at DESC, id DESC`, account, s.today())
	if err != nil {
		return nil, fmt.Errorf("list tokens of %s: %w", account, err)
	}
	defer rows.Close()
	for rows.Next() {
		var t Token
		var issued, used string
		if err := rows.Scan(&t.ID, &t.Label, &t.Membership, &issued, &used, &t.Until); err != nil {
			return nil, fmt.Errorf("list tokens of %s: %w", account, err)
		}
		t.IssuedAt, t.UsedAt = moment(issued), moment(used)
		all = append(all, t)
	}
	return all, rows.Err()
}

// EndToken takes a token of who back.
func (s *Service) EndToken(ctx context.Context, who permit.Actor, token string) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		n, err := tx.Exec(`UPDATE token SET ended_at = ? WHERE account = ? AND id = ? AND ended_at = ''`, clock.Format(s.Clock.Now()), who.Account, token)
		if err != nil {
			return fmt.Errorf("end token of %s: %w", who.Account, err)
		}
		if n == 0 {
			return problem.New(problem.NotFound, "account.no_token")
		}
		return nil
	})
}
