package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"kaishu/internal/base/problem"
)

// deliver has one conversation with the server.
func (s *Sender) deliver(ctx context.Context, to string, data []byte) error {
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.o.Host, strconv.Itoa(s.o.Port)))
	if err != nil {
		return err
	}
	defer raw.Close()
	defer context.AfterFunc(ctx, func() { raw.Close() })() // the end of ctx ends every read and write
	c, err := s.greet(ctx, &bounded{raw, 1 << 20})
	if err != nil {
		return answer("greet", "mail.refused_service", err)
	}
	err = s.hand(c, to, data)
	c.Quit() // politeness: what the server says to it changes nothing
	return err
}

// hand has the server take data for to.
func (s *Sender) hand(c *smtp.Client, to string, data []byte) error {
	if s.o.User != "" {
		if err := s.logIn(c); err != nil {
			return answer("log in", "mail.refused_login", err)
		}
	}
	// Not c.Mail: it asks for SMTPUTF8 where that is offered, and the next
	// server on the way need not have it. All that we send is ASCII.
	if err := command(c, 250, "MAIL FROM:<"+s.from+">"); err != nil {
		return answer("name sender", "mail.refused_service", err)
	}
	if err := c.Rcpt(to); err != nil {
		return answer("name recipient", "mail.refused_recipient", err)
	}
	w, err := c.Data()
	if err != nil {
		return answer("begin message", "mail.refused_message", err)
	}
	if _, err := w.Write(data); err != nil {
		return answer("write message", "mail.refused_message", err)
	}
	if err := w.Close(); err != nil {
		return answer("end message", "mail.refused_message", err)
	}
	return nil
}

// greet returns the conversation after the greetings, under TLS unless that is
// off.
func (s *Sender) greet(ctx context.Context, conn net.Conn) (*smtp.Client, error) {
	config := &tls.Config{ServerName: s.o.Host, RootCAs: s.o.Roots, MinVersion: tls.VersionTLS12}
	if s.o.TLS == Implicit {
		secret := tls.Client(conn, config)
		if err := secret.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = secret
	}
	c, err := smtp.NewClient(conn, s.o.Host)
	if err != nil {
		return nil, err
	}
	name, err := os.Hostname()
	if err != nil || !dotted.MatchString(name) {
		name = "localhost"
	}
	if err := c.Hello(name); err != nil {
		return nil, err
	}
	if s.o.TLS != StartTLS {
		return c, nil
	}
	if ok, _ := c.Extension("STARTTLS"); !ok {
		return nil, errors.New("the server offers no STARTTLS")
	}
	return c, c.StartTLS(config)
}

// logIn says who we are. It is called under TLS only; see [New].
func (s *Sender) logIn(c *smtp.Client) error {
	password, err := s.password()
	if err != nil {
		return err
	}
	_, offered := c.Extension("AUTH")
	switch ways := strings.Fields(strings.ToUpper(offered)); {
	case slices.Contains(ways, "PLAIN"):
		return c.Auth(smtp.PlainAuth("", s.o.User, password, s.o.Host))
	case slices.Contains(ways, "LOGIN"):
		return c.Auth(&login{s.o.User, password})
	}
	return fmt.Errorf("the server offers neither PLAIN nor LOGIN, only %q", offered)
}

// login is the mechanism LOGIN, all that some old servers have: the server
// asks for the name, then for the password.
type login struct{ user, password string }

// Start begins the mechanism.
func (l *login) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS {
		return "", nil, errors.New("a password is not sent without TLS")
	}
	return "LOGIN", nil, nil
}

// Next answers the server's question.
func (l *login) Next(question []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	switch strings.ToLower(strings.TrimRight(string(question), ": ")) {
	case "username", "user name":
		return []byte(l.user), nil
	case "password":
		return []byte(l.password), nil
	}
	return nil, fmt.Errorf("the server asks %.60q", question)
}

// command sends one line and wants an answer of code want.
func command(c *smtp.Client, want int, text string) error {
	id, err := c.Text.Cmd("%s", text)
	if err != nil {
		return err
	}
	c.Text.StartResponse(id)
	defer c.Text.EndResponse(id)
	_, _, err = c.Text.ReadResponse(want)
	return err
}

// answer sorts what went wrong in step: an answer 5xx is the problem code,
// all else may pass.
func answer(step, code string, err error) error {
	reply, ok := errors.AsType[*textproto.Error](err)
	if !ok || reply.Code < 500 || reply.Code > 599 {
		return fmt.Errorf("%s: %w", step, err)
	}
	kind := problem.Invalid
	if code == "mail.refused_service" || code == "mail.refused_login" {
		kind = problem.Conflict // nothing that the writer could change
	}
	return problem.New(kind, code, "answer", strconv.Itoa(reply.Code)+" "+legible(reply.Msg))
}

// legible cuts what a server says to one short line.
func legible(text string) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if all := []rune(text); len(all) > 200 {
		return string(all[:200]) + "…"
	}
	return text
}

// bounded is a connection that ends after so many bytes were read: a
// conversation is short.
type bounded struct {
	net.Conn
	left int
}

// Read reads and counts.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("the server talks without end")
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
