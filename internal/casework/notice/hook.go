package notice

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// secretMark begins the secret of a webhook, as Standard Webhooks writes it.
const secretMark = "whsec_"

// Signature returns what the header webhook-signature says of a message (the
// Standard Webhooks scheme): HMAC-SHA256 of id, time and body. secret is as it
// was shown: "whsec_" and base64.
func Signature(secret, message string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretMark))
	if err != nil {
		return "", fmt.Errorf("read secret of webhook: %w", err)
	}
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "%s.%d.", message, at.Unix())
	m.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)), nil
}

// AddHook enters a webhook of who and returns it with its secret, which is not
// shown again.
func (s *Service) AddHook(ctx context.Context, who permit.Actor, url string) (h Hook, secret string, err error) {
	if err := MayRead.Asked(who); err != nil {
		return h, "", err
	}
	url = strings.TrimSpace(url)
	if err := s.Hooks.Check(ctx, url); err != nil {
		if problem.As(err) == nil { // the name could not be looked up just now
			err = problem.New(problem.Conflict, "notice.hook_unreachable")
		}
		return h, "", err
	}
	raw := make([]byte, 32)
	rand.Read(raw) // never fails since Go 1.24
	secret = secretMark + base64.StdEncoding.EncodeToString(raw)
	h = Hook{ID: s.IDs.Make("whk"), URL: url, On: true, MadeAt: s.Clock.Now()}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		all, err := listHooks(tx, who.Account)
		if err != nil {
			return err
		}
		var p problem.List
		if len(all) >= MaxHooks {
			p.Add("/url", "notice.too_many_hooks", "most", MaxHooks)
		}
		for _, other := range all {
			if other.URL == url {
				p.Add("/url", "notice.hook_twice")
			}
		}
		if err := p.Err(); err != nil {
			return err
		}
		_, err = tx.Exec(`
			INSERT INTO notice_hook (id, account, url, secret, state, made_at)
			VALUES (?, ?, ?, ?, 'on', ?)`,
			h.ID, who.Account, h.URL, s.Box.Seal(secret, h.ID), clock.Format(h.MadeAt))
		if err != nil {
			return fmt.Errorf("save webhook: %w", err)
		}
		return nil
	})
	return h, secret, err
}

// ListHooks returns the webhooks of who.
func (s *Service) ListHooks(ctx context.Context, who permit.Actor) (all []Hook, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err = listHooks(tx, who.Account)
		return err
	})
	return all, err
}

// HookDeliveries returns what was lately sent to a webhook of who.
func (s *Service) HookDeliveries(ctx context.Context, who permit.Actor, hook string) (all []Delivery, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if err := owns(tx, who, hook); err != nil {
			return err
		}
		all, err = deliveries(tx, `target = ?`, hook)
		return err
	})
	return all, err
}

// RemoveHook removes a webhook of who and its secret. Another's is not found.
func (s *Service) RemoveHook(ctx context.Context, who permit.Actor, hook string) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		if err := owns(tx, who, hook); err != nil {
			return err
		}
		return setHook(tx, hook, `state = 'removed', secret = ''`)
	})
}

// TestHook sends a test to a webhook of who, and switches it on again if it
// was off.
func (s *Service) TestHook(ctx context.Context, who permit.Actor, hook string) error {
	return s.test(ctx, who, func(tx *database.Tx, notice string) error {
		if err := owns(tx, who, hook); err != nil {
			return err
		}
		if err := setHook(tx, hook, `state = 'on'`); err != nil {
			return err
		}
		return s.deliver(tx, Delivery{Notice: notice, Channel: Webhook, Target: hook, account: who.Account})
	})
}

// TestMail sends a test to the address of who.
func (s *Service) TestMail(ctx context.Context, who permit.Actor) error {
	if s.Mail == nil {
		return problem.New(problem.Conflict, "notice.no_mail")
	}
	return s.test(ctx, who, func(tx *database.Tx, notice string) error {
		return s.deliver(tx, Delivery{Notice: notice, Channel: Mail, account: who.Account})
	})
}

// test tells who a test, at most once a minute, and sends it by send.
func (s *Service) test(ctx context.Context, who permit.Actor, send func(tx *database.Tx, notice string) error) error {
	if err := MayRead.Asked(who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		key := "test-" + who.Account + "-" + s.Clock.Now().Format("200601021504")
		if _, err := loadNotice(tx, who.Account, "ntc_"+key); err == nil {
			return problem.New(problem.TooMany, "notice.test_again")
		}
		if err := s.Tell(tx, who, Notice{Key: key, Account: who.Account, Kind: kindTest}); err != nil {
			return err
		}
		return send(tx, "ntc_"+key)
	})
}

