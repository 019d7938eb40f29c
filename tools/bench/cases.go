package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"kaishu/internal/base/workday"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
)

// casesServed measures the desks with many applications: one is led through its life
// by the API, with some twenty events, and the database then holds it many
// times over, received on different days, all of them waiting at one desk.
func (b *bench) casesServed() error {
	data := filepath.Join(b.dir, fmt.Sprintf("cases-%d", b.cases))
	w := &caseworld{bench: b, data: data, env: append(os.Environ(), "KAISHU_DATA="+data, "KAISHU_FAIR_USE=0"), tokens: map[string]string{}}
	if err := w.prepare(); err != nil {
		return err
	}
	stop, err := w.serve()
	if err != nil {
		return err
	}
	defer stop()
	return errors.Join(w.desks(), w.recount())
}

type caseworld struct {
	*bench
	data, address string
	env           []string
	tokens        map[string]string
}

var caseworkers = []string{"person", "intake", "reviewer-weather", "lead-weather", "sys-admin", "sys-admin-2"}

// prepare makes the data folder, once.
func (w *caseworld) prepare() error {
	if err := os.RemoveAll(w.data); err != nil {
		return err
	}
	run := func(args ...string) (string, error) {
		c := exec.Command(w.kaishu, args...)
		c.Env = w.env
		out, err := c.Output()
		if err != nil {
			return "", fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out)), nil
	}
	if _, err := run("seed"); err != nil {
		return err
	}
	for _, who := range caseworkers {
		token, err := run("token", who)
		if err != nil {
			return err
		}
		w.tokens[who] = token
	}
	stop, err := w.serve()
	if err != nil {
		return err
	}
	app, order, err := w.live()
	stop()
	if err != nil {
		return err
	}
	began := time.Now()
	events, err := w.multiply(app, order)
	if err != nil {
		return err
	}
	fmt.Printf("%d cases of %d events in %.0f s\n", w.cases, events, time.Since(began).Seconds())
	return nil
}

func (w *caseworld) serve() (stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w.address = l.Addr().String()
	l.Close()
	server := exec.Command(w.kaishu, "serve", "--listen", w.address)
	server.Env = w.env
	if err := server.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		server.Process.Signal(syscall.SIGTERM)
		server.Wait()
	}
	if err := ready(w.address); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// ask sends one request of somebody and decodes the answer.
func (w *caseworld) ask(who, method, path string, body, into any) error {
	var r io.Reader
	media := "application/json"
	switch x := body.(type) {
	case nil:
	case []byte:
		r, media = bytes.NewReader(x), "application/octet-stream"
	default:
		text, err := json.Marshal(x)
		if err != nil {
			return err
		}
		r = bytes.NewReader(text)
	}
	q, err := http.NewRequest(method, "http://"+w.address+path, r)
	if err != nil {
		return err
	}
	q.Header.Set("Authorization", "Bearer "+w.tokens[who])
	q.Header.Set("Accept", "application/json")
	if r != nil {
		q.Header.Set("Content-Type", media)
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err == nil && a.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %d %.500s", method, path, a.StatusCode, text)
	}
	if err == nil && into != nil {
		err = json.Unmarshal(text, into)
	}
	return err
}

// live leads one application as far as a proposal that was sent back.
func (w *caseworld) live() (app, order string, err error) {
	c := application.Content{
		Datasets: []application.Wanted{{Dataset: "hourly-weather", Fields: []string{"date", "temperature"}, Mode: "api", Months: 12}},
		Scenario: application.Scenario{Code: "public_service", Title: "户外作业高温提醒", Purpose: strings.Repeat("按小时提醒户外工地停工。", 20), Serves: "建筑工人", Benefit: "减少中暑"},
		Security: application.Security{Measures: strings.Repeat("加密存放。", 30), Where: "本市机房", Access: "两名值守人员"},
		Pledge:   application.Pledge{True: true, Cite: true, Report: true, Checks: true},
	}
	var v application.View
	var orders review.OrdersOf
	do := func(who, method, path string, body any) {
		if err == nil {
			err = w.ask(who, method, strings.NewReplacer("APP", app, "ORDER", order).Replace(path), body, nil)
		}
	}
	if err := errors.Join(w.ask("person", "POST", "/api/v1/platform-rules/1/accept", nil, nil), w.ask("person", "POST", "/api/v1/applications", c, &v)); err != nil {
		return "", "", err
	}
	app = v.Case.ID
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 40, 30))); err != nil {
		return "", "", err
	}
	for _, item := range []string{"licence", "staff", "security_plan", "scenario"} {
		do("person", "POST", "/api/v1/applications/APP/files?name=p.png&until=2099-01-01&item=hourly-weather%2F"+item, picture.Bytes())
	}
	do("person", "POST", "/api/v1/applications/APP/submit", nil)
	do("intake", "POST", "/api/v1/applications/APP/take", nil)
	if err == nil {
		err = w.ask("intake", "GET", "/api/v1/applications/"+app, nil, &v)
	}
	do("intake", "POST", "/api/v1/applications/APP/decline", application.Decline{Faults: []application.Fault{{Item: "scenario", Code: "incomplete"}}, Checked: v.Case.Items})
	c.Scenario.Benefit += "，其他城市可照做"
	do("person", "PUT", "/api/v1/applications/APP", c)
	do("person", "POST", "/api/v1/applications/APP/submit", nil)
	do("intake", "POST", "/api/v1/applications/APP/take", nil)
	if err == nil {
		err = w.ask("intake", "GET", "/api/v1/applications/"+app, nil, &v)
	}
	do("intake", "POST", "/api/v1/applications/APP/accept", application.Accept{Checked: v.Case.Items})
	if err == nil {
		err = w.ask("person", "GET", "/api/v1/applications/"+app+"/orders", nil, &orders)
	}
	if err != nil {
		return "", "", err
	}
	order = orders.Items[0].ID
	do("reviewer-weather", "POST", "/api/v1/orders/ORDER/take", review.Take{Free: true})
	do("reviewer-weather", "POST", "/api/v1/orders/ORDER/rank", review.Rank{Score: review.Score{Livelihood: 2}})
	do("reviewer-weather", "POST", "/api/v1/orders/ORDER/ask", review.Ask{Text: "为何需要？"})
	do("reviewer-weather", "POST", "/api/v1/orders/ORDER/assess", review.Assess{Risk: review.Risk{Linked: "时刻", Person: review.Low, Secret: review.Low, Public: review.Low, Acceptable: true}})
	do("person", "POST", "/api/v1/orders/ORDER/answer", review.Answer{Text: "提醒停工"})
	do("reviewer-weather", "POST", "/api/v1/orders/ORDER/propose", review.Propose{Verdicts: []review.Verdict{{Dataset: "hourly-weather", Approve: true, Fields: []string{"date", "temperature"}, Mode: "api", Months: 12}}})
	do("lead-weather", "POST", "/api/v1/orders/ORDER/send-back", review.SendBack{Reason: "再看"})
	return app, order, err
}

