package mail

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kaishu/internal/base/problem"
)

// A real server cannot be made to misbehave; this one says what a test tells
// it to. It answers each line by its first word, and the letter by "end".
type script struct {
	says   map[string]string // word → answer; "" is silence, a word that is missing gets "250 ok"
	offer  string            // what EHLO offers beside 8BITMIME and SMTPUTF8
	secret *tls.Certificate  // for STARTTLS; nil if that is not offered
}

// scripted is a script at work.
type scripted struct {
	port  int
	roots *x509.CertPool
	mu    sync.Mutex
	heard []string
}

func play(t *testing.T, s script) *scripted {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &scripted{port: l.Addr().(*net.TCPAddr).Port}
	var all sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				s.converse(conn, w)
			})
		}
	})
	return w
}

// withTLS gives s a certificate and returns the roots that trust it.
func (s *script) withTLS(t *testing.T) *x509.CertPool {
	certificate, key, roots := selfMade(t)
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	s.secret = &pair
	return roots
}

func (s script) converse(conn net.Conn, w *scripted) {
	lines, answered := bufio.NewReader(conn), true
	say := func(word, usual string) {
		text, ok := s.says[word]
		if !ok {
			text = usual
		}
		if answered = text != ""; answered {
			conn.Write([]byte(text + "\r\n"))
		}
	}
	say("greeting", "220 ready")
	for letter := false; ; {
		text, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		text = strings.TrimRight(text, "\r\n")
		w.mu.Lock()
		w.heard = append(w.heard, text)
		w.mu.Unlock()
		word, _, _ := strings.Cut(text, " ")
		switch {
		case !answered:
		case letter && text == ".":
			letter = false
			say("end", "250 taken")
		case letter:
		case word == "EHLO":
			say(word, "250-me\r\n250-8BITMIME\r\n250-SMTPUTF8"+s.offer+"\r\n250 HELP")
		case word == "DATA":
			say(word, "354 go on")
			letter = s.says[word] == ""
		case word == "STARTTLS" && s.secret != nil:
			conn.Write([]byte("220 go on\r\n"))
			conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*s.secret}})
			lines = bufio.NewReader(conn)
		case word == "QUIT":
			say(word, "221 bye")
		default:
			say(word, "250 ok")
		}
	}
}

func (w *scripted) sender(t *testing.T, o Options) *Sender {
	o.Host, o.Port, o.From, o.Clock = "127.0.0.1", w.port, setUp.From, setUp.Clock
	return newSender(t, o)
}

var short = Message{To: "li@example.cn", Subject: "a", Text: ".\nb", ID: "1"}

func TestOddAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		says map[string]string
		code string // of the problem; "" if trying again may help
		kind problem.Kind
	}{
		"greeting 4xx":             {map[string]string{"greeting": "421 too busy"}, "", ""},
		"greeting 5xx":             {map[string]string{"greeting": "554 go away"}, "mail.refused_service", problem.Conflict},
		"greeting of a web server": {map[string]string{"greeting": "HTTP/1.1 400 Bad Request"}, "", ""},
		"greeting of nothing":      {map[string]string{"greeting": "\x00\xff"}, "", ""},
		"hello 5xx":                {map[string]string{"EHLO": "502 what", "HELO": "550 not you"}, "mail.refused_service", problem.Conflict},
		"sender 4xx":               {map[string]string{"MAIL": "451 later"}, "", ""},
		"sender 5xx":               {map[string]string{"MAIL": "530 log in first"}, "mail.refused_service", problem.Conflict},
		"recipient 4xx":            {map[string]string{"RCPT": "450 greylisted"}, "", ""},
		"recipient 5xx":            {map[string]string{"RCPT": "550-no\r\n550 such \x07user"}, "mail.refused_recipient", problem.Invalid},
		"recipient 251":            {map[string]string{"RCPT": "251 will forward"}, "-", ""},
		"recipient 3xx":            {map[string]string{"RCPT": "354 what"}, "", ""},
		"recipient 600":            {map[string]string{"RCPT": "600 what"}, "", ""},
		"data 4xx":                 {map[string]string{"DATA": "451 disk full"}, "", ""},
		"data 5xx":                 {map[string]string{"DATA": "554 no valid recipients"}, "mail.refused_message", problem.Invalid},
		"end 4xx":                  {map[string]string{"end": "452 disk full"}, "", ""},
		"end 5xx":                  {map[string]string{"end": "554 virus"}, "mail.refused_message", problem.Invalid},
		"end of rubbish":           {map[string]string{"end": "ok"}, "", ""},
		"quit 5xx":                 {map[string]string{"QUIT": "500 never"}, "-", ""},
		"no EHLO":                  {map[string]string{"EHLO": "502 what"}, "-", ""},
	} {
		w := play(t, script{says: c.says})
		err := w.sender(t, Options{TLS: None}).Send(t.Context(), short)
		p := problem.As(err)
		switch c.code {
		case "-":
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case "":
			if err == nil || p != nil {
				t.Errorf("%s: %v is no fault", name, err)
			}
		default:
			if p == nil || p.Code != c.code || p.Kind != c.kind {
				t.Errorf("%s: %v", name, err)
			}
			if name == "recipient 5xx" && p != nil && p.Args["answer"] != "550 no such user" {
				t.Errorf("answer %q", p.Args["answer"])
			}
		}
	}
}

