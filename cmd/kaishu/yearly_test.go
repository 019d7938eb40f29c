package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/directory"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/yearlyreview"
)

const yearlyAPI = "/api/v1/yearly-reviews"

// yearlyDay moves the clock to the morning of a day and does what it brings to
// the yearly reviews.
func (o *office) yearlyDay(t *testing.T, now *clock.Manual, day workday.Date) {
	t.Helper()
	now.Advance(day.Time().Add(8 * time.Hour).Sub(now.Now()))
	if _, err := o.yearly.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	if n, err := o.yearly.Today(t.Context(), permit.Platform); err != nil || n != 0 {
		t.Errorf("the morning of %s again moves %d: %v", day, n, err)
	}
}

// unopened enters two resources of the weather service that nothing is opened
// from, and returns their ids.
func (o *office) unopened(t *testing.T) (radar, log string) {
	t.Helper()
	editor := o.as("editor-weather")
	at, source := editor.registers(t, directory.Particulars{Name: "未开放资源（合成）", Body: "weather", Form: directory.KindFile, Mapping: "resources"})
	editor.imports(t, at, "u.json", `[{"code":"radar","title":"雷达观测（合成）","fields":["id"]},{"code":"log","title":"值班记录（合成）","fields":["id"]}]`)
	return directory.ResourceID(source, "radar"), directory.ResourceID(source, "log")
}

// TestAYearOfReviews leads the review of one publisher through its life: opened
// on the day, decided in bulk and one by one, handed in, sent back, handed in
// again, accepted, its work orders begun; and the next year's (Article 10,
// requirements A10.1 to A10.3, SM-20, hard gate 6).
func TestAYearOfReviews(t *testing.T) {
	now := clock.At(workday.Date("2026-08-31").Time().Add(9 * time.Hour))
	o := openOfficeAt(t, now)
	editor, lead, authority := o.as("editor-weather"), o.as("lead-weather"), o.as("authority")
	radar, log := o.unopened(t)
	o.yearlyDay(t, now, "2026-08-31")
	if x := asked[yearlyreview.Listings](t, editor, "GET", yearlyAPI, nil, 200); len(x.Items) != 0 {
		t.Fatalf("before its day: %+v", x)
	}
	asked[any](t, o.as(""), "GET", "/api/v1/yearly-review-results/2026", nil, http.StatusNotFound)
	o.yearlyDay(t, now, "2026-09-01")
	x := asked[yearlyreview.Listings](t, editor, "GET", yearlyAPI, nil, 200)
	if len(x.Items) != 1 || x.Items[0].Due != "2026-11-30" || !editor.told(t, "yearlyreview.opened") || !lead.told(t, "yearlyreview.opened") {
		t.Fatalf("on its day: %+v", x)
	}
	at := yearlyAPI + "/" + x.Items[0].ID
	v := asked[yearlyreview.View](t, editor, "GET", at, nil, 200)
	if v.Tally.Unopened < 2 || v.Tally.Listed < 2 || v.Left.Days < 50 || v.Turn != "publisher" || v.Items[0].Evidence.Timeliness == "" || v.Items[0].Evidence.Hook == "" {
		t.Fatalf("%+v", v)
	}
	for name, status := range map[string]int{"editor-civil": 404, "person": 403, "authority": 200, "lead-weather": 200, "auditor": 200, "": 401} {
		o.as(name).get(t, at).says(t, name, status)
	}
	asked[any](t, editor, "GET", at+"?show=everything", nil, 422)

	o.decide(t, at, radar, log)
	o.handIn(t, at)
	o.carryOut(t, at, radar, log)

	if !editor.told(t, "yearlyreview.returned") || !authority.told(t, "yearlyreview.signed") || !lead.told(t, "yearlyreview.closed") {
		t.Error("told")
	}
	r := asked[yearlyreview.Result](t, o.as(""), "GET", "/api/v1/yearly-review-results/2026", nil, 200)
	i := slices.IndexFunc(r.Items, func(x yearlyreview.Outcome) bool { return x.Body == "weather" })
	if r.Done != 1 || r.Items[i].State != "done" || r.Items[i].Late || r.Verdicts[yearlyreview.Static] != 1 || r.Verdicts[yearlyreview.Open] != 1 || r.Verdicts[yearlyreview.NotYet] < 1 {
		t.Errorf("%+v", r)
	}
	if n, err := o.yearly.Replay(t.Context(), permit.Platform); err != nil || n != r.Bodies {
		t.Errorf("replay: %d %v", n, err)
	}
	o.yearlyDay(t, now, "2027-09-01")
	next := asked[yearlyreview.Listings](t, editor, "GET", yearlyAPI, nil, 200)
	if len(next.Items) != 2 || next.Items[0].Year != 2027 {
		t.Fatalf("%+v", next)
	}
	v = asked[yearlyreview.View](t, editor, "GET", yearlyAPI+"/"+next.Items[0].ID+"?show=unopened", nil, 200)
	if i := slices.IndexFunc(v.Items, func(x yearlyreview.Shown) bool { return x.ID == log }); i < 0 || v.Items[i].Evidence.Before != yearlyreview.NotYet || v.Items[i].Verdict != "" {
		t.Errorf("the year before is not remembered: %+v", v.Items)
	}
	if years := asked[yearlyreview.YearList](t, o.as(""), "GET", "/api/v1/yearly-review-results", nil, 200); !slices.Equal(years.Items, []int{2027, 2026}) {
		t.Errorf("%v", years)
	}
}

