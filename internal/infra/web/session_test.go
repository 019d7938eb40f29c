package web

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/base/permit"
)

// office is an address of the back office, its page, and a form behind it.
func signedBench(t *testing.T, got *ordered) bench {
	t.Helper()
	may := permit.Rule{Act: "desk.read", By: []permit.Role{permit.OpnEditor}}
	entrance := get("/{lang}/office/sign-in", "account.office", text("who are you"))
	other := entrance
	other.Path, other.Name = "/zh/sign-in", "account.public.zh"
	page := Route{Method: "GET", Path: "/zh/desk", Name: "desk.page", May: may, Do: func(c *Context) error { return c.HTML(200, []byte(c.Token())) }}
	post := Route{Method: "POST", Path: "/zh/desk", Name: "desk.post", May: may, Do: func(c *Context) error { return c.Form(got) }}
	entrance.Path, entrance.Name = "/zh/office/sign-in", "account.office.zh"
	rules := get("/zh/rules", "rules.accept.zh", text("please accept"))
	rules.First, rules.May = true, permit.Rule{Act: "rules.accept", By: []permit.Role{permit.Signed}}
	open := get("/zh/open", "open.page", text("open"))
	return newBench(t, func(o *Options) {
		o.Entrance = func(office bool) string {
			return map[bool]string{true: "account.office", false: "account.public"}[office]
		}
		o.Session = func(_ context.Context, secret string) (permit.Actor, error) {
			switch secret {
			case "ann-secret":
				return permit.Actor{Account: "ann", Session: "s1", Roles: []permit.Role{permit.OpnEditor}}, nil
			case "bob-secret":
				return permit.Actor{Account: "bob", Session: "s2"}, nil
			case "new-secret":
				return permit.Actor{Account: "new", Session: "s3", Must: "rules.accept", Roles: []permit.Role{permit.OpnEditor}}, nil
			}
			return permit.Actor{}, nil
		}
	}, entrance, other, page, post, rules, open)
}

type ordered struct {
	Name  string   `json:"name"`
	Count int      `json:"count"`
	Rush  bool     `json:"rush"`
	Tags  []string `json:"tags"`
	Items []struct {
		Name string  `json:"name"`
		Mass float64 `json:"mass"`
	} `json:"items"`
}

func TestPeopleAreLedToTheirEntrance(t *testing.T) {
	b := signedBench(t, new(ordered))
	r := b.ask(t, "GET", "/zh/desk?a=1", "", "Accept", "text/html")
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/zh/office/sign-in?back=%2Fzh%2Fdesk%3Fa%3D1" {
		t.Errorf("a stranger at the desk: %d %s", r.StatusCode, r.Header.Get("Location"))
	}
	shape(t, b.ask(t, "GET", "/zh/desk", ""), 401)
	shape(t, b.ask(t, "GET", "/zh/desk", "", "Cookie", "kaishu_session=bob-secret"), 403)
	r = b.ask(t, "GET", "/zh/desk", "", "Accept", "text/html", "Cookie", "kaishu_session=new-secret")
	if r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), "/zh/rules?back=") {
		t.Errorf("who must accept the rules first goes to %d %s", r.StatusCode, r.Header.Get("Location"))
	}
	if r = b.ask(t, "GET", "/zh/rules", "", "Cookie", "kaishu_session=new-secret"); r.StatusCode != 200 {
		t.Errorf("the rules themselves: %d", r.StatusCode)
	}
	r = b.ask(t, "GET", "/zh/open", "", "Cookie", "kaishu_session=gone")
	if c := r.Header.Get("Set-Cookie"); r.StatusCode != 200 || !strings.Contains(c, "Max-Age=0") {
		t.Errorf("an old cookie on an open page: %d, %q", r.StatusCode, c)
	}
	r = b.ask(t, "GET", "/zh/desk", "", "Cookie", "kaishu_session=ann-secret")
	if r.StatusCode != 200 || r.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("the desk: %d, kept by caches: %q", r.StatusCode, r.Header.Get("Cache-Control"))
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	b := signedBench(t, new(ordered))
	form := "Content-Type: application/x-www-form-urlencoded"
	media, _ := strings.CutPrefix(form, "Content-Type: ")
	cookie := []string{"Cookie", "kaishu_session=ann-secret", "Content-Type", media}
	token := read(t, b.ask(t, "GET", "/zh/desk", "", cookie...))
	if token == "" {
		t.Fatal("the page has no token")
	}
	for name, tt := range map[string]struct {
		body    string
		headers []string
		status  int
		code    string
	}{
		"with the token":      {"csrf=" + token + "&/name=x", cookie, 200, ""},
		"with the header":     {"/name=x", append([]string{TokenHeader, token}, cookie...), 200, ""},
		"without":             {"/name=x", cookie, 403, "web.form_too_old"},
		"with another's":      {"csrf=" + token + "x&/name=x", cookie, 403, "web.form_too_old"},
		"from another site":   {"csrf=" + token + "&/name=x", append([]string{"Sec-Fetch-Site", "cross-site"}, cookie...), 403, "web.other_origin"},
		"from another origin": {"csrf=" + token + "&/name=x", append([]string{"Origin", "https://evil.example"}, cookie...), 403, "web.other_origin"},
		"as JSON of a page":   {`{"name":"x"}`, []string{"Cookie", "kaishu_session=ann-secret", "Content-Type", "application/json"}, 403, "web.form_too_old"},
		"as a file":           {"csrf=" + token, []string{"Cookie", "kaishu_session=ann-secret", "Content-Type", "multipart/form-data; boundary=x"}, 403, "web.form_too_old"},
	} {
		r := b.ask(t, "POST", "/zh/desk", tt.body, tt.headers...)
		if tt.status == 200 {
			if r.StatusCode != 200 {
				t.Errorf("%s: %d %s", name, r.StatusCode, read(t, r))
			}
			continue
		}
		if s := shape(t, r, tt.status); s.Code != tt.code {
			t.Errorf("%s: %s", name, s.Code)
		}
	}
}

