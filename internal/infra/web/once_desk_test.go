package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/idempotency"
)

// counter is a desk that counts what it carries out.
type counter struct {
	bench
	db    *database.DB
	did   atomic.Int32
	hold  chan struct{} // if not nil, each command tells began and waits until it is closed
	began chan struct{}
}

func (k *counter) number() int {
	n := int(k.did.Add(1))
	if k.hold != nil {
		k.began <- struct{}{}
		<-k.hold
	}
	return n
}

// asked is what is sent to it.
type asked struct {
	Name string `json:"name"`
}

// do answers as what was sent asks.
func (k *counter) do(c *Context) error {
	var sent asked
	var err error
	if c.isForm() {
		err = c.Form(&sent)
	} else {
		err = c.Body(&sent)
	}
	if err != nil {
		return err
	}
	n := k.number()
	if err := c.Request.Context().Err(); err != nil {
		return err
	}
	switch sent.Name {
	case "refused":
		return problem.New(problem.Conflict, "moved_meanwhile")
	case "panic":
		panic("bang")
	case "fault":
		return io.ErrUnexpectedEOF
	case "page":
		return c.HTML(200, fmt.Appendf(nil, `<p>%d</p><input name="csrf" value="%s">`, n, c.Token()))
	case "faulty page":
		return c.HTML(422, []byte("mend it"))
	case "led":
		return c.Redirect(http.StatusSeeOther, fmt.Sprintf("/zh/lines/%d", n))
	case "nothing":
		c.Writer.WriteHeader(http.StatusNoContent)
		return nil
	case "long":
		return c.JSON(200, strings.Repeat("长", idempotency.MaxBody/3))
	case "long and placed":
		c.Writer.Header().Set("Location", "/long")
		return c.JSON(201, strings.Repeat("长", idempotency.MaxBody/3))
	case "entered":
		c.BeginSession("new-secret")
		return c.Redirect(http.StatusSeeOther, "/zh/")
	case "secret":
		if err := c.ShowOnce(); err != nil {
			return err
		}
	}
	c.Writer.Header().Set("Location", fmt.Sprintf("/lines/%d", n))
	return c.JSON(http.StatusCreated, map[string]any{"name": sent.Name, "n": n})
}

// files reads a form with files, or a file, whole.
func (k *counter) files(c *Context) error {
	var read []string
	if c.Route.Upload {
		text, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, 1<<20))
		if err != nil {
			return err
		}
		read = append(read, string(text))
	} else {
		err := c.Files(func(field, name string, file io.Reader) error {
			text, err := io.ReadAll(file)
			read = append(read, name+":"+string(text))
			return err
		})
		if err != nil {
			return err
		}
		read = append(read, c.Request.PostForm.Encode())
	}
	return c.JSON(202, map[string]any{"n": k.number(), "read": read})
}

func newCounter(t *testing.T, change ...func(*Options)) *counter {
	t.Helper()
	k := &counter{began: make(chan struct{}, 100), db: databasetest.Open(t, idempotency.Migrations)}
	may := permit.Rule{Act: "bus.add", By: []permit.Role{permit.OpnEditor}}
	post := func(path, name string, do Handler) Route {
		return Route{Method: "POST", Path: path, Name: name, May: may, Do: do}
	}
	api := post("/api/v1/lines", "bus.add", k.do)
	api.API, api.Body = true, asked{}
	secret := post("/zh/secrets", "bus.secret", k.do)
	secret.Secret = true
	upload := post("/zh/upload", "bus.upload", k.files)
	upload.Upload = true
	plain := post("/zh/plain", "bus.plain", k.do)
	plain.Plain, plain.May = true, permit.Public
	k.bench = newBench(t, func(o *Options) {
		o.SignIn = func(_ context.Context, token string) (permit.Actor, error) {
			account, body, _ := strings.Cut(token, "@")
			return permit.Actor{Account: account, Organisation: body, Roles: []permit.Role{permit.OpnEditor}}, nil
		}
		o.Session = func(_ context.Context, secret string) (permit.Actor, error) {
			return permit.Actor{Account: strings.TrimRight(secret, "0123456789"), Session: "s-" + secret, Roles: []permit.Role{permit.OpnEditor}}, nil
		}
		for _, f := range change {
			f(o)
		}
	}, api, post("/api/v1/lines/{line}", "bus.other", k.do), post("/zh/lines", "bus.form", k.do), secret, upload, plain,
		post("/zh/files", "bus.files", k.files))
	k.Kept = idempotency.New(k.db, k.clock, id.New(k.clock))
	return k
}

// restart is the process after a crash: what it held in memory is gone.
func (k *counter) restart() { k.Kept = idempotency.New(k.db, k.clock, id.New(k.clock)) }

func (k *counter) api(t *testing.T, who, key, body string, more ...string) *http.Response {
	t.Helper()
	return k.ask(t, "POST", "/api/v1/lines", body, append([]string{"Authorization", "Bearer " + who, KeyHeader, key}, more...)...)
}

func named(name string) string { return `{"name":"` + name + `"}` }

// token is that of the forms of a sign-in.
func (k *counter) token(secret string) string {
	q := httptest.NewRequest("GET", "/", nil)
	q.Header.Set("Cookie", "kaishu_session="+secret)
	return (&Context{Request: q, Actor: permit.Actor{Session: "s"}}).Token()
}

func (k *counter) form(t *testing.T, who, path, key, name string) *http.Response {
	t.Helper()
	return k.ask(t, "POST", path, url.Values{TokenField: {k.token(who)}, KeyField: {key}, "/name": {name}}.Encode(), "Cookie", "kaishu_session="+who,
		"Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json")
}

// carriedOut fails unless that many commands were.
func (k *counter) carriedOut(t *testing.T, what string, want int) {
	t.Helper()
	if n := int(k.did.Load()); n != want {
		t.Fatalf("%s: carried out %d times, want %d", what, n, want)
	}
}

// written is all that the table holds.
func (k *counter) written(t *testing.T) (all string) {
	t.Helper()
	err := k.db.Read(t.Context(), func(tx *database.Tx) error {
		rows, err := tx.Query(`SELECT id || '|' || state || '|' || fingerprint || '|' || headers || body FROM idempotency`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				return err
			}
			all += text + "\n"
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