// decide decides everything of the weather service: with one act what is on
// time, the rest one by one.
func (o *office) decide(t *testing.T, at, radar, log string) {
	t.Helper()
	editor := o.as("editor-weather")
	asked[any](t, editor, "POST", at+"/complete", nil, http.StatusConflict) // nothing was decided
	asked[any](t, editor, "POST", at+"/sweep", yearlyreview.Sweep{Those: "some"}, 422)
	asked[any](t, editor, "POST", at+"/sweep", yearlyreview.Sweep{Those: "on_time", Verdict: yearlyreview.Withdraw}, 422)
	editor.send(t, "POST", at+"/sweep", jsonMedia, strings.NewReader(`{"those":"listed","verdict":"withdraw","ground":"cannot_update"}`)).says(t, "every fault of a sweep", 422, "/ground", "/reason", "静态数据")
	asked[any](t, o.as("lead-weather"), "POST", at+"/sweep", yearlyreview.Sweep{Those: "on_time", Verdict: yearlyreview.Keep}, http.StatusForbidden)
	asked[any](t, o.as("editor-civil"), "POST", at+"/sweep", yearlyreview.Sweep{Those: "on_time", Verdict: yearlyreview.Keep}, http.StatusNotFound)
	before := asked[yearlyreview.View](t, editor, "GET", at+"?show=listed&limit=200", nil, 200)
	onTime := 0
	for _, i := range before.Items {
		if i.Evidence.OnTime() {
			onTime++
		}
	}
	if onTime == 0 || onTime == before.Tally.Listed {
		t.Fatalf("the sample city has %d of %d entries on time: the sweep proves nothing", onTime, before.Tally.Listed)
	}
	v := asked[yearlyreview.View](t, editor, "POST", at+"/sweep", yearlyreview.Sweep{Those: "on_time", Verdict: yearlyreview.Keep}, 200)
	if v.Tally.Verdicts[yearlyreview.Keep] != onTime || v.Review.Stage != yearlyreview.StageEvaluating {
		t.Fatalf("swept: %+v of %d", v.Tally, onTime)
	}
	asked[any](t, editor, "POST", at+"/sweep", yearlyreview.Sweep{Those: "on_time", Verdict: yearlyreview.Keep}, http.StatusConflict) // nothing is left
	asked[any](t, editor, "POST", at+"/items", yearlyreview.Add{}, 422)
	asked[any](t, o.as("editor-civil"), "POST", at+"/items", yearlyreview.Add{Title: "x", Source: "no_system"}, http.StatusNotFound)
	if v := asked[yearlyreview.View](t, editor, "POST", at+"/items", yearlyreview.Add{Title: "灾情调查表（合成）", Source: "no_system"}, 200); v.Tally.Unopened != before.Tally.Unopened+1 {
		t.Errorf("taken up: %+v", v.Tally)
	}
	editor.send(t, "POST", at+"/complete", jsonMedia, nil).says(t, "all that is lacking", 422, "/items/"+radar+"/verdict", "/items/"+log+"/verdict")

	late := asked[yearlyreview.View](t, editor, "GET", at+"?show=lacking&limit=200", nil, 200)
	slug := late.Items[0].ID
	refused := func(what string, c yearlyreview.Choice, texts ...string) {
		t.Helper()
		editor.send(t, "PUT", at+"/choices", jsonMedia, strings.NewReader(encoded(t, yearlyreview.Choose{Choices: []yearlyreview.Choice{c}}))).says(t, what, 422, texts...)
	}
	refused("it cannot be updated", yearlyreview.Choice{Item: slug, Verdict: yearlyreview.Withdraw, Ground: adjustment.CannotUpdate, Reason: "停更"}, "/choices/0/ground", "静态数据")
	refused("no ground", yearlyreview.Choice{Item: slug, Verdict: yearlyreview.Withdraw, Ground: adjustment.Merged}, "/choices/0/ground")
	refused("into nothing", yearlyreview.Choice{Item: slug, Verdict: yearlyreview.Merge, Into: "nowhere"}, "/choices/0/into")
	refused("into itself", yearlyreview.Choice{Item: slug, Verdict: yearlyreview.Merge, Into: slug}, "/choices/0/into")
	var c yearlyreview.Choose
	for _, i := range late.Items {
		switch {
		case i.ID == slug:
			c.Choices = append(c.Choices, yearlyreview.Choice{Item: i.ID, Verdict: yearlyreview.Static, Reason: "业务系统已停用"})
		case i.ID == radar:
			c.Choices = append(c.Choices, yearlyreview.Choice{Item: i.ID, Verdict: yearlyreview.Open, Reason: "公众多次提出需求"})
		case i.Kind == yearlyreview.Listed:
			c.Choices = append(c.Choices, yearlyreview.Choice{Item: i.ID, Verdict: yearlyreview.Keep, Reason: "本月恢复更新"})
		default:
			c.Choices = append(c.Choices, yearlyreview.Choice{Item: i.ID, Verdict: yearlyreview.NotYet, Ground: "privacy", Reason: "含值班人员信息"})
		}
	}
	v = asked[yearlyreview.View](t, editor, "PUT", at+"/choices", c, 200)
	if v.Tally.Decided != v.Tally.Items {
		t.Fatalf("%+v", v.Tally)
	}
	if e, err := o.entries.Get(t.Context(), permit.Platform, slug); err != nil || e.Static() {
		t.Errorf("a decision changed the list: %v %v", e, err)
	}
}

