package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
)

// sampleText is said to be no real data.
var sampleText = locale.Text{ZH: "样例条目", EN: "Sample entry"}

// TestTimelinessByTheInterface: the public ranks publishers and reads the list
// behind each number; what is late is told to those whom it concerns.
// Article 16, requirements A16.4 and A16.5.
func TestTimelinessByTheInterface(t *testing.T) {
	now := clock.At(clock.System{}.Now())
	o := openOfficeAt(t, now)
	anybody := o.as("")
	r := asked[timeliness.Ranking](t, anybody, "GET", "/api/v1/timeliness", nil, 200)
	if r.AsOf != workday.Of(now.Now()) || len(r.Items) < 4 || r.All.Counts.Datasets != len(sampleCity(t).Datasets) {
		t.Fatalf("%+v", r)
	}
	sum := timeliness.Counts{}
	for _, p := range r.Items {
		if p.Name.ZH == "" || !p.IsSmall {
			t.Errorf("%+v", p)
		}
		sum.Datasets, sum.Late, sum.SeriouslyLate = sum.Datasets+p.Counts.Datasets, sum.Late+p.Counts.Late, sum.SeriouslyLate+p.Counts.SeriouslyLate
		for class, n := range map[string]int{"": p.Counts.Datasets, "late": p.Counts.Late, "seriously_late": p.Counts.SeriouslyLate, "behind": p.Counts.Late + p.Counts.SeriouslyLate, "on_time": p.Counts.OnTime} {
			at := "/api/v1/timeliness/" + p.Body
			if class != "" {
				at += "?class=" + class
			}
			if d := asked[timeliness.Datasets](t, anybody, "GET", at, nil, 200); len(d.Items) != n || d.Name != p.Name {
				t.Errorf("%s: %d datasets, the ranking says %d", at, len(d.Items), n)
			}
		}
	}
	if sum.Datasets != r.All.Counts.Datasets || sum.Late != r.All.Counts.Late || sum.SeriouslyLate != r.All.Counts.SeriouslyLate || sum.SeriouslyLate == 0 {
		t.Errorf("%+v of %+v", sum, r.All)
	}
	asked[any](t, anybody, "GET", "/api/v1/timeliness/nobody", nil, http.StatusNotFound)
	asked[any](t, anybody, "GET", "/api/v1/timeliness/civil?class=often", nil, http.StatusUnprocessableEntity)
	if _, err := o.timeliness.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	o.as("general-office").becomes(t, "/zh/inbox", "个严重逾期的数据集")
	o.as("authority").becomes(t, "/zh/inbox", "已错过两次更新")
	o.as("lead-civil").becomes(t, "/zh/inbox", "个数据集严重逾期")
	if _, err := o.timeliness.Replay(t.Context(), permit.Platform); err != nil {
		t.Error(err)
	}
}

// TestFindingsByTheInterface: detectors look at the real versions of the sample
// city; a lead keeps a finding; other publishers and the public learn nothing.
func TestFindingsByTheInterface(t *testing.T) {
	now := clock.At(clock.System{}.Now())
	o := openOfficeAt(t, now)
	if _, err := o.entries.Do(t.Context(), permit.Platform, "empty", openlist.Adopt{From: sampleText, Description: openlist.Description{Title: sampleText, Publisher: "weather", Domain: "environment", Frequency: "daily", Opening: openlist.Unconditional}}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.timeliness.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	lead, soon := o.as("lead-weather"), workday.Of(now.Now()).AddDays(30)
	all := asked[timeliness.Findings](t, lead, "GET", "/api/v1/findings?problem=missing", nil, 200)
	i := slices.IndexFunc(all.Items, func(x timeliness.Shown) bool { return x.Subject == "empty" })
	if i < 0 || all.UseKnown || len(all.Definitions) != 5 {
		t.Fatalf("%+v", all)
	}
	x := all.Items[i]
	if !slices.Equal(x.Words.Says, []string{"没有可以获取的数据", "没有说明数据项"}) || x.Words.Problem != "缺失" || x.Titles[0] != sampleText || !slices.Equal(x.Can, []string{"keep"}) {
		t.Errorf("%+v", x)
	}
	at := "/api/v1/findings/" + x.ID
	if every := asked[timeliness.Findings](t, o.as("quality"), "GET", "/api/v1/findings?limit=200", nil, 200); len(every.Items) < len(all.Items) {
		t.Errorf("the centre sees %d", len(every.Items))
	}
	for _, who := range []string{"lead-civil", "editor-civil"} {
		asked[any](t, o.as(who), "GET", at, nil, http.StatusNotFound)
	}
	if status, _, body := lead.ask(t, "GET", "/api/v1/findings?problem=x&stage=y&limit=0", nil); status != 422 || strings.Count(body, `"pointer"`) != 3 {
		t.Errorf("every fault at once: %d %s", status, body)
	}
	asked[any](t, o.as("lead-civil"), "POST", at+"/keep", timeliness.Keep{Reason: "x", Until: soon}, http.StatusNotFound)
	asked[any](t, o.as(""), "GET", at, nil, http.StatusUnauthorized)
	asked[any](t, o.as("person"), "GET", "/api/v1/findings", nil, http.StatusForbidden)
	asked[any](t, o.as("editor-weather"), "POST", at+"/keep", timeliness.Keep{Reason: "x", Until: soon}, http.StatusForbidden)
	asked[any](t, lead, "POST", at+"/keep", timeliness.Keep{}, http.StatusUnprocessableEntity)
	if kept := asked[timeliness.Shown](t, lead, "POST", at+"/keep", timeliness.Keep{Reason: "数据年底上传", Until: soon}, 200); kept.Stage != timeliness.StageKept || len(kept.Words.History) != 2 {
		t.Errorf("%+v", kept)
	}
	if open := asked[timeliness.Shown](t, lead, "POST", at+"/take-up", nil, 200); open.Stage != timeliness.StageOpen {
		t.Errorf("%+v", open)
	}
	asked[any](t, lead, "POST", at+"/take-up", nil, http.StatusConflict)
	if found := asked[timeliness.Shown](t, o.as("editor-weather"), "GET", at, nil, 200); len(found.Words.History) != 3 || len(found.Can) != 0 {
		t.Errorf("%+v", found)
	}
}
