package mail

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// letter is a message as a mail program shows it.
type letter struct {
	header        mail.Header
	from          *mail.Address
	subject, text string
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

func readLetter(t failer, data []byte) (l letter) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("read letter: %v\n%s", err, data)
	}
	l.header = m.Header
	if l.from, err = mail.ParseAddress(m.Header.Get("From")); err != nil {
		t.Fatalf("from %q: %v", m.Header.Get("From"), err)
	}
	if l.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatalf("subject %q: %v", m.Header.Get("Subject"), err)
	}
	if kind := m.Header.Get("Content-Type"); kind != "text/plain; charset=utf-8" {
		t.Fatalf("content type %q", kind)
	}
	var body io.Reader
	switch way := m.Header.Get("Content-Transfer-Encoding"); way {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, m.Body)
	case "quoted-printable":
		body = quotedprintable.NewReader(m.Body)
	default:
		t.Fatalf("encoding %q", way)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatalf("text: %v\n%s", err, data)
	}
	if m.Header.Get("Content-Transfer-Encoding") == "base64" && strings.Count(string(text), "\n") != strings.Count(string(text), "\r\n") {
		t.Fatalf("lines of Base64 text do not end with CRLF: %q", text)
	}
	l.text = strings.ReplaceAll(string(text), "\r\n", "\n")
	return l
}

func newSender(t failer, o Options) *Sender {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return s
}

// selfMade returns a certificate for 127.0.0.1 and its key as PEM, and the
// roots that trust it.
func selfMade(t *testing.T) (certificate, key []byte, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(now.UnixNano()), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), roots
}

func asCertificate(err error) (*tls.CertificateVerificationError, bool) {
	return errors.AsType[*tls.CertificateVerificationError](err)
}

var setUp = Options{Host: "mail.example.cn", From: "open@data.example.cn", Name: "开数", Clock: clock.At(time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))}

// TestAnyTextSurvives: whatever the words, a reader sees them as they were,
// and on the way they are short lines of ASCII.
func TestAnyTextSurvives(t *testing.T) {
	word := rapid.OneOf(rapid.StringN(0, 30, -1), rapid.SampledFrom([]string{
		"公共数据开放", "=?utf-8?B?5byA?=", " ", "  ", ".", "=", "🚌", "é", "a b", strings.Repeat("长", 60), strings.Repeat("w", 100), "From ", "\u202e"}))
	control := func(r rune) rune {
		if line(string(r)) {
			return r
		}
		return -1
	}
	rapid.Check(t, func(t *rapid.T) {
		join := func(label, sep string) string {
			return strings.Join(rapid.SliceOfN(rapid.Map(word, func(s string) string { return strings.Map(control, s) }), 0, 8).Draw(t, label), sep)
		}
		o := setUp
		o.Name = join("name", "")
		m := Message{To: "li@example.cn", Subject: "s" + join("subject", ""), Text: "t" + join("text", "\n"), ID: "1", Lang: locale.EN}
		if len([]rune(m.Subject)) > MaxSubject {
			m.Subject = string([]rune(m.Subject)[:MaxSubject])
		}
		_, data, err := newSender(t, o).compose(m)
		if err != nil {
			t.Fatalf("%v", err)
		}
		for i, l := range strings.Split(string(data), "\r\n") {
			if len(l) > 78 && !strings.HasPrefix(l, "From: \"") || strings.ContainsAny(l, "\r\n") || strings.ContainsFunc(l, func(r rune) bool { return r > 126 }) {
				t.Fatalf("line %d: %q", i, l)
			}
		}
		got := readLetter(t, data)
		if want := strings.TrimSuffix(m.Text, "\n") + "\n"; got.subject != m.Subject || strings.TrimSuffix(got.text, "\n") != strings.TrimSuffix(want, "\n") {
			t.Fatalf("%q, %q; want %q, %q", got.subject, got.text, m.Subject, want)
		}
		if got.from.Name != o.Name {
			t.Fatalf("from %q, want %q", got.from.Name, o.Name)
		}
	})
}

