package main

import (
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kaishu/internal/infra/database"
)

var keyInput = regexp.MustCompile(`name="idempotency" value="([0-9a-f]{32})"`)

// TestSentTwice: on the platform itself, a command that is sent twice, by a
// page, by the API or from the command line, is carried out once.
func TestSentTwice(t *testing.T) {
	o := openOffice(t)
	admin := o.as("sys-admin")
	page := admin.get(t, "/zh/office/codes?list=domains")
	m := keyInput.FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("the form has no key: %.3000s", page.body)
	}
	send := func(code string) answer {
		return admin.form(t, "/zh/office/codes/domains", "idempotency", m[1], "/code", code, "/name/zh", "样例领域", "/name/en", "Sample", "/from", "2099-01-01")
	}
	send("").says(t, "a code left out", http.StatusUnprocessableEntity)
	first, again := send("twice"), send("twice")
	if first.status != http.StatusSeeOther || again.status != first.status || again.to != first.to {
		t.Errorf("%d to %q, then %d to %q: %.2000s", first.status, first.to, again.status, again.to, again.body)
	}
	send("thrice").says(t, "the same form with other content", http.StatusConflict, "此前已用同一标识提交过其他内容")

	t.Run("call", func(t *testing.T) {
		secret, err := o.accounts.Issue(t.Context(), console, roleAccount(t, "opn_editor"), "call")
		dir := t.TempDir()
		token, csv := filepath.Join(dir, "token"), filepath.Join(dir, "二.csv")
		for path, text := range map[string]string{token: secret, csv: "x,y\n1,a\n"} {
			if err == nil {
				err = os.WriteFile(path, []byte(text), 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		receive := func(key string) (string, error) {
			out, _, err := calling(t, "", "version.receive", "slug="+ownSlug(t), "file@"+csv, "updated_on=2026-11-01", "not_secret=true", "-key", key, "-server", o.url, "-token-file", token)
			return out, err
		}
		first, err := receive("k-1")
		again, err2 := receive("k-1")
		if err != nil || err2 != nil || first != again || !strings.Contains(first, `"number"`) {
			t.Errorf("%v %v\n%s\n%s", err, err2, first, again)
		}
		if other, err := receive("k-2"); err == nil && other == first {
			t.Error("another key is taken for the same")
		}
	})

	t.Run("secret", func(t *testing.T) {
		guard := o.as("sec-admin")
		const path = "/zh/office/accounts/editor-weather/reset"
		m := keyInput.FindStringSubmatch(guard.get(t, path).body)
		if m == nil {
			t.Fatal("the form has no key")
		}
		made := guard.form(t, path, "idempotency", m[1], "/reason", "丢失")
		made.says(t, "a link is made", http.StatusOK)
		found := regexp.MustCompile(`<code>([^<]{20,})</code>`).FindStringSubmatch(made.body)
		if found == nil {
			t.Fatalf("no link is shown: %.3000s", made.body)
		}
		guard.form(t, path, "idempotency", m[1], "/reason", "丢失").says(t, "once more", http.StatusConflict, "此事已经办理")
		rows, with := 0, 0
		err := o.db.Read(t.Context(), func(tx *database.Tx) error {
			return tx.QueryRow(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN body || headers LIKE ? THEN 1 ELSE 0 END), 0) FROM idempotency`,
				"%"+html.UnescapeString(found[1])+"%").Scan(&rows, &with)
		})
		if err != nil || rows == 0 || with != 0 {
			t.Errorf("%v; of %d answers, %d hold the link", err, rows, with)
		}
	})
}

// TestCallWaits: what broke off and is still being carried out is asked for
// again, with the same key.
func TestCallWaits(t *testing.T) {
	left := 3
	s := listen(t, func(w http.ResponseWriter, q *http.Request) {
		if left--; left >= 0 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusConflict)
			return
		}
		answerJSON(w, `{"number":1}`)
	})
	out, log, err := calling(t, "", "version.recall", "slug=a", "n=1", "reason=误传", "-key", "k", "-server", s.URL)
	if err != nil || !strings.Contains(out, `"number": 1`) || strings.Count(log, "still being carried out") != 3 {
		t.Errorf("%v %q %s", err, out, log)
	}
	for _, h := range s.requests() {
		if h.header.Get("Idempotency-Key") != "k" || !strings.Contains(h.body, "误传") {
			t.Errorf("sent again differently: %+v", h)
		}
	}
}