// posted is the message of a webhook.
type posted struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		Notice string      `json:"notice"`
		Title  locale.Text `json:"title"`
		Text   locale.Text `json:"text"`
		About  string      `json:"about,omitempty"`
	} `json:"data"`
}

func (s *Service) prepareHook(tx *database.Tx, d Delivery) (func(context.Context) outcome, error) {
	var url, sealed, state string
	err := tx.QueryRow(`SELECT url, secret, state FROM notice_hook WHERE id = ?`, d.Target).Scan(&url, &sealed, &state)
	if err != nil {
		return nil, fmt.Errorf("load webhook %s: %w", d.Target, err)
	}
	if state != "on" {
		return func(context.Context) outcome { return outcome{fault: "notice.hook_was_off", final: true} }, nil
	}
	secret, err := s.Box.Open(sealed, d.Target)
	if err != nil {
		return nil, fmt.Errorf("open secret of webhook %s: %w", d.Target, err)
	}
	t, err := loadNotice(tx, d.account, d.Notice)
	if err != nil {
		return nil, err
	}
	var m posted
	m.Type, m.Timestamp, m.Data.Notice, m.Data.Title, m.Data.Text, m.Data.About = t.Kind, t.At, t.ID, t.Title, t.Text, t.About
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode webhook: %w", err)
	}
	now := s.Clock.Now()
	signature, err := Signature(secret, d.ID, now, body)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set("Webhook-Id", d.ID)
	header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	header.Set("Webhook-Signature", signature)
	return func(ctx context.Context) outcome {
		status, _, err := s.Hooks.Post(ctx, url, header, body)
		switch {
		case err != nil && problem.As(err) != nil:
			return outcome{fault: "notice.hook_refused", final: true}
		case err != nil:
			return outcome{fault: "notice.hook_unreachable"}
		case status >= 200 && status < 300:
			return outcome{status: status}
		}
		return outcome{status: status, fault: "notice.hook_answered", final: status == http.StatusGone}
	}, nil
}

// switchOff stops a webhook whose message was given up, and tells its owner.
func (s *Service) switchOff(tx *database.Tx, d Delivery) error {
	var state, url string
	if err := tx.QueryRow(`SELECT state, url FROM notice_hook WHERE id = ?`, d.Target).Scan(&state, &url); err != nil {
		return fmt.Errorf("load webhook %s: %w", d.Target, err)
	}
	if state != "on" {
		return nil
	}
	if err := setHook(tx, d.Target, `state = 'off'`); err != nil {
		return err
	}
	return s.Tell(tx, permit.Platform, Notice{Key: "off-" + d.ID, Account: d.account, Kind: kindHookOff, Args: map[string]any{"url": url}, About: "/inbox/settings"})
}

func setHook(tx *database.Tx, hook, change string) error {
	if _, err := tx.Exec(`UPDATE notice_hook SET `+change+` WHERE id = ?`, hook); err != nil {
		return fmt.Errorf("change webhook %s: %w", hook, err)
	}
	return nil
}

// owns fails with problem.NotFound unless hook is one of who's.
func owns(tx *database.Tx, who permit.Actor, hook string) error {
	var n int
	err := tx.QueryRow(`SELECT 1 FROM notice_hook WHERE id = ? AND account = ? AND state <> 'removed'`, hook, who.Account).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return notFound()
	}
	if err != nil {
		return fmt.Errorf("load webhook %s: %w", hook, err)
	}
	return nil
}

func listHooks(tx *database.Tx, account string) ([]Hook, error) {
	rows, err := tx.Query(`
		SELECT id, url, state, made_at
		FROM   notice_hook
		WHERE  account = ? AND state <> 'removed'
		ORDER  BY made_at, id`, account)
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	defer rows.Close()
	var all []Hook
	for rows.Next() {
		var h Hook
		var state, at string
		if err := rows.Scan(&h.ID, &h.URL, &state, &at); err != nil {
			return nil, fmt.Errorf("list webhooks: %w", err)
		}
		h.On = state == "on"
		if h.MadeAt, err = clock.Parse(at); err != nil {
			return nil, fmt.Errorf("list webhooks: %w", err)
		}
		all = append(all, h)
	}
	return all, rows.Err()
}
