package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestANewInstallationHasThreeAdministrators: kaishu init enters three people,
// once; their links open. Article 26.
func TestANewInstallationHasThreeAdministrators(t *testing.T) {
	data := t.TempDir()
	out := must(t, data, "init", "--auditor", "eye")
	links := regexp.MustCompile(`http://127\.0\.0\.1:8080(/zh/enrol\?ticket=[\w-]{43})`).FindAllStringSubmatch(out, -1)
	if len(links) != 3 || !strings.Contains(out, "sys-admin\t系统管理员") || !strings.Contains(out, "eye\t审计员") {
		t.Fatalf("init says %s", out)
	}
	if _, err := kaishu(t, data, "init"); err == nil || !strings.Contains(err.Error(), "已经有账号了") {
		t.Errorf("a second time: %v", err)
	}
	must(t, data, "check")
	s := start(t, data, "serve")
	for _, link := range links {
		if status, page := s.ask(t, "GET", link[1], "", nil); status != http.StatusOK || !strings.Contains(string(page), `role="img"`) {
			t.Errorf("%s: %d %.200s", link[1], status, page)
		}
	}
	if status, _ := s.ask(t, "GET", "/zh/dev/sign-in", "", nil); status != http.StatusNotFound {
		t.Errorf("development sign-in without --dev: %d", status)
	}
}

// TestDevelopmentIsForThisMachine: --dev does not serve others, and one click
// signs in as anybody of the sample.
func TestDevelopmentIsForThisMachine(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":8080", "192.0.2.1:80", "[::]:80"} {
		if _, err := kaishu(t, t.TempDir(), "serve", "--dev", "--listen", address); err == nil || !strings.Contains(err.Error(), "--dev") {
			t.Errorf("serves development on %s: %v", address, err)
		}
	}
	s := start(t, seeded(t), "serve", "--dev")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	ask := func(method, path string, form url.Values) string {
		t.Helper()
		q, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Accept", "text/html")
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r, err := c.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v: %.300s", r.Request.URL, r.StatusCode, err, text)
		}
		return string(text)
	}
	list := ask("GET", "/zh/dev/sign-in", nil)
	for _, a := range sampleCity(t).Accounts {
		if !strings.Contains(list, `value="`+a.ID+`"`) {
			t.Errorf("%s is not offered", a.ID)
		}
	}
	mine := ask("POST", "/zh/dev/sign-in", url.Values{"/account": {"sys-admin"}})
	if !strings.Contains(mine, "样例系统管理员") || !strings.Contains(mine, "账号管理") {
		t.Errorf("signed in as %.500s", mine)
	}
}