// handIn leads a decided review through its checks: given back, signed,
// returned, and once more.
func (o *office) handIn(t *testing.T, at string) {
	t.Helper()
	editor, lead, authority := o.as("editor-weather"), o.as("lead-weather"), o.as("authority")
	asked[any](t, lead, "POST", at+"/sign", nil, http.StatusConflict)
	source, id := editor.registers(t, directory.Particulars{Name: "上午才有的资源（合成）", Body: "weather", Form: directory.KindFile, Mapping: "resources"})
	editor.imports(t, source, "l.json", `[{"code":"late","title":"新到资源（合成）","fields":["id"]}]`)
	editor.send(t, "POST", at+"/complete", jsonMedia, nil).says(t, "what came since the morning is to be decided too", 422, "/items/"+directory.ResourceID(id, "late")+"/verdict")
	asked[yearlyreview.View](t, editor, "POST", at+"/sweep", yearlyreview.Sweep{Those: "unopened", Verdict: yearlyreview.NotYet, Ground: "quality", Reason: "刚刚建成"}, 200)
	asked[yearlyreview.View](t, editor, "POST", at+"/complete", nil, 200)
	asked[any](t, editor, "POST", at+"/sign", nil, http.StatusForbidden)
	asked[any](t, lead, "POST", at+"/give-back", nil, 422)
	asked[yearlyreview.View](t, lead, "POST", at+"/give-back", yearlyreview.GiveBack{Faults: []yearlyreview.Fault{{Text: "请补充说明"}}}, 200)
	asked[yearlyreview.View](t, editor, "POST", at+"/complete", nil, 200)
	v := asked[yearlyreview.View](t, lead, "POST", at+"/sign", nil, 200)
	if v.Turn != "authority" || v.Left.Days != 20 || v.Review.SignedOn != "2026-09-01" {
		t.Fatalf("signed: %+v", v)
	}
	asked[any](t, editor, "POST", at+"/begin", nil, http.StatusConflict)
	asked[any](t, authority, "POST", at+"/return", yearlyreview.Return{Faults: []yearlyreview.Fault{{Item: "nothing"}}}, 422)
	v = asked[yearlyreview.View](t, authority, "POST", at+"/return", yearlyreview.Return{Faults: []yearlyreview.Fault{{Text: "暂不开放的理由不充分"}}}, 200)
	if v.Review.Stage != yearlyreview.StageReturned || len(v.Review.Faults) != 1 || v.Left.Days != 10 {
		t.Fatalf("returned: %+v", v)
	}
	asked[yearlyreview.View](t, editor, "POST", at+"/complete", nil, 200)
	asked[yearlyreview.View](t, lead, "POST", at+"/sign", nil, 200)
	asked[any](t, lead, "POST", at+"/accept", nil, http.StatusForbidden)
	if v = asked[yearlyreview.View](t, authority, "POST", at+"/accept", nil, 200); v.Review.Stage != yearlyreview.StageReviewed || len(v.Unbegun) != 2 {
		t.Fatalf("accepted: %+v", v)
	}
}