func TestWhatIsSaid(t *testing.T) {
	w := play(t, script{})
	if err := w.sender(t, Options{TLS: None}).Send(t.Context(), short); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.heard[1] != "MAIL FROM:<open@data.example.cn>" || w.heard[2] != "RCPT TO:<li@example.cn>" || w.heard[3] != "DATA" {
		t.Errorf("said %q", w.heard[:4])
	}
	end := slices.Index(w.heard, ".")
	if end < 0 || !slices.Equal(w.heard[end-2:], []string{"..", "b", ".", "QUIT"}) {
		t.Errorf("ended %q", w.heard)
	}
}

// TestSilence: whenever the server falls silent, the time of Send ends it. A
// letter that was taken stays taken.
func TestSilence(t *testing.T) {
	for _, at := range []string{"greeting", "EHLO", "MAIL", "RCPT", "DATA", "end", "QUIT"} {
		w := play(t, script{says: map[string]string{at: ""}})
		limit := 100 * time.Millisecond
		if at == "QUIT" {
			limit = 3 * time.Second // all before it must have time to happen
		}
		err := w.sender(t, Options{TLS: None, Timeout: limit}).Send(t.Context(), short)
		if at == "QUIT" {
			if err != nil {
				t.Errorf("after it was taken: %v", err)
			}
			continue
		}
		if !errors.Is(err, context.DeadlineExceeded) || problem.As(err) != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
	w := play(t, script{says: map[string]string{"greeting": ""}}) // silent to a greeting of TLS
	err := w.sender(t, Options{TLS: Implicit, Timeout: 100 * time.Millisecond}).Send(t.Context(), short)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("TLS: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := w.sender(t, Options{TLS: None}).Send(ctx, short); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestAServerThatTalksWithoutEnd(t *testing.T) {
	w := play(t, script{says: map[string]string{"greeting": strings.Repeat("220-"+strings.Repeat("a", 1000)+"\r\n", 2000)}})
	err := w.sender(t, Options{TLS: None}).Send(t.Context(), short)
	if err == nil || !strings.Contains(err.Error(), "talks without end") {
		t.Errorf("%.200v", err)
	}
}

func TestNothingIsSentWithoutTLS(t *testing.T) {
	w := play(t, script{})
	err := w.sender(t, Options{}).Send(t.Context(), short)
	if err == nil || problem.As(err) != nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("%v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.heard) != 1 || !strings.HasPrefix(w.heard[0], "EHLO ") {
		t.Errorf("said %q", w.heard)
	}
}

// TestLogIn: the two mechanisms, and a password that changes meanwhile.
func TestLogIn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	plain := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	keep := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first := plain("开数 one")
	for name, c := range map[string]struct {
		offer string
		says  map[string]string
		want  []string // lines that are said after the second EHLO
		code  string   // of the problem; "-" if it is sent, "" if it is a fault
	}{
		"plain": {"\r\n250-AUTH LOGIN PLAIN", map[string]string{"AUTH": "235 in"},
			[]string{"AUTH PLAIN " + plain("\x00kaishu\x00开数 one")}, "-"},
		"login": {"\r\n250-AUTH login", map[string]string{"AUTH": "334 " + plain("Username:"), plain("kaishu"): "334 " + plain("Password:"), first: "235 in"},
			[]string{"AUTH LOGIN", plain("kaishu"), first}, "-"},
		"login asks for more": {"\r\n250-AUTH LOGIN", map[string]string{"AUTH": "334 " + plain("PIN:"), "*": "501 ended"}, []string{"AUTH LOGIN", "*"}, ""},
		"wrong":               {"\r\n250-AUTH PLAIN", map[string]string{"AUTH": "535 no"}, nil, "mail.refused_login"},
		"busy":                {"\r\n250-AUTH PLAIN", map[string]string{"AUTH": "454 busy"}, nil, ""},
		"neither":             {"\r\n250-AUTH CRAM-MD5", nil, nil, ""},
		"none":                {"", nil, nil, ""},
	} {
		keep("first\n")
		s := script{offer: "\r\n250-STARTTLS" + c.offer, says: c.says}
		roots := s.withTLS(t)
		w := play(t, s)
		sender := w.sender(t, Options{User: "kaishu", PasswordFile: file, Roots: roots})
		keep("开数 one\r\n")
		err := sender.Send(t.Context(), short)
		p := problem.As(err)
		if c.code == "-" && err != nil || c.code == "" && (err == nil || p != nil) || len(c.code) > 1 && (p == nil || p.Code != c.code) {
			t.Errorf("%s: %v", name, err)
		}
		w.mu.Lock()
		if said := w.heard[3:]; len(said) < len(c.want) || !slices.Equal(said[:len(c.want)], c.want) {
			t.Errorf("%s: said %q, want %q", name, said, c.want)
		}
		if sent := slices.Contains(w.heard, "DATA"); sent != (c.code == "-") {
			t.Errorf("%s: sent %v", name, sent)
		}
		w.mu.Unlock()
	}
}
