package mail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"kaishu/internal/base/problem"
)

// The bounds of a message.
const (
	MaxSubject = 200       // characters
	MaxText    = 256 << 10 // bytes
)

var (
	local  = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}$")
	dotted = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
)

// Address reads the e-mail address of a person, without a name, and returns
// it as it is sent: a domain in Chinese becomes its ASCII form. It is not ok
// for what mail servers read differently, such as quoted local parts and
// domains that are numbers.
func Address(text string) (address string, ok bool) {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Name != "" || a.Address != text {
		return "", false
	}
	at := strings.LastIndexByte(text, '@')
	domain, err := idna.Lookup.ToASCII(text[at+1:])
	if err != nil || !local.MatchString(text[:at]) {
		return "", false
	}
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	if last == domain || strings.Trim(last, "0123456789") == "" || at+1+len(domain) > 254 {
		return "", false
	}
	return text[:at+1] + domain, true
}

// line reports whether text fits into one line: a header that holds a line
// break would be two.
func line(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl) && !strings.ContainsAny(text, "\u2028\u2029")
}

// compose returns the address that m goes to, and m as it is sent, in ASCII,
// lines ending with CRLF.
func (s *Sender) compose(m Message) (to string, data []byte, err error) {
	to, text, err := m.check()
	if err != nil {
		return "", nil, err
	}
	if !dotted.MatchString(m.ID) || len(m.ID) > 200 {
		return "", nil, fmt.Errorf("compose mail: %q cannot be a Message-ID", m.ID)
	}
	var b bytes.Buffer
	header := func(name, value string) { b.WriteString(name + ": " + value + "\r\n") }
	header("Date", s.o.Clock.Now().Format(time.RFC1123Z))
	header("From", sender(s.o.Name, s.from))
	header("To", "<"+to+">")
	header("Message-ID", "<"+m.ID+s.from[strings.LastIndexByte(s.from, '@'):]+">")
	header("Subject", words(m.Subject))
	header("Content-Language", m.Lang.Tag())
	header("Auto-Submitted", "auto-generated") // no holiday notice answers this (RFC 3834)
	if m.ListUnsubscribe != "" {
		if !webAddress(m.ListUnsubscribe) {
			return "", nil, fmt.Errorf("compose mail %s: the address for unsubscribing is none", m.ID)
		}
		header("List-Unsubscribe", "<"+m.ListUnsubscribe+">")
	}
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	writeText(&b, header, text)
	return to, b.Bytes(), nil
}

// webAddress reports whether text is an http(s) URL that fits into a header.
func webAddress(text string) bool {
	u, err := url.Parse(text)
	odd := func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") &&
		len(text) <= 900 && !strings.ContainsFunc(text, odd)
}

// check returns the address and the text of m as they are sent, or all that
// is wrong with what people wrote.
func (m Message) check() (to, text string, err error) {
	var p problem.List
	to, ok := Address(m.To)
	if !ok {
		p.Add("/to", "mail.address")
	}
	p.Require("/subject", m.Subject)
	if !line(m.Subject) {
		p.Add("/subject", "mail.subject")
	}
	if utf8.RuneCountInString(m.Subject) > MaxSubject {
		p.Add("/subject", "mail.too_long", "limit", MaxSubject)
	}
	p.Require("/text", m.Text)
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(m.Text)
	odd := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, odd) {
		p.Add("/text", "mail.text")
	}
	if len(text) > MaxText {
		p.Add("/text", "mail.too_large", "limit", MaxText>>10)
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return to, text, p.Err()
}

// sender returns the value of a From header.
func sender(name, address string) string {
	switch encoded := words(name); {
	case name == "":
		return "<" + address + ">"
	case encoded == name:
		return (&mail.Address{Name: name, Address: address}).String() // quoted where it must be
	default:
		return encoded + "\r\n <" + address + ">"
	}
}

// words returns text for a header: short ASCII as it is, all else as encoded
// words of RFC 2047, one a line, each of whole characters.
func words(text string) string {
	plain := len(text) <= 60 && strings.TrimSpace(text) == text && !strings.Contains(text, "=?") &&
		!strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
	if plain {
		return text
	}
	var all []string
	for len(text) > 0 {
		n := min(len(text), 39) // 52 in Base64; with the frame and "Subject: " a line of 73
		for n < len(text) && !utf8.RuneStart(text[n]) {
			n--
		}
		all = append(all, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(text[:n]))+"?=")
		text = text[n:]
	}
	return strings.Join(all, "\r\n ")
}

// writeText ends the header and writes text: quoted-printable if most of it
// is ASCII and stays legible, Base64 if that is shorter.
func writeText(b *bytes.Buffer, header func(name, value string), text string) {
	foreign := 0
	for i := range len(text) {
		if text[i] > unicode.MaxASCII {
			foreign++
		}
	}
	if foreign*6 < len(text) {
		header("Content-Transfer-Encoding", "quoted-printable")
		b.WriteString("\r\n")
		w := quotedprintable.NewWriter(b)
		w.Write([]byte(text)) // into memory, cannot fail
		w.Close()
		return
	}
	header("Content-Transfer-Encoding", "base64")
	b.WriteString("\r\n")
	encoded := base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	for len(encoded) > 0 {
		n := min(len(encoded), 76)
		b.WriteString(encoded[:n] + "\r\n")
		encoded = encoded[n:]
	}
}