// carryOut begins the work orders of the accepted review.
func (o *office) carryOut(t *testing.T, at, radar, log string) {
	t.Helper()
	editor := o.as("editor-weather")
	v := asked[yearlyreview.View](t, editor, "GET", at+"?show=orders", nil, 200)
	slug := v.Items[0].ID
	begin := func(all ...yearlyreview.Begun) yearlyreview.Begin { return yearlyreview.Begin{Begins: all} }
	editor.send(t, "POST", at+"/begin", jsonMedia, strings.NewReader(encoded(t, begin(yearlyreview.Begun{Item: radar}, yearlyreview.Begun{Item: log})))).says(t, "every fault", 422, "/begins/0/entry", "/begins/1/item")
	asked[any](t, editor, "POST", at+"/begin", begin(yearlyreview.Begun{Item: slug}, yearlyreview.Begun{Item: radar, Entry: "nowhere"}), 422)
	asked[any](t, editor, "POST", at+"/begin", begin(yearlyreview.Begun{Item: radar, Entry: "welfare-institutions"}), 422)
	v = asked[yearlyreview.View](t, editor, "POST", at+"/begin", begin(yearlyreview.Begun{Item: slug}), 200)
	if len(v.Unbegun) != 1 {
		t.Fatalf("%+v", v)
	}
	order := asked[yearlyreview.View](t, editor, "GET", at+"?show=orders", nil, 200).Items[0].Order
	x := asked[adjustment.View](t, editor, "GET", orderAPI+order, nil, 200)
	d := struct{ Frequency string }{}
	if err := json.Unmarshal(x.Order.Proposed, &d); err != nil {
		t.Fatal(err)
	}
	if x.Order.Kind != adjustment.Change || x.Order.Reason != "业务系统已停用" || d.Frequency != openlist.StaticCode || x.Order.Stage != adjustment.StageDraft {
		t.Errorf("the order of a static entry: %+v", x.Order)
	}
	asked[openlist.Entry](t, editor, "POST", "/api/v1/entries", map[string]any{"slug": "radar", "title": locale.Text{ZH: "雷达观测"}, "domain": "environment", "frequency": "yearly", "opening": "unconditional"}, http.StatusCreated)
	linked := editor.begins(t, "radar", adjustment.List)
	v = asked[yearlyreview.View](t, editor, "POST", at+"/begin", begin(yearlyreview.Begun{Item: radar, Entry: "radar"}), 200)
	if v.Review.Stage != yearlyreview.StageClosed || v.Review.ClosedOn != "2026-09-01" {
		t.Fatalf("%+v", v.Review)
	}
	all := asked[yearlyreview.View](t, editor, "GET", at+"?show=orders", nil, 200)
	if i := slices.IndexFunc(all.Items, func(x yearlyreview.Shown) bool { return x.ID == radar }); orderAPI+all.Items[i].Order != linked || all.Items[i].Entry != "radar" {
		t.Errorf("an order that had begun is linked: %+v", all.Items)
	}
}