// TestFilesAreReadAsTheyArrive: token first, fields, then the file as a stream.
func TestFilesAreReadAsTheyArrive(t *testing.T) {
	var got ordered
	var name, content string
	b := signedBench(t, &got)
	b.routes["desk.post"].Do = func(c *Context) error {
		err := c.Files(func(field, file string, r io.Reader) error {
			data, err := io.ReadAll(r)
			name, content = field+" "+file, string(data)
			return err
		})
		if err != nil {
			return err
		}
		return c.Form(&got)
	}
	token := read(t, b.ask(t, "GET", "/zh/desk", "", "Cookie", "kaishu_session=ann-secret"))
	send := func(build func(w *multipart.Writer)) *http.Response {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		build(w)
		w.Close()
		return b.ask(t, "POST", "/zh/desk", body.String(), "Cookie", "kaishu_session=ann-secret", "Content-Type", w.FormDataContentType())
	}
	file := func(w *multipart.Writer, text string) {
		f, err := w.CreateFormFile("/file", "二月.csv")
		if err == nil {
			_, err = io.WriteString(f, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r := send(func(w *multipart.Writer) {
		w.WriteField("csrf", token)
		w.WriteField("/name", "二月")
		file(w, "a,b\n1,2\n")
		w.WriteField("/count", "3")
	})
	if r.StatusCode != 200 || name != "/file 二月.csv" || content != "a,b\n1,2\n" || got.Name != "二月" || got.Count != 3 {
		t.Errorf("%d: %s, %q, %+v", r.StatusCode, name, content, got)
	}
	shape(t, send(func(w *multipart.Writer) { w.WriteField("/name", "x"); w.WriteField("csrf", token) }), 403)
	shape(t, send(func(w *multipart.Writer) {
		w.WriteField("csrf", token)
		w.WriteField("/name", strings.Repeat("x", 70<<10))
	}), 413)
	if s := shape(t, b.ask(t, "POST", "/zh/desk", "--x\r\nContent-Disposition: form-data; name=csrf\r\n\r\n"+token+"\r\n--x\r\nContent-Disposition: form-data; name=\"/name\"\r\n\r\nha",
		"Cookie", "kaishu_session=ann-secret", "Content-Type", "multipart/form-data; boundary=x"), 400); s.Code != "web.body_cut" {
		t.Errorf("a body that was cut: %s", s.Code)
	}
}

func TestFormTextsBecomeTheirTypes(t *testing.T) {
	var got ordered
	b := signedBench(t, &got)
	cookie := []string{"Cookie", "kaishu_session=ann-secret", "Content-Type", "application/x-www-form-urlencoded"}
	token := "csrf=" + read(t, b.ask(t, "GET", "/zh/desk", "", cookie...))
	r := b.ask(t, "POST", "/zh/desk", token+"&/name=a%0D%0Ab&/count=+007+&/rush=on&/tags/-=&/tags/-=x&/tags/-=y&/items/10/name=last&/items/2/name=first&/items/2/mass=1.5", cookie...)
	if r.StatusCode != 200 {
		t.Fatal(read(t, r))
	}
	if got.Name != "a\nb" || got.Count != 7 || !got.Rush || strings.Join(got.Tags, "") != "xy" ||
		len(got.Items) != 2 || got.Items[0].Name != "first" || got.Items[0].Mass != 1.5 || got.Items[1].Name != "last" {
		t.Errorf("got %+v", got)
	}
	s := shape(t, b.ask(t, "POST", "/zh/desk", token+"&/count=1e&/rush=perhaps&/items/0/mass=NaN&/items/0/weight=1&/more=1", cookie...), 422)
	var at []string
	for _, e := range s.Errors {
		at = append(at, e.Pointer+" "+e.Code)
	}
	for _, want := range []string{"#/count web.not_an_integer", "#/rush web.not_a_boolean", "#/items/0/mass web.not_a_number", "#/items/0/weight web.unknown_field", "#/more web.unknown_field"} {
		if !strings.Contains(strings.Join(at, "\n"), want) {
			t.Errorf("not told: %s, of\n%s", want, strings.Join(at, "\n"))
		}
	}
	shape(t, b.ask(t, "POST", "/zh/desk", `{}`, "Authorization", "Bearer lead-token"), 403)
}
