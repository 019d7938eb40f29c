package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"html"
	"net/url"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"rsc.io/qr"
)

// The figures that every authenticator app understands (RFC 6238).
const (
	digits        = 6
	period        = 30 // seconds
	window        = 1  // steps before and after the present one
	secretBytes   = 20 // 160 bits, the length of SHA-1
	quiet         = 4  // modules of white around a QR code
	moduleSide    = 5  // pixels of one module
	codeModulus   = 1_000_000
	truncateMask  = 0x7fffffff
	lowNibbleMask = 0x0f
)

var secret32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret returns the secret of a new authenticator: 160 random bits as 32
// characters of base32. Seal it before it is stored; see [Box].
func NewSecret() (string, error) {
	raw := make([]byte, secretBytes)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("draw authenticator secret: %w", err)
	}
	return secret32.EncodeToString(raw), nil
}

// Step returns the number of the 30 seconds in which now lies, from 1970 on.
func Step(now time.Time) int64 { return now.Unix() / period }

// Code returns the six digits that an authenticator with secret shows during
// step. It fails when secret is not base32.
func Code(secret string, step int64) (string, error) {
	key, err := secret32.DecodeString(secret)
	if err != nil || len(key) == 0 {
		return "", fmt.Errorf("read authenticator secret: not base32")
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & lowNibbleMask
	number := binary.BigEndian.Uint32(sum[from:]) & truncateMask
	return fmt.Sprintf("%0*d", digits, number%codeModulus), nil
}

// Check reports whether code is the one of now, of the step before or of the
// step after, and of none that is used: lastStep is the step of the code that
// was accepted last, 0 for none. The caller stores step, which it must do in
// the transaction that read lastStep, or one code opens two sessions. Blanks
// and full-width digits are read as meant. A broken secret fits no code.
func Check(secret, code string, now time.Time, lastStep int64) (step int64, ok bool) {
	code = strings.Map(dropSpace, norm.NFKC.String(code))
	for at := Step(now) - window; at <= Step(now)+window; at++ {
		want, err := Code(secret, at)
		if err != nil {
			return 0, false
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && at > lastStep {
			step, ok = at, true
		}
	}
	return step, ok
}

func dropSpace(r rune) rune {
	if unicode.IsSpace(r) {
		return -1
	}
	return r
}

// KeyURI returns the otpauth:// address that an authenticator app reads from a
// QR code. issuer is the platform's name, account the name by which the person
// tells accounts apart; the format gives colons a meaning, so they become
// blanks.
func KeyURI(issuer, account, secret string) string {
	escape := func(text string) string {
		return strings.ReplaceAll(url.QueryEscape(strings.ReplaceAll(text, ":", " ")), "+", "%20")
	}
	return fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d",
		escape(issuer), escape(account), secret, escape(issuer), digits, period)
}

// QR returns text as a QR code: an SVG element to stand in a page, black on
// white also where the page is dark, with its quiet zone, named title for
// those who do not see it. It holds attributes only, no style. It fails when
// text is longer than a QR code can hold (about 2,300 bytes).
func QR(text, title string) (string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("draw QR code: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for code.Black(x, y) { // white beyond the edge
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", quiet+from, quiet+y, x-from, x-from)
			}
		}
	}
	side := code.Size + 2*quiet
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img">`+
		`<title>%s</title><rect width="%d" height="%d" fill="#fff"/><path d="%s" fill="#000"/></svg>`,
		side*moduleSide, side*moduleSide, side, side, html.EscapeString(title), side, side, path.String()), nil
}