// desks measures lists and case files.
func (w *caseworld) desks() error {
	var page review.Page
	if err := w.ask("reviewer-weather", "GET", "/api/v1/orders?limit=200", nil, &page); err != nil {
		return err
	}
	var orders, apps []string
	for _, o := range page.Items {
		var v review.View
		if err := w.ask("reviewer-weather", "GET", "/api/v1/orders/"+o.ID, nil, &v); err != nil {
			return err
		}
		orders, apps = append(orders, o.ID), append(apps, v.About.Case.ID)
	}
	for _, m := range []struct {
		name, who string
		path      func(i int) string
	}{
		{"desk of the reviewer, 50 orders, JSON, p50", "reviewer-weather", func(int) string { return "/api/v1/orders" }},
		{"desk of the reviewer, page, p50", "reviewer-weather", func(int) string { return "/zh/desk/orders" }},
		{"file of an order, page, p50", "reviewer-weather", func(i int) string { return "/zh/desk/orders/" + orders[i%len(orders)] }},
		{"my applications, page, p50", "person", func(int) string { return "/zh/applications" }},
		{"file of an application, page, p50", "person", func(i int) string { return "/zh/applications/" + apps[i%len(apps)] }},
		{"file of an order, JSON, p50", "reviewer-weather", func(i int) string { return "/api/v1/orders/" + orders[i%len(orders)] }},
		{"my applications, 50, JSON, p50", "person", func(int) string { return "/api/v1/applications" }},
		{"file of an application, JSON, p50", "person", func(i int) string { return "/api/v1/applications/" + apps[i%len(apps)] }},
		{"public statistics, JSON, p50", "person", func(int) string { return "/api/v1/statistics/applications" }},
	} {
		var medians []float64
		for range w.runs {
			var times []float64
			for i := range 60 {
				began := time.Now()
				if err := w.ask(m.who, "GET", m.path(i), nil, nil); err != nil {
					return err
				}
				times = append(times, float64(time.Since(began).Microseconds())/1000)
			}
			medians = append(medians, median(times))
		}
		w.add(fmt.Sprintf("%s, %d cases", m.name, w.cases), "ms", medians, "", nil, nil, 0)
	}
	return nil
}

// recount measures how long all due days take when a calendar is amended: from
// the confirmation until the days have moved.
func (w *caseworld) recount() error {
	var year struct {
		Off    []workday.Date `json:"off"`
		Worked []workday.Date `json:"worked"`
	}
	if err := w.ask("sys-admin", "GET", "/api/v1/calendar/2026", nil, &year); err != nil {
		return err
	}
	var times []float64
	for _, worked := range []bool{true, false, true} { // a Saturday is worked, then not, then again
		days := year.Worked
		if worked {
			days = append(append([]workday.Date{}, days...), "2026-12-05")
		}
		var n struct {
			ID string `json:"id"`
		}
		if err := w.ask("sys-admin", "POST", "/api/v1/calendar/notices", map[string]any{"year": 2026, "number": "测速〔2026〕1号", "url": "https://www.gov.cn/bench", "off": year.Off, "worked": days}, &n); err != nil {
			return err
		}
		if err := w.ask("sys-admin-2", "POST", "/api/v1/calendar/notices/"+n.ID+"/confirm", nil, nil); err != nil {
			return err
		}
		began := time.Now()
		for moved := 0; moved < w.cases; time.Sleep(20 * time.Millisecond) {
			var p struct {
				Moved []struct{ Changed int }
			}
			if err := w.ask("sys-admin", "GET", "/api/v1/calendar/notices/"+n.ID, nil, &p); err != nil {
				return err
			}
			moved = 0
			for _, m := range p.Moved {
				moved += m.Changed
			}
			if time.Since(began) > 5*time.Minute {
				return fmt.Errorf("only %d due days moved in five minutes", moved)
			}
		}
		times = append(times, time.Since(began).Seconds())
	}
	w.add(fmt.Sprintf("all due days counted anew, %d open cases", w.cases), "s", times, "", nil, nil, 0)
	return nil
}
