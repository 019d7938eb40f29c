package main

import (
	"encoding/csv"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
)

// sampleText is said to be no real data.
var sampleText = locale.Text{ZH: "样例条目", EN: "Sample entry"}

// lacking puts an entry of the weather service on the list that promises data
// every day and has none.
func (o *office) lacking(t *testing.T, slug string) {
	t.Helper()
	d := openlist.Description{Title: sampleText, Publisher: "weather", Domain: "environment", Frequency: "daily", Opening: openlist.Unconditional, FirstPublishedOn: "2020-01-01"}
	if _, err := o.entries.Do(t.Context(), permit.Platform, slug, openlist.Adopt{From: sampleText, Description: d}); err != nil {
		t.Fatal(err)
	}
}

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
	o.lacking(t, "empty")
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

// TestQualityPages: every number of the public ranking leads to its list, in
// both languages; a publisher finds what is late and what was found, and keeps
// a finding as it is; others do not.
func TestQualityPages(t *testing.T) {
	now := clock.At(clock.System{}.Now())
	o := openOfficeAt(t, now)
	o.lacking(t, "empty")
	if _, err := o.timeliness.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	anybody := o.as("")
	page := anybody.get(t, "/zh/timeliness")
	page.says(t, "the ranking", 200, "样例市民政部门（样例）", "数据集少", "数据截至", "/zh/timeliness.csv", "每天")
	anybody.get(t, "/en/timeliness").says(t, "the ranking in English", 200, "Civil affairs department of the sample city (sample)", "few datasets", "Seriously late")
	anybody.get(t, "/zh/timeliness?frequency=daily").says(t, "by frequency", 200, "只看更新频率为", "/zh/timeliness/weather?class=behind&amp;frequency=daily")
	links := regexp.MustCompile(`<a href="(/zh/(?:timeliness/|datasets\?)[^"]+)">([0-9]+)</a>`).FindAllStringSubmatch(page.body, -1)
	if len(links) < 5 {
		t.Errorf("only %d numbers lead to a list", len(links))
	}
	for _, l := range links {
		list := anybody.get(t, html.UnescapeString(l[1]))
		n := strings.Count(list.body, `<tr><th scope="row">`)
		if m := regexp.MustCompile(`共<b>([0-9]+)|共([0-9]+)个数据集`).FindStringSubmatch(list.body); strings.Contains(l[1], "/datasets?") && m != nil {
			n, _ = strconv.Atoi(m[1] + m[2])
		}
		if strconv.Itoa(n) != l[2] || list.status != 200 {
			t.Errorf("%s lists %d, the ranking says %s", l[1], n, l[2])
		}
	}
	rows, err := csv.NewReader(strings.NewReader(anybody.get(t, "/zh/timeliness.csv").body)).ReadAll()
	if r := asked[timeliness.Ranking](t, anybody, "GET", "/api/v1/timeliness", nil, 200); err != nil || len(rows) != len(r.Items)+1 || rows[1][2] != r.Items[0].Body {
		t.Errorf("%v: %d rows", err, len(rows))
	}
	anybody.get(t, "/zh/timeliness/weather?class=behind&frequency=daily").says(t, "narrowed", 200, "样例条目", "严重逾期")
	anybody.get(t, "/zh/timeliness/weather?class=unknown").says(t, "none", 200, "没有符合的数据集")
	anybody.get(t, "/zh/timeliness/weather?class=often&frequency=never").says(t, "every fault", 422, "often", "never")
	anybody.get(t, "/zh/timeliness/nobody").says(t, "no publisher", http.StatusNotFound)
	anybody.get(t, "/zh/desk/quality").says(t, "signed in only", http.StatusSeeOther)

	lead := o.as("lead-weather")
	lead.get(t, "/zh/desk/quality").says(t, "the desk", 200, "样例条目", "没有可以获取的数据", "暂不判断零使用", "/zh/desk/datasets/empty", "数据质量")
	lead.get(t, "/en/desk/quality?problem=tiny").says(t, "narrowed", 200, "No problem was found", "fewer than 10 rows")
	o.as("quality").get(t, "/zh/desk/quality").says(t, "the centre", 200, "样例条目", "?body=weather")
	o.as("quality").get(t, "/zh/desk/quality?body=weather").says(t, "one publisher", 200, "逾期的数据集", "全部单位")
	o.as("lead-civil").get(t, "/zh/desk/quality?body=weather").says(t, "not another's", 200)
	if strings.Contains(o.as("lead-civil").get(t, "/zh/desk/quality?body=weather").body, "样例条目") {
		t.Error("another publisher's lead sees what is missing")
	}
	all := asked[timeliness.Findings](t, lead, "GET", "/api/v1/findings?problem=missing", nil, 200)
	i := slices.IndexFunc(all.Items, func(x timeliness.Shown) bool { return x.Subject == "empty" })
	at := "/zh/desk/quality/" + all.Items[i].ID
	lead.get(t, at).says(t, "one finding", 200, "怎样处理", "上传数据或样本", "保留现状", "发现问题")
	if strings.Contains(o.as("editor-weather").get(t, at).body, `name="/reason"`) {
		t.Error("the editor is shown the lead's form")
	}
	lead.form(t, at+"/keep", "/until", "2020-01-01", "/reason", " ").says(t, "every fault", 422, "此项必填", `value="2020-01-01"`, `href="#f-until"`)
	lead.form(t, at+"/keep", "/until", string(workday.Of(now.Now()).AddDays(20)), "/reason", "数据年底上传", "seen", "1").says(t, "kept", http.StatusSeeOther)
	lead.form(t, at+"/take-up", "seen", "1").says(t, "it has moved", http.StatusConflict, "保留现状")
	lead.get(t, at).says(t, "kept", 200, "数据年底上传", "重新处理")
	o.as("lead-civil").form(t, at+"/take-up").says(t, "another's", http.StatusNotFound)
	lead.form(t, at+"/take-up").says(t, "taken up", http.StatusSeeOther)
}

