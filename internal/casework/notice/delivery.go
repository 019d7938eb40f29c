package notice

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/queue"
)

// jobDeliver sends one delivery once. It may run twice: a mail of the same id
// is the same mail, a webhook carries the id of its message.
const jobDeliver = "notice.deliver"

type attempt struct {
	Delivery string `json:"delivery"`
	Number   int    `json:"number"` // attempts before this one
}

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler {
	return []queue.Handler{queue.Handle(jobDeliver, s.try)}
}

// deliver begins d.
func (s *Service) deliver(tx *database.Tx, d Delivery) error {
	d.ID, d.State, d.At = s.IDs.Make("dlv"), Waiting, s.Clock.Now()
	if err := saveDelivery(tx, d); err != nil {
		return err
	}
	return enqueue(tx, d, d.At)
}

func enqueue(tx *database.Tx, d Delivery, at time.Time) error {
	return queue.Enqueue(tx, jobDeliver+"/"+d.ID+"/"+strconv.Itoa(d.Attempts), jobDeliver, attempt{d.ID, d.Attempts}, at)
}

// outcome is what one attempt gave.
type outcome struct {
	status int
	fault  string // message key; "" if it was sent
	final  bool   // trying again cannot help
}

// try makes one attempt and keeps what came of it.
func (s *Service) try(ctx context.Context, a attempt) error {
	var d Delivery
	var send func(context.Context) outcome
	err := s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := deliveries(tx, `id = ?`, a.Delivery)
		if err != nil {
			return err
		}
		if len(all) == 0 || all[0].Attempts != a.Number || all[0].State == Sent || all[0].State == GivenUp {
			return nil // done by an earlier run
		}
		d = all[0]
		send, err = s.prepare(tx, d)
		return err
	})
	if err != nil || d.ID == "" {
		return err
	}
	result := send(ctx)
	if ctx.Err() != nil && result.fault != "" {
		return ctx.Err() // the platform stops: nobody failed
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error { return s.settle(tx, d, result) })
}

// prepare reads what d needs and returns how it is sent.
func (s *Service) prepare(tx *database.Tx, d Delivery) (func(context.Context) outcome, error) {
	switch d.Channel {
	case Webhook:
		return s.prepareHook(tx, d)
	case Letter:
		return s.prepareLetter(tx, d)
	}
	t, err := loadNotice(tx, d.account, d.Notice)
	if err != nil {
		return nil, err
	}
	to, lang, err := s.Contact(tx, d.account)
	if err != nil {
		return nil, fmt.Errorf("find address: %w", err)
	}
	if to == "" {
		return func(context.Context) outcome { return outcome{fault: "notice.no_address", final: true} }, nil
	}
	c, err := loadChoice(tx, d.account)
	if err != nil {
		return nil, err
	}
	lang = cmp.Or(c.Lang, lang, locale.ZH)
	m := Message{ID: d.Notice, To: to, Subject: brief(t.Title.In(lang), 100), Text: s.letterText(t, lang), Lang: lang}
	if s.Public != "" {
		m.Unsubscribe = strings.TrimSuffix(s.Public, "/") + "/" + string(lang) + "/inbox/settings"
	}
	return s.mailing(m), nil
}

func (s *Service) letterText(t Told, lang locale.Lang) string {
	parts := []string{t.Text.In(lang)}
	if t.About != "" && s.Public != "" {
		parts = append(parts, strings.TrimSuffix(s.Public, "/")+"/"+string(lang)+t.About)
	}
	return strings.Join(append(parts, "—", s.Words.Say(lang, "notice.mail_footer", nil)), "\n\n") + "\n"
}

func (s *Service) mailing(m Message) func(context.Context) outcome {
	return func(ctx context.Context) outcome {
		if s.Mail == nil {
			return outcome{fault: "notice.no_mail", final: true}
		}
		err := s.Mail(ctx, m)
		switch {
		case err == nil:
			return outcome{}
		case problem.As(err) != nil:
			return outcome{fault: "notice.mail_refused", final: true}
		}
		return outcome{fault: "notice.mail_failed"}
	}
}

// settle keeps the outcome of an attempt and arranges the next one.
func (s *Service) settle(tx *database.Tx, d Delivery, o outcome) error {
	now := s.Clock.Now()
	d.Attempts, d.Status, d.Fault, d.At = d.Attempts+1, o.status, o.fault, now
	pause, again := after(d.Attempts)
	switch {
	case o.fault == "":
		d.State = Sent
	case o.final || !again:
		d.State = GivenUp
	default:
		d.State = Failed
		if err := enqueue(tx, d, now.Add(pause)); err != nil {
			return err
		}
	}
	if d.State == Sent || d.State == GivenUp {
		if err := forgetLetter(tx, d); err != nil {
			return err
		}
	}
	if d.State == GivenUp && d.Channel == Webhook {
		if err := s.switchOff(tx, d); err != nil {
			return err
		}
	}
	return saveDelivery(tx, d)
}

// Direct is an e-mail to an address that belongs to no confirmed account, such
// as the link that confirms it. It is no notice: it is sealed, sent, and
// forgotten; only that it was sent stays.
type Direct struct {
	Account string // "" if there is none
	To      string
	Subject string
	Text    string
	Lang    locale.Lang
}

// Send sends d after the transaction.
func (s *Service) Send(tx *database.Tx, _ permit.Actor, d Direct) error {
	letter := s.IDs.Make("ltr")
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode letter: %w", err)
	}
	if _, err := tx.Exec(`INSERT INTO notice_letter (id, sealed) VALUES (?, ?)`, letter, s.Box.Seal(string(text), letter)); err != nil {
		return fmt.Errorf("save letter: %w", err)
	}
	return s.deliver(tx, Delivery{Channel: Letter, Target: letter, account: d.Account})
}

func (s *Service) prepareLetter(tx *database.Tx, d Delivery) (func(context.Context) outcome, error) {
	var sealed string
	if err := tx.QueryRow(`SELECT sealed FROM notice_letter WHERE id = ?`, d.Target).Scan(&sealed); err != nil {
		return nil, fmt.Errorf("load letter %s: %w", d.Target, err)
	}
	text, err := s.Box.Open(sealed, d.Target)
	if err != nil {
		return nil, fmt.Errorf("open letter %s: %w", d.Target, err)
	}
	var letter Direct
	if err := json.Unmarshal([]byte(text), &letter); err != nil {
		return nil, fmt.Errorf("decode letter %s: %w", d.Target, err)
	}
	return s.mailing(Message{ID: d.Target, To: letter.To, Subject: letter.Subject, Text: letter.Text, Lang: letter.Lang}), nil
}

// forgetLetter removes a letter that was sent or given up: it holds a secret.
func forgetLetter(tx *database.Tx, d Delivery) error {
	if d.Channel != Letter {
		return nil
	}
	if _, err := tx.Exec(`DELETE FROM notice_letter WHERE id = ?`, d.Target); err != nil {
		return fmt.Errorf("forget letter %s: %w", d.Target, err)
	}
	return nil
}
