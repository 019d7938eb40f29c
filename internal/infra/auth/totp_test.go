package auth

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"
)

// rfcSecret is the key of RFC 6238, appendix B, "12345678901234567890".
const rfcSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

// vectors are RFC 6238, appendix B, for SHA-1; the RFC shows eight digits, of
// which an authenticator shows the last six.
var vectors = map[int64]string{
	59: "94287082", 1111111109: "07081804", 1111111111: "14050471",
	1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
}

func TestCodesOfTheRFC(t *testing.T) {
	for second, want := range vectors {
		now := time.Unix(second, 0)
		code, err := Code(rfcSecret, Step(now))
		if err != nil || code != want[2:] {
			t.Errorf("at %d: %s, %v; want %s", second, code, err, want[2:])
		}
		if step, ok := Check(rfcSecret, want[2:], now, 0); !ok || step != second/30 {
			t.Errorf("at %d: step %d, %v", second, step, ok)
		}
	}
}

func TestWindowAndReplay(t *testing.T) {
	now := time.Unix(1234567890, 0)
	at := Step(now)
	for from := int64(-3); from <= 3; from++ {
		code, err := Code(rfcSecret, at+from)
		if err != nil {
			t.Fatal(err)
		}
		step, ok := Check(rfcSecret, code, now, 0)
		if want := from >= -1 && from <= 1; ok != want || ok && step != at+from {
			t.Errorf("%+d steps: %d, %v", from, step, ok)
		}
		if _, ok := Check(rfcSecret, code, now, at+from); ok {
			t.Errorf("%+d steps: a used code was accepted again", from)
		}
		if _, ok := Check(rfcSecret, code, now, at+1); ok {
			t.Errorf("%+d steps: accepted after a later one", from)
		}
	}
	before, _ := Code(rfcSecret, at-1)
	if step, ok := Check(rfcSecret, before, now, at-2); !ok || step != at-1 {
		t.Error("the step after the used one was refused")
	}
}

func TestEntryOfCodes(t *testing.T) {
	now := time.Unix(59, 0)
	for entry, want := range map[string]bool{
		"287082": true, " 287 082 ": true, "２８７０８２": true, "287\u3000082": true,
		"": false, "87082": false, "94287082": false, "2870820": false, "287083": false, "28708a": false,
	} {
		if _, ok := Check(rfcSecret, entry, now, 0); ok != want {
			t.Errorf("%q: %v", entry, ok)
		}
	}
	for _, broken := range []string{"", "not base32!", "gezdgnbv"} {
		if _, err := Code(broken, 1); err == nil {
			t.Errorf("%q passes for a secret", broken)
		}
		if _, ok := Check(broken, "287082", now, 0); ok {
			t.Errorf("%q fits a code", broken)
		}
	}
}

func TestNewSecretsDifferAndWork(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		s, err := NewSecret()
		if err != nil || len(s) != 32 || seen[s] {
			t.Fatalf("%q, %v", s, err)
		}
		seen[s] = true
		if _, err := Code(s, 1); err != nil {
			t.Error(err)
		}
	}
}