// TestDetectorsLookAtVersions: rows and contents are those of what was released
// in full; a sample says nothing of the size of the data.
func TestDetectorsLookAtVersions(t *testing.T) {
	now := clock.At(clock.System{}.Now())
	o := openOfficeAt(t, now)
	editor, lead := o.actorAs(t, "editor-weather"), o.actorAs(t, "lead-weather")
	release := func(slug string, kind version.Kind, day workday.Date, rows string) {
		t.Helper()
		v, err := o.versions.Receive(t.Context(), editor, version.Upload{Dataset: slug, Kind: kind, Name: "a.csv", UpdatedOn: day, NotSecret: true}, strings.NewReader("id,name\n"+rows))
		if err == nil {
			v, err = o.loader.Await(t.Context(), editor, slug, v.Number)
		}
		if err == nil && v.Stage == version.StageStaged {
			v, err = o.versions.Do(t.Context(), lead, slug, v.Number, version.Release{})
		}
		if err != nil || v.Stage != version.StageReleased {
			t.Fatalf("%s: %v %+v", slug, err, v)
		}
	}
	o.lacking(t, "few")
	// The same table in three spellings: the very same file is not taken twice.
	release("few", version.Full, "2026-01-01", "1,甲\n2,乙\n")
	release("few", version.Full, "2026-01-10", "1,甲\n2,乙")
	release("few", version.Full, "2026-01-20", "1,甲\r\n2,乙\r\n")
	d := openlist.Description{Title: sampleText, Publisher: "weather", Domain: "environment", Frequency: "daily", Opening: openlist.Conditional, Items: []openlist.Item{{Name: "id"}}}
	if _, err := o.entries.Do(t.Context(), permit.Platform, "asked-for", openlist.Adopt{From: sampleText, Description: d}); err != nil {
		t.Fatal(err)
	}
	release("asked-for", version.Sample, "2026-01-01", "1,甲\n2,乙\n")
	if _, err := o.timeliness.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	said := map[string][]string{}
	for _, x := range asked[timeliness.Findings](t, o.as("lead-weather"), "GET", "/api/v1/findings?limit=200", nil, 200).Items {
		said[x.Subject] = append(said[x.Subject], x.Words.Says...)
	}
	slices.Sort(said["few"])
	if want := []string{"只有2行，不足10行", "最近3版内容相同，前后19天", "没有说明数据项"}; !slices.Equal(said["few"], want) {
		t.Errorf("few: %q", said["few"])
	}
	if len(said["asked-for"]) != 0 {
		t.Errorf("a sample: %q", said["asked-for"])
	}
	// An update ends lateness by itself, without waiting for the morning.
	release("few", version.Full, workday.Of(now.Now()), "1,甲\n2,乙\n3,丙\n")
	class := ""
	for range 600 {
		err := o.db.Read(t.Context(), func(tx *database.Tx) error {
			return tx.QueryRow(`SELECT class FROM timeliness WHERE dataset = 'few'`).Scan(&class)
		})
		if err != nil {
			t.Fatal(err)
		}
		if class == string(timeliness.OnTime) {
			break
		}
		time.Sleep(20 * time.Millisecond) // the reaction is looked for again so
	}
	if class != string(timeliness.OnTime) {
		t.Errorf("after its update few is watched as %s", class)
	}
	if _, err := o.timeliness.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	tiny := asked[timeliness.Findings](t, o.as("lead-weather"), "GET", "/api/v1/findings?problem=tiny", nil, 200)
	if len(tiny.Items) != 1 || tiny.Items[0].Figures["rows"] != 3 {
		t.Errorf("after its update: %+v", tiny.Items)
	}
}
