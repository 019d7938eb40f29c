package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/queue"
	"kaishu/internal/people/account"
)

// source is an office's own server: its file, and how it answers.
type source struct {
	*httptest.Server
	text   atomic.Value
	status atomic.Int64
	asked  atomic.Int64 // requests with If-None-Match
	gate   atomic.Pointer[gate]
}

// gate holds the source's answer back.
type gate struct{ came, open chan struct{} }

func newSource(t *testing.T) *source {
	t.Helper()
	x := &source{}
	x.status.Store(200)
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := x.text.Load().(string)
		tag := fmt.Sprintf(`"%d"`, len(text))
		if r.Header.Get("If-None-Match") != "" {
			x.asked.Add(1)
		}
		if g := x.gate.Load(); g != nil {
			close(g.came)
			<-g.open
		}
		switch {
		case x.status.Load() != 200:
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(int(x.status.Load()))
		case r.Header.Get("If-None-Match") == tag:
			w.WriteHeader(http.StatusNotModified)
		default:
			w.Header().Set("Etag", tag)
			w.Header().Set("Last-Modified", "Sat, 21 Nov 2026 16:30:00 GMT") // the 22nd in Shanghai
			fmt.Fprint(w, text)
		}
	}))
	t.Cleanup(x.Close)
	return x
}

// TestScheduleFetchesByItself: set by one, confirmed by another; the first
// file is released by two, a later one of the same make by rule; what goes
// wrong is said and tried again. Articles 16 and 25(1).
func TestScheduleFetchesByItself(t *testing.T) {
	src := newSource(t)
	src.text.Store(rows(10))
	o := openOffice(t, reachable(t, src)...)
	const slug = "seattle-daily-weather"
	editor, lead, stranger := o.as("editor-weather"), o.as("lead-weather"), o.as("")
	page, api := deskOf+slug+"/schedule", "/api/v1/datasets/"+slug+"/schedule"
	editor.get(t, page).says(t, "nothing is set", 200, "还没有设定")
	editor.form(t, page, "/url", "http://10.0.0.1/a.csv", "/every", "often", "/hour", "24").
		says(t, "every fault at once", 422, "请选择多久取一次", "小时在0到23之间", "不含国家秘密", "有下列各项需要改正")
	lead.form(t, page, "/url", src.URL).says(t, "a lead does not set", http.StatusForbidden)
	editor.form(t, page, "/url", src.URL+"/weather.csv", "/every", "daily", "/hour", "3", "/not_secret", "true").says(t, "set", http.StatusSeeOther)
	editor.form(t, page+"/confirm").says(t, "the maker does not confirm", http.StatusForbidden)
	lead.becomes(t, "/zh/inbox", "的定时取数等待您确认")
	editor.form(t, page+"/return", "/reason", "x").says(t, "the maker does not return it", http.StatusForbidden)
	lead.form(t, page+"/return", "/reason", " ").says(t, "no reason", 422, "f-reason-return-fault")
	lead.form(t, page+"/return", "/reason", "不是本单位的服务器").says(t, "returned", http.StatusSeeOther)
	editor.becomes(t, "/zh/inbox", "不是本单位的服务器")
	editor.get(t, page).says(t, "why it came back", 200, "不是本单位的服务器", "已停用")
	editor.form(t, page, "/url", src.URL+"/weather.csv", "/every", "daily", "/hour", "3", "/not_secret", "true").says(t, "set anew", http.StatusSeeOther)
	lead.form(t, page+"/confirm").says(t, "confirmed", http.StatusSeeOther)
	lead.becomes(t, page, "收到新文件，成为第2版").says(t, "the page", 200, "下次", "谁确认的", "lead-weather")
	version := deskOf + slug + "/versions/2"
	editor.becomes(t, version, "文件没有读成") // another make than the sample's file
	editor.form(t, version+"/settings").says(t, "read anew", http.StatusSeeOther)
	lead.becomes(t, version, "核对上面的结果").says(t, "day of the source", 200, "2026-11-22")
	lead.form(t, version+"/release").says(t, "released by two", http.StatusSeeOther)

	again := func() { t.Helper(); o.hasten(t, slug) }
	again()
	lead.becomes(t, page, "来源的文件没有变化")
	if src.asked.Load() == 0 {
		t.Error("the source was not asked whether the file changed")
	}
	src.text.Store(rows(20))
	again()
	lead.becomes(t, page, "成为第3版")
	stranger.becomes(t, "/datasets/"+slug+"/versions/latest/a.csv", "2026-01-20,57") // released by rule
	editor.becomes(t, "/zh/inbox", "已自动发布")
	src.status.Store(302)
	again()
	lead.becomes(t, page, "来源应答了302")
	editor.becomes(t, "/zh/inbox", "的定时取数没有取到文件")
	src.Close()
	again()
	lead.becomes(t, page, "来源没有应答")
	if status, _, body := editor.ask(t, "GET", api, nil); status != 200 || !strings.Contains(body, `"stage":"on"`) {
		t.Errorf("by the interface: %d %s", status, body)
	}
	if status, _, _ := o.as("editor-civil").ask(t, "GET", api, nil); status != http.StatusNotFound {
		t.Errorf("another body's editor: %d", status)
	}
	if status, _, body := editor.ask(t, "PUT", api, strings.NewReader(`{"url":"http://metadata.invalid/","every":"daily","hour":99}`)); status != 422 || !strings.Contains(body, "/hour") {
		t.Errorf("faults by the interface: %d %s", status, body)
	}
	if n, err := o.schedules.Replay(t.Context(), permit.Platform); err != nil || n != 1 {
		t.Errorf("the row is not what its events make it: %d, %v", n, err)
	}
	editor.form(t, page+"/stop").says(t, "stopped", http.StatusSeeOther)
	lead.form(t, page+"/confirm").says(t, "what is off is not confirmed", 422, "目前的阶段不能办理这一步")
}

