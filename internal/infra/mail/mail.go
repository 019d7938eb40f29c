// Package mail sends e-mail by SMTP, one message to one person, through the
// operator's mail server.
//
// A message that can never be delivered comes back as a problem, which parks
// a job of infra/queue; any other error may pass, and trying again sends the
// same Message-ID, so that a reader who got it twice sees it once.
//
// Read mail.go, compose.go (what a message looks like) and deliver.go (the
// conversation with the server).
package mail

import (
	"cmp"
	"context"
	"crypto/x509"
	"embed"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Messages holds the words of this package's problems.
//
//go:embed messages.*.json
var Messages embed.FS

// TLS is how the way to the server is kept secret.
type TLS string

// The ways of TLS, with the usual port of each.
const (
	StartTLS TLS = "starttls" // 587; a server that does not offer it gets nothing
	Implicit TLS = "implicit" // 465
	None     TLS = "none"     // 25; no password is sent this way
)

var ports = map[TLS]int{StartTLS: 587, Implicit: 465, None: 25}

// Options of a sender. Without Host, mail is off.
type Options struct {
	Host         string         // name of the mail server
	Port         int            // the usual one if 0
	TLS          TLS            // StartTLS if ""
	User         string         // account on the mail server; "" if it asks for none
	PasswordFile string         // file with the password of User; read for each message, so it can be changed
	From         string         // address that messages come from, and that bounces go to
	Name         string         // shown with From
	Timeout      time.Duration  // of one Send; one minute if 0
	Roots        *x509.CertPool // certificates to trust; the system's if nil
	Clock        clock.Clock    // for the Date of messages
}

// Sender sends mail. It may be shared.
type Sender struct {
	o    Options
	from string // Options.From as it is sent
}

// New returns a sender. It fails, naming every fault, if o cannot work; it
// does not ask the server.
func New(o Options) (*Sender, error) {
	if o.Host == "" {
		return &Sender{}, nil
	}
	o.TLS, o.Timeout = cmp.Or(o.TLS, StartTLS), cmp.Or(o.Timeout, time.Minute)
	o.Port = cmp.Or(o.Port, ports[o.TLS])
	var faults []error
	if _, ok := ports[o.TLS]; !ok {
		faults = append(faults, fmt.Errorf("TLS is %q, must be starttls, implicit or none", o.TLS))
	} else if o.Port < 1 || o.Port > 65535 {
		faults = append(faults, fmt.Errorf("port %d is none", o.Port))
	}
	from, ok := Address(o.From)
	if !ok {
		faults = append(faults, fmt.Errorf("sender %q is no address", o.From))
	}
	if !line(o.Name) {
		faults = append(faults, fmt.Errorf("name %q of the sender holds control characters", o.Name))
	}
	if o.User != "" && o.TLS == None {
		faults = append(faults, errors.New("a password is not sent without TLS"))
	}
	if o.User == "" && o.PasswordFile != "" {
		faults = append(faults, errors.New("a password file without a user"))
	}
	s := &Sender{o, from}
	if _, err := s.password(); err != nil {
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("set up mail: %w", err)
	}
	return s, nil
}

// Enabled reports whether there is a mail server to send to.
func (s *Sender) Enabled() bool { return s.o.Host != "" }

// Message is a plain text to one person.
type Message struct {
	To      string      // address, without a name
	Subject string      // one line
	Text    string      // lines end with \n
	Lang    locale.Lang // of Subject and Text
	// ID makes the Message-ID, and stays the same when the message is sent
	// again: letters, digits, "-" and "_", with single dots between.
	ID string
	// ListUnsubscribe is the http(s) address of a page that ends such
	// messages; "" if they cannot be ended.
	ListUnsubscribe string
}

// Send hands m to the mail server and returns when the server has taken it
// over. It fails with
//
//   - problem.Invalid and every fault at once, at "/to", "/subject" and
//     "/text", if m cannot be sent;
//   - problem.Invalid "mail.refused_recipient" or "mail.refused_message" if
//     the server will never take it (an answer 5xx);
//   - problem.Conflict "mail.refused_service" or "mail.refused_login" if the
//     server takes nothing from us, "mail.off" if there is no server;
//   - another error if it may work later: no connection, no TLS, an answer
//     4xx, or the time is up. The server may then have taken m nevertheless.
func (s *Sender) Send(ctx context.Context, m Message) error {
	database.MustBeOutside(ctx)
	if !s.Enabled() {
		return problem.New(problem.Conflict, "mail.off")
	}
	to, data, err := s.compose(m)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, s.o.Timeout)
	defer stop()
	if err = s.deliver(ctx, to, data); err == nil || problem.As(err) != nil {
		return err
	}
	if ended := ctx.Err(); ended != nil {
		err = fmt.Errorf("%w (%v)", ended, err)
	}
	return fmt.Errorf("send mail %s: %w", m.ID, err)
}

// password returns the password of User; "" if there is no user.
func (s *Sender) password() (string, error) {
	if s.o.User == "" {
		return "", nil
	}
	text, err := os.ReadFile(s.o.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read password of mail: %w", err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" {
		return "", fmt.Errorf("password file %s of mail is empty", s.o.PasswordFile)
	}
	return password, nil
}