// TestAnUnheededReview is reminded, overdue, and told to the authority; it
// follows the list and the catalogue meanwhile.
func TestAnUnheededReview(t *testing.T) {
	now := clock.At(workday.Date("2026-10-26").Time().Add(9 * time.Hour))
	o := openOfficeAt(t, now)
	editor, authority := o.as("editor-weather"), o.as("authority")
	o.yearlyDay(t, now, "2026-10-26")
	x := asked[yearlyreview.Listings](t, editor, "GET", yearlyAPI, nil, 200)
	at := yearlyAPI + "/" + x.Items[0].ID
	before := x.Items[0].Tally.Unopened
	o.unopened(t)
	o.yearlyDay(t, now, "2026-10-27")
	if v := asked[yearlyreview.View](t, editor, "GET", at, nil, 200); v.Tally.Unopened != before+2 || editor.told(t, "yearlyreview.remind") {
		t.Errorf("%+v", v.Tally)
	}
	of := func() yearlyreview.Shown {
		v := asked[yearlyreview.View](t, editor, "GET", at+"?show=listed", nil, 200)
		return v.Items[slices.IndexFunc(v.Items, func(x yearlyreview.Shown) bool { return x.ID == weatherSet })]
	}
	if !of().Evidence.OnTime() {
		t.Fatalf("%+v", of().Evidence)
	}
	_, doubt := o.as("").object(t, windy())
	o.steps(t, doubt, toConfirmed()[:2]...)
	if e := of().Evidence; e.Objections != 1 || e.OnTime() {
		t.Errorf("an open objection: %+v", e)
	}
	asked[any](t, editor, "POST", at+"/sweep", yearlyreview.Sweep{Those: "on_time", Verdict: yearlyreview.Keep}, http.StatusConflict) // there is none any more
	o.yearlyDay(t, now, "2026-10-31")
	if !editor.told(t, "yearlyreview.remind") {
		t.Error("not reminded")
	}
	o.yearlyDay(t, now, "2026-12-01")
	if !o.as("lead-weather").told(t, "yearlyreview.overdue") || !authority.told(t, "yearlyreview.overdue") {
		t.Error("nobody is told of lateness")
	}
	all := asked[yearlyreview.Listings](t, authority, "GET", yearlyAPI+"/all?year=2026", nil, 200)
	if all.Late != len(all.Items) || all.Signed != 0 || all.Share != 0 || len(all.Items) < 3 {
		t.Errorf("%+v", all)
	}
	asked[any](t, editor, "GET", yearlyAPI+"/all?year=2026", nil, http.StatusForbidden)
	asked[any](t, authority, "GET", yearlyAPI+"/all?year=soon", nil, 422)
	r := asked[yearlyreview.Result](t, o.as(""), "GET", "/api/v1/yearly-review-results/2026", nil, 200)
	if r.Late != r.Bodies || r.Done != 0 || len(r.Verdicts) != 0 {
		t.Errorf("%+v", r)
	}
	asked[any](t, o.as(""), "GET", "/api/v1/yearly-review-results/x", nil, http.StatusNotFound)
	if _, err := o.yearly.Replay(t.Context(), permit.Platform); err != nil {
		t.Error(err)
	}
	seen := fmt.Sprintf("%q", "1")
	status, _, body := editor.ask(t, "POST", at+"/sweep", strings.NewReader(`{"those":"unopened","verdict":"not_yet","ground":"other","reason":"x"}`), "If-Match", seen)
	if status != http.StatusPreconditionFailed && status != http.StatusConflict {
		t.Errorf("who has not seen the newest: %d %s", status, body)
	}
}