func (o *office) actorAs(t *testing.T, account string) permit.Actor {
	t.Helper()
	a, err := o.actor(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func rows(n int) string {
	var b strings.Builder
	b.WriteString("date,value\n")
	for i := range n {
		fmt.Fprintf(&b, "2026-01-%02d,%d\n", i+1, i*3)
	}
	return b.String()
}

// reachable are the settings of an operator whose network src stands in.
func reachable(t *testing.T, src *source) []string {
	t.Helper()
	at, err := url.Parse(src.URL)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"KAISHU_REACHABLE=127.0.0.0/8", "KAISHU_REACHABLE_PORTS=" + at.Port()}
}

// hasten moves the next time of a schedule to now, as if the night had passed.
func (o *office) hasten(t *testing.T, slug string) {
	t.Helper()
	x, err := o.schedules.Get(t.Context(), o.actorAs(t, "lead-weather"), slug)
	if err != nil {
		t.Fatal(err)
	}
	now := o.clock.Now().Add(-time.Second).UTC().Truncate(time.Second)
	x.NextAt = now
	body, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	err = o.db.Write(t.Context(), func(tx *database.Tx) error {
		if _, err := tx.Exec(`UPDATE schedule SET body = ? WHERE dataset = ?`, string(body), slug); err != nil {
			return err
		}
		return queue.Enqueue(tx, "hastened "+now.String(), "schedule.fetch", map[string]any{"dataset": slug, "at": now}, now)
	})
	if err != nil {
		t.Fatal(err)
	}
	o.pool.Wake()
}

// TestScheduleTakesNothingForGranted: a file that was refused is asked for
// again, another source is not asked with the tag of this one, what is too
// large is said, what is stopped is not taken, and nothing comes in the name of
// somebody who left.
func TestScheduleTakesNothingForGranted(t *testing.T) {
	src := newSource(t)
	o := openOffice(t, append(reachable(t, src), "KAISHU_MAX_UPLOAD_MB=1")...)
	const slug = "seattle-daily-weather"
	editor, lead := o.as("editor-weather"), o.as("lead-weather")
	page := deskOf + slug + "/schedule"
	set := func(path string) {
		t.Helper()
		editor.form(t, page, "/url", src.URL+path, "/every", "hourly", "/hour", "0", "/not_secret", "true").says(t, "set", http.StatusSeeOther)
		lead.form(t, page+"/confirm").says(t, "confirmed", http.StatusSeeOther)
	}
	src.text.Store("")
	set("/a.csv")
	lead.becomes(t, page, "文件是空的")
	src.text.Store(rows(8))
	o.hasten(t, slug)
	lead.becomes(t, page, "成为第2版")
	if n := src.asked.Load(); n != 0 {
		t.Errorf("the tag of a file that was refused was kept: %d", n)
	}
	src.text.Store(strings.Repeat("x", 1<<20+1))
	o.hasten(t, slug)
	lead.becomes(t, page, "来源的文件超过1 MiB的上限")
	if n := src.asked.Load(); n != 1 {
		t.Errorf("asked %d times with the tag of the file that was taken, want once", n)
	}
	src.text.Store(rows(8))
	set("/b.csv") // of the same tag: asked with it, the source would say that nothing changed
	// Version 2 could not be read, so a person may send it once more; the
	// platform does not, or it would come each hour.
	lead.becomes(t, page, "来源给出的与第2版是同一个文件")
	if n := src.asked.Load(); n != 1 {
		t.Errorf("another source was asked with the tag of this one: %d", n)
	}
	src.text.Store(rows(9))
	g := &gate{make(chan struct{}), make(chan struct{})}
	src.gate.Store(g)
	o.hasten(t, slug)
	<-g.came
	editor.form(t, page+"/stop").says(t, "stopped while the file is on its way", http.StatusSeeOther)
	src.gate.Store(nil)
	close(g.open)
	set("/c.csv")
	lead.becomes(t, page, "收到新文件，成为第3版") // not taken before by the fetch that was stopped
	if _, err := o.accounts.Do(t.Context(), o.actorAs(t, "sec-admin"), "editor-weather", account.Suspend{Reason: "离岗"}); err != nil {
		t.Fatal(err)
	}
	src.text.Store(rows(10))
	o.hasten(t, slug)
	lead.becomes(t, page, "设定的人已不是本单位的填报员").says(t, "off", 200, "已停用")
	lead.becomes(t, "/zh/inbox", "的定时取数已停止")
	all, err := o.versions.List(t.Context(), o.actorAs(t, "lead-weather"), slug)
	if err != nil || len(all) != 3 {
		t.Errorf("something came in the name of somebody who left: %d versions, %v", len(all), err)
	}
}