// TestEncodedWordsAreWhole: RFC 2047 wants no character cut in two, and some
// mail programs show what is left of one.
func TestEncodedWordsAreWhole(t *testing.T) {
	for shift := range 4 {
		text := strings.Repeat("a", shift) + strings.Repeat("数🚌", 30)
		var all string
		for _, w := range strings.Split(words(text), "\r\n ") {
			part, err := new(mime.WordDecoder).Decode(w)
			if err != nil || !utf8.ValidString(part) || strings.ContainsRune(part, utf8.RuneError) || len(w) > 75 {
				t.Errorf("%q: %q, %v", w, part, err)
			}
			all += part
		}
		if all != text {
			t.Errorf("%q, want %q", all, text)
		}
	}
}

func TestWhatPeopleWroteIsCheckedAtOnce(t *testing.T) {
	good := Message{To: "li@example.cn", Subject: "a", Text: "b", ID: "1"}
	s := newSender(t, setUp)
	for name, c := range map[string]struct {
		change func(m *Message)
		want   string
	}{
		"good":                {func(m *Message) {}, ""},
		"all":                 {func(m *Message) { m.To, m.Subject, m.Text = "li", "a\r\nBcc: x@example.cn", "b\x00" }, "/to mail.address; /subject mail.subject; /text mail.text"},
		"nothing":             {func(m *Message) { m.To, m.Subject, m.Text = "", " ", "\n" }, "/to mail.address; /subject required; /text required"},
		"line feed":           {func(m *Message) { m.Subject = "a\nb" }, "/subject mail.subject"},
		"carriage return":     {func(m *Message) { m.Subject = "a\rb" }, "/subject mail.subject"},
		"next line":           {func(m *Message) { m.Subject = "a\u0085b" }, "/subject mail.subject"},
		"line separator":      {func(m *Message) { m.Subject = "a\u2028b" }, "/subject mail.subject"},
		"no UTF-8":            {func(m *Message) { m.Subject, m.Text = "a\xff", "\xc4\xe3" }, "/subject mail.subject; /text mail.text"},
		"long":                {func(m *Message) { m.Subject = strings.Repeat("字", MaxSubject+1) }, "/subject mail.too_long"},
		"longest":             {func(m *Message) { m.Subject = strings.Repeat("字", MaxSubject) }, ""},
		"large":               {func(m *Message) { m.Text = strings.Repeat("a", MaxText+1) }, "/text mail.too_large"},
		"address with a line": {func(m *Message) { m.To = "li@example.cn\r\nBcc: x@example.cn" }, "/to mail.address"},
	} {
		m := good
		c.change(&m)
		_, _, err := s.compose(m)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if p := problem.As(err); p == nil || p.Error() != "invalid: invalid_input; "+c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestWhatWeWroteIsAFault: ids and pages are the platform's, nobody else can
// put them right.
func TestWhatWeWroteIsAFault(t *testing.T) {
	s := newSender(t, setUp)
	for _, m := range []Message{
		{ID: ""}, {ID: "a b"}, {ID: "a>\r\nBcc: x@example.cn"}, {ID: ".a"}, {ID: "a..b"}, {ID: "a@b"}, {ID: strings.Repeat("a", 201)},
		{ID: "1", ListUnsubscribe: "mailto:a@example.cn"}, {ID: "1", ListUnsubscribe: "https://a.example/\r\nBcc: x@example.cn"},
		{ID: "1", ListUnsubscribe: "https://a.example/>,<mailto:x@example.cn"}, {ID: "1", ListUnsubscribe: "https://a.example/?q=开"}, {ID: "1", ListUnsubscribe: "/end"},
	} {
		m.To, m.Subject, m.Text = "li@example.cn", "a", "b"
		if _, data, err := s.compose(m); err == nil || problem.As(err) != nil {
			t.Errorf("%+v: %v\n%s", m, err, data)
		}
	}
}

func TestAddress(t *testing.T) {
	for text, want := range map[string]string{
		"li.si@example.cn":            "li.si@example.cn",
		"Li+x_y-z@Data.Example.CN":    "Li+x_y-z@data.example.cn",
		"o'neil@example.cn":           "o'neil@example.cn",
		"li@中文.公司":                    "li@xn--fiq228c.xn--55qx5d",
		"":                            "",
		"li":                          "",
		"@example.cn":                 "",
		"li@":                         "",
		"li@localhost":                "",
		"li@[127.0.0.1]":              "",
		"li@127.0.0.1":                "",
		"li@example.cn.":              "",
		"li@exa_mple.cn":              "",
		"李四@example.cn":               "",
		".li@example.cn":              "",
		"li..si@example.cn":           "",
		"Li Si <li@example.cn>":       "",
		"<li@example.cn>":             "",
		" li@example.cn":              "",
		"li@example.cn ":              "",
		"li@example.cn, x@example.cn": "",
		"li@example.cn\r\nRCPT TO:<x@example.cn>":    "",
		"\"li si\"@example.cn":                       "",
		"\"x@example.cn> \"@example.com":             "",
		"li@example.cn(comment)":                     "",
		"li@a@example.cn":                            "",
		strings.Repeat("a", 65) + "@example.cn":      "",
		"a@" + strings.Repeat("abcdefg.", 32) + "cn": "",
	} {
		got, ok := Address(text)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v; want %q", text, got, ok, want)
		}
	}
}

func TestNewNamesEveryFault(t *testing.T) {
	_, err := New(Options{Host: "mail.example.cn", TLS: "ssl", From: "nobody", Name: "a\nb", User: "kaishu", PasswordFile: "/nowhere/password"})
	for _, part := range []string{`TLS is "ssl"`, `sender "nobody"`, "name", "/nowhere/password"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v; lacks %s", err, part)
		}
	}
	for name, change := range map[string]func(o *Options){
		"password in the clear":    func(o *Options) { o.TLS, o.User, o.PasswordFile = None, "kaishu", "/etc/hostname" },
		"password of whom":         func(o *Options) { o.PasswordFile = "/etc/hostname" },
		"user without a password":  func(o *Options) { o.User = "kaishu" },
		"user with an empty file":  func(o *Options) { o.User, o.PasswordFile = "kaishu", "/dev/null" },
		"port that is none":        func(o *Options) { o.Port = 65536 },
		"sender that is no person": func(o *Options) { o.From = "开数 <open@data.example.cn>" },
	} {
		o := setUp
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	for way, port := range map[TLS]int{"": 587, StartTLS: 587, Implicit: 465, None: 25} {
		o := setUp
		o.TLS = way
		if s := newSender(t, o); s.o.Port != port || !s.Enabled() {
			t.Errorf("%q: port %d", way, s.o.Port)
		}
	}
}

func TestMailIsOff(t *testing.T) {
	s := newSender(t, Options{})
	if err := s.Send(t.Context(), Message{}); s.Enabled() || !problem.Is(err, problem.Conflict) || problem.As(err).Code != "mail.off" {
		t.Errorf("%v, enabled %v", err, s.Enabled())
	}
}

func TestNotInsideATransaction(t *testing.T) {
	database.Strict()
	db, err := database.Open(t.Context(), database.Options{Path: t.TempDir() + "/a.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := newSender(t, Options{})
	err = db.Read(t.Context(), func(tx *database.Tx) error {
		defer func() {
			if recover() == nil {
				t.Error("mail was sent inside a transaction")
			}
		}()
		return s.Send(tx.Context(), Message{})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWords(t *testing.T) {
	if _, err := locale.Load(Messages); err != nil {
		t.Error(err)
	}
}