func TestKeyURI(t *testing.T) {
	text := KeyURI("开数: 测试", "li+wei@example.gov.cn", rfcSecret)
	if strings.ContainsAny(text, "+ ") {
		t.Errorf("a blank or plus in %s", text)
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/开数  测试:li+wei@example.gov.cn" {
		t.Fatalf("%v, %v", u, err)
	}
	for name, want := range map[string]string{"secret": rfcSecret, "issuer": "开数  测试", "algorithm": "SHA1", "digits": "6", "period": "30"} {
		if got := u.Query().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

// TestQRDrawsEveryModule reads the drawing back, module by module.
func TestQRDrawsEveryModule(t *testing.T) {
	text := KeyURI("开数", "li.wei@example.gov.cn", rfcSecret)
	drawing, err := QR(text, `密钥 <"&'>`)
	if err != nil {
		t.Fatal(err)
	}
	var svg struct {
		Attr  []xml.Attr `xml:",any,attr"`
		Title string     `xml:"title"`
		Rect  struct {
			Width int    `xml:"width,attr"`
			Fill  string `xml:"fill,attr"`
		} `xml:"rect"`
		Path struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal([]byte(drawing), &svg); err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	side := code.Size + 8
	black := map[[2]int]bool{}
	for _, run := range strings.Split(strings.Trim(svg.Path.D, "Mz"), "zM") {
		var x, y, n, back int
		if _, err := fmt.Sscanf(run, "%d %dh%dv1h%d", &x, &y, &n, &back); err != nil || back != -n || n < 1 {
			t.Fatalf("%q: %v", run, err)
		}
		for i := range n {
			if black[[2]int{x + i, y}] {
				t.Errorf("drawn twice at %d %d", x+i, y)
			}
			black[[2]int{x + i, y}] = true
		}
	}
	drawn := 0
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) != black[[2]int{x + 4, y + 4}] {
				t.Errorf("module %d %d differs", x, y)
			}
			if code.Black(x, y) {
				drawn++
			}
		}
	}
	if drawn != len(black) || drawn == 0 {
		t.Errorf("%d modules are black, %d drawn: some lie in the quiet zone", drawn, len(black))
	}
	if svg.Title != `密钥 <"&'>` || svg.Rect.Width != side || svg.Rect.Fill != "#fff" || strings.Contains(drawing, "style") ||
		!strings.Contains(drawing, fmt.Sprintf(`viewBox="0 0 %d %d"`, side, side)) {
		t.Errorf("frame: %s", drawing[:300])
	}
	if _, err := QR(strings.Repeat("x", 3000), ""); err == nil {
		t.Error("3,000 bytes were drawn")
	}
}

func TestRecoveryCodes(t *testing.T) {
	codes, hashes, err := NewRecoveryCodes()
	if err != nil || len(codes) != 10 || len(hashes) != 10 {
		t.Fatal(codes, hashes, err)
	}
	seen := map[string]bool{}
	for i, code := range codes {
		if len(code) != 11 || code[5] != '-' || strings.ContainsAny(code, "ilou") || code != strings.ToLower(code) || seen[code] {
			t.Errorf("code %q", code)
		}
		seen[code] = true
		if len(hashes[i]) != 64 || HashRecovery(code) != hashes[i] {
			t.Errorf("%s: hash %s", code, hashes[i])
		}
	}
	want := HashRecovery("01aek-9xyz0")
	for _, entry := range []string{"01AEK9XYZ0", " 01aek 9xyz0 ", "０１ａｅｋ－９ｘｙｚ０", "o1aek–9xyzO", "OIaek9xyz0", "oLaek\u30009xyz0", "0-1-a-e-k-9-x-y-z-0"} {
		if HashRecovery(entry) != want {
			t.Errorf("%q is not understood", entry)
		}
	}
	for _, entry := range []string{"", "01aek-9xyz", "01aek-9xyz1", "01aek-9xyz00"} {
		if HashRecovery(entry) == want {
			t.Errorf("%q passes", entry)
		}
	}
}

// TestRecoveryCodesUseTheWholeAlphabet: each place of a code takes each of the
// 32 characters; the chance that one is missing by luck is below 1e-25.
func TestRecoveryCodesUseTheWholeAlphabet(t *testing.T) {
	seen := [10]map[byte]bool{}
	for range 220 {
		codes, _, err := NewRecoveryCodes()
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range codes {
			for i, c := range []byte(code[:5] + code[6:]) {
				if seen[i] == nil {
					seen[i] = map[byte]bool{}
				}
				seen[i][c] = true
			}
		}
	}
	for i, all := range seen {
		if len(all) != 32 {
			t.Errorf("place %d takes %d characters", i, len(all))
		}
	}
}
