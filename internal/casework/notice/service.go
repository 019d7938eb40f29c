package notice

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"net/http"
	"slices"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/paging"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Box seals what may not stand open in the database; *auth.Box is one.
type Box interface {
	Seal(plain, aad string) string
	Open(text, aad string) (string, error)
}

// Poster speaks to the addresses of webhooks; *outgoing.Client is one.
type Poster interface {
	Check(ctx context.Context, url string) error
	Post(ctx context.Context, url string, header http.Header, body []byte) (status int, answer []byte, err error)
}

// Message is an e-mail to send. A mail of the same ID is the same mail.
type Message struct {
	ID, To, Subject, Text string
	Lang                  locale.Lang
	Unsubscribe           string // address of the page that ends such mails; "" if they cannot be ended
}

// Tools are what the service works with.
type Tools struct {
	DB    *database.DB
	Clock clock.Clock
	IDs   *id.Source
	Words *locale.Catalogue
	Kinds []Kind // of every concept
	Box   Box
	Hooks Poster
	// Mail sends an e-mail; nil if the installation sends none. A
	// *problem.Error of it is for good, any other error may pass.
	Mail func(ctx context.Context, m Message) error
	// Contact returns the confirmed address of an account; "" if there is none.
	Contact func(tx *database.Tx, account string) (address string, lang locale.Lang, err error)
	Public  string // address of the platform for links in e-mails, e.g. https://data.example.cn
}

// Service keeps the notices and sends them.
type Service struct {
	Tools
	kinds map[string]Kind
}

// New returns the service. It panics if a kind lacks its words, or two have
// one name, since that is a fault of the program.
func New(t Tools) *Service {
	s := &Service{t, map[string]Kind{}}
	for _, k := range slices.Concat(own, t.Kinds) {
		_, twice := s.kinds[k.Name]
		if twice || !t.Words.Has(k.Topic) || !t.Words.Has(k.Title) || !t.Words.Has(k.Text) {
			panic(fmt.Sprintf("notice: kind %q lacks words or is declared twice", k.Name))
		}
		s.kinds[k.Name] = k
	}
	return s
}

// The kinds of this package.
var own = []Kind{
	{Name: kindTest, Topic: "notice.topic", Title: "notice.test_title", Text: "notice.test_text"},
	{Name: kindHookOff, Topic: "notice.topic", Title: "notice.hook_off_title", Text: "notice.hook_off_text"},
}

const (
	kindTest    = "notice.test"
	kindHookOff = "notice.hook_off"
)

// Topics returns the message keys of what people choose by, in order.
func (s *Service) Topics() (all []string) {
	for _, k := range slices.Concat(own, s.Kinds) {
		if !slices.Contains(all, k.Topic) {
			all = append(all, k.Topic)
		}
	}
	return all
}

// Mails reports whether the installation sends e-mail.
func (s *Service) Mails() bool { return s.Mail != nil }

// Tell tells a person, in the transaction of the act that is the reason. It
// fails, as a fault, if the kind is not known.
func (s *Service) Tell(tx *database.Tx, _ permit.Actor, n Notice) error {
	k, ok := s.kinds[n.Kind]
	if !ok {
		return fmt.Errorf("tell: no kind is called %q", n.Kind)
	}
	t := Told{ID: s.IDs.Make("ntc"), Kind: k.Name, Topic: k.Topic, About: n.About, At: s.Clock.Now(),
		Title: s.both(k.Title, n.Args), Text: s.both(k.Text, n.Args)}
	if n.Key != "" {
		t.ID = "ntc_" + n.Key
	}
	isNew, err := saveNotice(tx, t, n)
	if err != nil || !isNew {
		return err
	}
	return s.forward(tx, n.Account, t)
}

func (s *Service) both(key string, args map[string]any) locale.Text {
	return locale.Text{ZH: s.Words.Say(locale.ZH, key, args), EN: s.Words.Say(locale.EN, key, args)}
}

// forward puts t on the channels that the person chose.
func (s *Service) forward(tx *database.Tx, account string, t Told) error {
	c, err := loadChoice(tx, account)
	if err != nil {
		return err
	}
	if s.Mail != nil && t.Kind != kindTest && !slices.Contains(c.Mute, t.Topic) {
		if err := s.deliver(tx, Delivery{Notice: t.ID, Channel: Mail, account: account}); err != nil {
			return err
		}
	}
	if t.Kind == kindTest {
		return nil // a test says where it goes
	}
	hooks, err := listHooks(tx, account)
	for _, h := range hooks {
		if err == nil && h.On {
			err = s.deliver(tx, Delivery{Notice: t.ID, Channel: Webhook, Target: h.ID, account: account})
		}
	}
	return err
}

// Page is one page of an inbox.
type Page struct {
	Items  []Told `json:"items"`
	Next   string `json:"next,omitempty"` // the parameter after of the next page; "" if there is none
	Unread int    `json:"unread"`
}

// Inbox returns who's notices, the unread first, each part newest first.
func (s *Service) Inbox(ctx context.Context, who permit.Actor, after string, limit int) (p Page, err error) {
	if err := MayRead.Asked(who); err != nil {
		return p, err
	}
	mark := paging.Fingerprint("inbox", who.Account)
	from, err := paging.Parse(after, mark)
	if err != nil {
		return p, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if p.Items, err = inbox(tx, who.Account, from, limit+1); err != nil {
			return err
		}
		p.Unread, err = unread(tx, who.Account)
		return err
	})
	if err == nil && len(p.Items) > limit {
		p.Items = p.Items[:limit]
		last := p.Items[limit-1]
		p.Next = paging.Cursor{Query: mark, Key: []any{!last.ReadAt.IsZero(), clock.Format(last.At), last.ID}}.String()
	}
	return p, err
}

// Unread returns how many notices who has not read.
func (s *Service) Unread(ctx context.Context, who permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		n, err = unread(tx, who.Account)
		return err
	})
	return n, err
}

// Get returns one notice of who and how it was sent. Another's is not found.
func (s *Service) Get(ctx context.Context, who permit.Actor, notice string) (t Told, sent []Delivery, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if t, err = loadNotice(tx, who.Account, notice); err != nil {
			return err
		}
		sent, err = deliveries(tx, `notice = ?`, notice)
		return err
	})
	return t, sent, err
}

// Read marks a notice of who as read; again changes nothing. Another's is not
// found.
func (s *Service) Read(ctx context.Context, who permit.Actor, notice string) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		if _, err := loadNotice(tx, who.Account, notice); err != nil {
			return err
		}
		return markRead(tx, s.Clock.Now(), `id = ?`, notice)
	})
}

// ReadAll marks every notice of who as read.
func (s *Service) ReadAll(ctx context.Context, who permit.Actor) error {
	if err := MayRead.Asked(who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error { return markRead(tx, s.Clock.Now(), `account = ?`, who.Account) })
}

// Choice returns what who chose, or what holds until he does.
func (s *Service) Choice(ctx context.Context, who permit.Actor) (c Choice, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if c, err = loadChoice(tx, who.Account); err != nil || c.Lang != "" {
			return err
		}
		_, lang, err := s.Contact(tx, who.Account)
		c.Lang = cmp.Or(lang, locale.ZH)
		return err
	})
	return c, err
}

// Choose keeps what who chooses.
func (s *Service) Choose(ctx context.Context, who permit.Actor, c Choice) error {
	if err := MayRead.Asked(who); err != nil {
		return err
	}
	if err := c.check(s.Topics()); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error { return saveChoice(tx, who.Account, c) })
}

func notFound() error { return problem.New(problem.NotFound, "notice.not_found") }
