package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/casework/material"
	"kaishu/internal/casework/notice"
	"kaishu/internal/casework/proof"
	"kaishu/internal/casework/roster"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/clam"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/mail"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/outgoing"
	"kaishu/internal/infra/queue"
	"kaishu/internal/obtain/agreement"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/assessment"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/directory"
	"kaishu/internal/open/grading"
	"kaishu/internal/open/objection"
	"kaishu/internal/open/schedule"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
	"kaishu/internal/open/yearlyreview"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
	"kaishu/internal/people/platformrules"
	"kaishu/internal/site/people"
	"kaishu/internal/use/rightsclaim"
)

// caseworkTools are what the case work is made of.
type caseworkTools struct {
	db            *database.DB
	clock         clock.Clock
	ids           *id.Source
	words         *locale.Catalogue
	box           *auth.Box
	calendar      *calendar.Service
	accounts      *account.Service
	organisations *organisation.Service
	sender        *mail.Sender
	poster        *outgoing.Client
	data, public  string // folder that holds everything; address of the platform
}

// casework is what every case needs.
type casework struct {
	notices   *notice.Service
	materials *material.Service
	proofs    *proof.Service
	roster    *roster.Service
}

// newCasework wires the case work, and gives the accounts their letters.
func newCasework(t caseworkTools) (c casework, err error) {
	dir := filepath.Join(t.data, "materials")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return c, fmt.Errorf("make folder of materials: %w", err)
	}
	shelf, err := disk.Open(dir) // apart from the published data
	if err != nil {
		return c, err
	}
	who := roster.Accounts{Accounts: t.accounts, Organisations: t.organisations}
	n := notice.Tools{DB: t.db, Clock: t.clock, IDs: t.ids, Words: t.words, Kinds: slices.Concat(proof.Kinds, roster.Kinds, directory.Told, grading.Told, condition.Told, adjustment.Told, yearlyreview.Told, version.Told, objection.Told, schedule.Told, timeliness.Told, assessment.Told, application.Told, review.Told, agreement.Told, rightsclaim.Told),
		Box: t.box, Hooks: t.poster, Contact: who.Contact, Public: t.public}
	if t.sender.Enabled() {
		n.Mail = func(ctx context.Context, m notice.Message) error {
			return t.sender.Send(ctx, mail.Message{ID: m.ID, To: m.To, Subject: m.Subject, Text: m.Text, Lang: m.Lang, ListUnsubscribe: m.Unsubscribe})
		}
	}
	c.notices = notice.New(n)
	c.materials = material.New(t.db, t.clock, t.ids, shelf)
	c.proofs = proof.New(proof.Tools{DB: t.db, Clock: t.clock, IDs: t.ids, Words: t.words, Box: t.box,
		Book: t.calendar.Book, Materials: c.materials, Notices: c.notices, People: who})
	c.roster = roster.New(roster.Tools{DB: t.db, Clock: t.clock, IDs: t.ids, Words: t.words, Box: t.box, Notices: c.notices, People: who, Public: t.public})
	t.calendar.OnChange("proof", c.proofs.Recompute(permit.Platform))
	if t.sender.Enabled() {
		t.accounts.Messenger = letters{c.notices, t.words}
	}
	return c, nil
}

// openCasework wires the case work from the configuration.
func (p *platform) openCasework(ids *id.Source) (err error) {
	c := p.config
	sender, err := mail.New(mail.Options{Host: c.SMTPHost, Port: c.SMTPPort, TLS: mail.TLS(c.SMTPTLS), User: c.SMTPUser, PasswordFile: c.SMTPPassword,
		From: c.SMTPFrom, Name: p.words.Say(locale.ZH, "layout.service", nil), Clock: p.clock})
	if err != nil {
		return err
	}
	if !sender.Enabled() && !c.Dev {
		p.log.Warn("no mail server is set: nobody can register or recover a password", "setting", "KAISHU_SMTP_HOST")
	}
	var reachable []netip.Prefix
	for _, text := range c.Reachable {
		reachable = append(reachable, netip.MustParsePrefix(text)) // checked when the configuration was read
	}
	p.poster = outgoing.New(outgoing.Options{Allow: reachable, Ports: c.ports()})
	p.casework, err = newCasework(caseworkTools{db: p.db, clock: p.clock, ids: ids, words: p.words, box: p.accounts.Box, calendar: p.calendar,
		accounts: p.accounts, organisations: p.organisations, sender: sender, poster: p.poster,
		data: c.Data, public: cmp.Or(c.PublicURL, "http://"+c.Listen)})
	if err != nil {
		return err
	}
	p.casework.materials.Log = p.log
	if c.Clamd != "" {
		p.casework.materials.Clamd, err = clam.New(c.Clamd)
	}
	return err
}

// providers are the OpenID providers of the configuration.
func (p *platform) providers() ([]people.Provider, error) {
	c := p.config
	if c.OIDCIssuer == "" {
		return nil, nil
	}
	const key = "oidc"
	house, err := auth.NewProvider(auth.Config{Issuer: c.OIDCIssuer, ClientID: c.OIDCClient, SecretFile: c.OIDCSecret, Name: c.OIDCName,
		RedirectURL: cmp.Or(c.PublicURL, "http://"+c.Listen) + people.ReturnPath(key), HTTPClient: &http.Client{}}, p.clock)
	if err != nil {
		return nil, err
	}
	return []people.Provider{{Key: key, Realm: account.Realm(c.OIDCRealm), House: house}}, nil
}

// session returns who acts in a browser, and what he must do first: accept the
// platform's rules (Article 26(1)), unless there is something before that.
func (p *platform) session() func(ctx context.Context, secret string) (permit.Actor, error) {
	find := p.accounts.Session()
	return func(ctx context.Context, secret string) (permit.Actor, error) {
		who, err := find(ctx, secret)
		if err != nil || !who.Known() || who.Must != "" {
			return who, err
		}
		must, err := p.rules.Must(ctx, who)
		if must {
			who.Must = platformrules.AcceptPage
		}
		return who, err
	}
}

// jobs returns what the case work does in the background.
func (c casework) jobs() (all []queue.Handler) {
	for _, more := range [][]queue.Handler{c.notices.Jobs(), c.materials.Jobs(), c.proofs.Jobs()} {
		all = append(all, more...)
	}
	return all
}

// letters takes the mails about accounts to the queue.
type letters struct {
	notices *notice.Service
	words   *locale.Catalogue
}

// Send keeps m, sealed, until it is sent.
func (l letters) Send(tx *database.Tx, m account.Message) error {
	return l.notices.Send(tx, permit.Platform, notice.Direct{Account: m.Account, To: m.To, Lang: m.Lang,
		Subject: l.words.Say(m.Lang, "account.subject."+m.Code, m.Args), Text: l.words.Say(m.Lang, "account.mail."+m.Code, m.Args)})
}
