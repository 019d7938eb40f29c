package catalogue_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/search"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
	"kaishu/internal/site/assets"
	"kaishu/internal/site/catalogue"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/layout/sitetest"
)

// site is a small city behind its catalogue.
type site struct {
	*sitetest.City
	catalogue *catalogue.Service
	base      string
}

// open returns a city of four datasets: stations (open, daily, read on 29
// June 2023), cards (conditional with a sample), roads (entry only, late) and
// schools (another body, static).
func open(t *testing.T) site {
	t.Helper()
	city := sitetest.NewCity(t)
	city.Publish(t, "stations", openlist.Description{Title: locale.Text{ZH: "轨道交通站点", EN: "Metro stations"}, UpdatedOn: "2015-01-01", FirstPublishedOn: "2023-07-01",
		Abstract: locale.Text{ZH: "全市轨道交通站点的名称、线路和位置。", EN: "Names, lines and places of all metro stations."}, Tags: []string{"地铁"},
		Items: []openlist.Item{{Name: "zhan", Title: locale.Text{ZH: "站名", EN: "Station name"}}, {Name: "line", Title: locale.Text{ZH: "线路"}}}})
	city.Release(t, "stations", 1, version.Full, "2023-06-29", 1234, selection.Column{Name: "zhan", Type: selection.Text}, selection.Column{Name: "lon", Type: selection.Number})
	city.Publish(t, "cards", openlist.Description{Title: locale.Text{ZH: "公交一卡通刷卡记录"}, Opening: openlist.Conditional, UpdatedOn: "2023-06-11", FirstPublishedOn: "2022-03-01"})
	city.Release(t, "cards", 1, version.Sample, "2023-06-11", 100, selection.Column{Name: "卡号", Type: selection.Text})
	city.Release(t, "cards", 2, version.Full, "2023-06-20", 5_000_000, selection.Column{Name: "卡号", Type: selection.Text})
	city.Publish(t, "roads", openlist.Description{Title: locale.Text{ZH: "道路停车泊位<b>"}, Abstract: locale.Text{ZH: "含站点附近的泊位"}, UpdatedOn: "2023-06-11", FirstPublishedOn: "2022-04-01"})
	city.Publish(t, "schools", openlist.Description{Title: locale.Text{ZH: "幼儿园名录"}, Publisher: "schools", Domain: "education", Frequency: "static", UpdatedOn: "2020-01-01"})
	words := sitetest.Words(t, search.Messages, layout.Messages, catalogue.Messages)
	look, err := layout.New(words, assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	s := catalogue.New(catalogue.Tools{Index: search.New(), Entries: city.Entries, Versions: city.Versions, Organisations: city.Organisations,
		Clock: city.Clock, Layout: look, DB: city.DB})
	if err := s.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	return site{city, s, city.Serve(t, words, append(look.Routes(), s.Routes()...), look.Problem)}
}

func (s site) page(t *testing.T, path string) string {
	t.Helper()
	status, _, page := sitetest.Get(t, s.base+path)
	if status != http.StatusOK {
		t.Errorf("%s: status %d", path, status)
	}
	return page
}

var resultLink = regexp.MustCompile(`<h2><a href="/(?:zh|en)/datasets/([a-z0-9-]+)"`)

func (s site) found(t *testing.T, query string) string {
	t.Helper()
	var all []string
	for _, m := range resultLink.FindAllStringSubmatch(s.page(t, "/zh/datasets?"+query), -1) {
		all = append(all, m[1])
	}
	return strings.Join(all, " ")
}

func TestListKeepsTheRulesInBothLanguages(t *testing.T) {
	s := open(t)
	for _, l := range locale.Langs {
		for _, query := range []string{"", "?q=%E7%AB%99&domain=transport", "?q=nothing+at+all&opening=conditional", "?timeliness=late&sort=rows"} {
			sitetest.CheckPage(t, l, s.page(t, "/"+string(l)+"/datasets"+query))
		}
	}
}

func TestFiltersAreOrWithinAndAndBetween(t *testing.T) {
	s := open(t)
	for query, want := range map[string]string{
		"":                                      "stations cards roads schools", // by last update
		"sort=rows":                             "stations cards roads schools",
		"q=%E7%AB%99%E7%82%B9":                  "stations roads", // 站点 in a title before one in an abstract
		"q=%E7%AB%99%E7%82%B9&domain=education": "",
		"domain=education":                      "schools",
		"domain=education&domain=transport":     "stations cards roads schools",
		"opening=conditional":                   "cards",
		"data=full":                             "stations",
		"data=sample":                           "cards",
		"data=none":                             "roads schools",
		"data=sample&data=full":                 "stations cards",
		"format=csv":                            "stations cards",
		"format=xlsx":                           "", // refused for both
		"format=api&opening=unconditional":      "stations",
		"timeliness=late":                       "cards roads",
		"timeliness=static":                     "schools",
		"publisher=schools":                     "schools",
		"first=2022":                            "cards roads",
		"first=2023-07":                         "stations",
		"frequency=static":                      "schools",
		"q=lon":                                 "stations", // a column that only the table names
		"q=%E5%8D%A1%E5%8F%B7":                  "cards",    // structure of conditional data is public
	} {
		if got := s.found(t, query); got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
}

func TestResultSaysPromiseAndTruth(t *testing.T) {
	s := open(t)
	page := s.page(t, "/zh/datasets?q=%E5%88%B7%E5%8D%A1") // 刷卡
	text := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, ""))
	for _, want := range []string{"公交一卡通刷卡记录", "有条件开放", "更新频率 每天 · 上次更新 2023-06-20 · 已逾期 8 天", "样本 100 行", "CSV、Parquet、接口", "市交通委（样例）", "共1个数据集"} {
		if !strings.Contains(text, want) {
			t.Errorf("the result does not say %q", want)
		}
	}
	if strings.Contains(text, "5,000,000") {
		t.Error("the rows of data that needs an application are shown")
	}
	if !strings.Contains(page, "<mark>刷卡</mark>") {
		t.Error("the hit is not marked")
	}
	if page := s.page(t, "/zh/datasets?q=%E7%AB%99%E5%90%8D"); !strings.Contains(page, "匹配字段：</span><mark>站名</mark>") {
		t.Error("the field that matched is not named")
	}
	if page := s.page(t, "/zh/datasets"); strings.Contains(page, "泊位<b>") {
		t.Error("a title is not escaped")
	}
}

func TestEnglishShowsChineseMarkedAsSuch(t *testing.T) {
	page := open(t).page(t, "/en/datasets?q=metro")
	for _, want := range []string{">Metro stations</a>", "<mark>metro</mark> stations.", "Transport Commission (sample)", "Datasets found: 1"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	if page := open(t).page(t, "/en/datasets?domain=education"); !strings.Contains(page, `lang="zh-CN">幼儿园名录</a>`) || !strings.Contains(page, `<span lang="zh-CN">市教委（样例）</span>`) {
		t.Error("Chinese on an English page is not marked")
	}
}

func TestChipsAndFacetsLeadBothWays(t *testing.T) {
	page := open(t).page(t, "/zh/datasets?domain=transport&opening=conditional&q=%E8%AE%B0%E5%BD%95")
	for _, want := range []string{
		`href="/zh/datasets?opening=conditional&amp;q=%E8%AE%B0%E5%BD%95" rel="nofollow">领域：道路交通`, // a chip goes
		`href="/zh/datasets?domain=transport&amp;opening=conditional" rel="nofollow">词：记录`,
		`<a class="chip plain" href="/zh/datasets">清除全部</a>`,
		`href="/zh/datasets?domain=transport&amp;q=%E8%AE%B0%E5%BD%95" rel="nofollow" aria-current="true"><span>有条件开放`, // a chosen value goes
		`value="记录"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestNothingFoundSaysWhatToDrop(t *testing.T) {
	s := open(t)
	page := s.page(t, "/zh/datasets?q=%E7%AB%99%E7%82%B9+%E5%B9%BC%E5%84%BF%E5%9B%AD") // 站点 幼儿园
	for _, want := range []string{"没有找到", "去掉词“站点”</a>（会找到1个）", "去掉词“幼儿园”</a>（会找到2个）"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	page = s.page(t, "/zh/datasets?q=%E5%B9%BC%E5%84%BF%E5%9B%AD&domain=transport")
	if !strings.Contains(page, `href="/zh/datasets?q=%E5%B9%BC%E5%84%BF%E5%9B%AD" rel="nofollow">去掉条件“领域：道路交通”</a>（会找到1个）`) {
		t.Error("the filter to drop is not named")
	}
	page = s.page(t, "/zh/datasets?q=%E7%AB%99%E7%82%B9+qqq&domain=education") // two faults at once
	if !strings.Contains(page, `href="/zh/datasets?q=%E7%AB%99%E7%82%B9" rel="nofollow">只找“站点”</a>（会找到2个）`) || strings.Contains(page, "只找“qqq”") {
		t.Error("the word that finds something by itself is not offered, or the other is")
	}
	page = s.page(t, "/zh/datasets?q=qqq+zzz&domain=transport")
	if strings.Contains(page, "去掉条件") || strings.Contains(page, "去掉词") || !strings.Contains(page, "请换一个更短或更常用的词") {
		t.Error("a way out is named that finds nothing, or no advice is given")
	}
}

func TestEveryFaultOfAnAddressIsToldAtOnce(t *testing.T) {
	s := open(t)
	status, _, body := sitetest.Get(t, s.base+"/api/v1/datasets?domain=moon&opening=closed&sort=colour", "Accept: */*")
	var p struct {
		Errors []struct{ Pointer, Code string } `json:"errors"`
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil || status != 422 || len(p.Errors) != 3 {
		t.Errorf("%d %s", status, body)
	}
	for _, bad := range []string{"limit=0", "limit=201", "limit=x", "after=zzz", "colour=red", "q=" + strings.Repeat("a", 201)} {
		if status, _, _ := sitetest.Get(t, s.base+"/api/v1/datasets?"+bad, "Accept: */*"); status != 422 {
			t.Errorf("%s: %d", bad[:min(20, len(bad))], status)
		}
	}
	if status, _, page := sitetest.Get(t, s.base+"/zh/datasets?domain=moon"); status != 422 || !strings.Contains(page, "moon") {
		t.Errorf("page: %d", status)
	}
}

func (s site) ask(t *testing.T, query string) (d catalogue.Datasets, h http.Header) {
	t.Helper()
	status, h, body := sitetest.Get(t, s.base+"/api/v1/datasets?"+query, "Accept: application/json", "Accept-Language: zh")
	if err := json.Unmarshal([]byte(body), &d); err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d %v %s", query, status, err, body)
	}
	return d, h
}

func TestInterfaceAnswersItemsTotalsAndFacets(t *testing.T) {
	s := open(t)
	d, _ := s.ask(t, "q="+url.QueryEscape("站名"))
	if d.Total != 1 || len(d.Items) != 1 {
		t.Fatalf("%+v", d)
	}
	i := d.Items[0]
	if i.Slug != "stations" || i.Title.EN != "Metro stations" || i.Publisher.ID != "metro" || i.Rows != 1234 || i.UpdatedOn != "2023-06-29" ||
		i.Timeliness != timeliness.OnTime || fmt.Sprint(i.Formats) != "[csv parquet api]" || fmt.Sprint(i.Columns) != "[zhan]" || i.Data != catalogue.Full {
		t.Errorf("%+v", i)
	}
	all, _ := s.ask(t, "domain=transport")
	if got := fmt.Sprint(all.Facets["domain"]); got != "[{transport 道路交通 3} {education 教育科技 1}]" {
		t.Errorf("counts of a facet leave its own choice aside: %s", got)
	}
	if got := fmt.Sprint(all.Facets["opening"]); got != "[{unconditional 无条件开放 2} {conditional 有条件开放 1}]" {
		t.Errorf("counts follow the other facets: %s", got)
	}
}

func TestPagesFollowEachOtherWithoutGapOrRepeat(t *testing.T) {
	s := open(t)
	for _, query := range []string{"sort=updated", "sort=rows", "sort=relevance&q=" + url.QueryEscape("站点")} {
		whole, _ := s.ask(t, query)
		var seen []string
		after := ""
		for range 10 {
			d, h := s.ask(t, query+"&limit=1&after="+after)
			for _, i := range d.Items {
				seen = append(seen, i.Slug)
			}
			if (d.Next != "") != strings.Contains(h.Get("Link"), `rel="next"`) {
				t.Errorf("%s: the header Link does not follow next", query)
			}
			if after = d.Next; after == "" {
				break
			}
		}
		var want []string
		for _, i := range whole.Items {
			want = append(want, i.Slug)
		}
		if fmt.Sprint(seen) != fmt.Sprint(want) {
			t.Errorf("%s: pages give %v, one page gives %v", query, seen, want)
		}
	}
	d, _ := s.ask(t, "sort=updated&limit=1")
	if status, _, _ := sitetest.Get(t, s.base+"/api/v1/datasets?sort=rows&after="+d.Next, "Accept: */*"); status != 422 {
		t.Errorf("a cursor of another question: %d", status)
	}
}

func TestTheSameAddressAsCSVAndJSON(t *testing.T) {
	s := open(t)
	_, h, body := sitetest.Get(t, s.base+"/zh/datasets.csv?domain=transport")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) != 4 || rows[1][0] != "stations" || !strings.HasSuffix(rows[1][12], "/zh/datasets/stations") || !strings.HasPrefix(h.Get("Content-Type"), "text/csv") {
		t.Errorf("%v %v %v", err, h, rows)
	}
	var d catalogue.Datasets
	_, _, body = sitetest.Get(t, s.base+"/zh/datasets.json?domain=education")
	if err := json.Unmarshal([]byte(body), &d); err != nil || d.Total != 1 || d.Items[0].Slug != "schools" {
		t.Errorf("%v %s", err, body)
	}
}

func TestSuspendedDataLosesItsFormatsAtOnce(t *testing.T) {
	s := open(t)
	runner := ledger.NewRunner(s.DB, nil, nil, []ledger.Listener{s.catalogue.Listener()})
	if err := runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	do := func(c openlist.Command) {
		t.Helper()
		if _, err := s.Entries.Do(t.Context(), sitetest.Lead, "stations", c); err != nil {
			t.Fatal(err)
		}
		if err := runner.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	do(openlist.Suspend{Reasons: []string{"有人提出权益保护"}})
	if got := s.found(t, "format=csv"); got != "cards" {
		t.Errorf("suspended data is offered: %s", got)
	}
	if page := s.page(t, "/zh/datasets?q=%E7%AB%99%E5%90%8D"); !strings.Contains(page, "中止开放") || strings.Contains(page, "1,234") {
		t.Error("the list does not say that opening is suspended")
	}
	do(openlist.Resume{})
	if got := s.found(t, "data=full"); got != "stations" {
		t.Errorf("resumed: %s", got)
	}
	if err := s.DB.Write(t.Context(), func(tx *database.Tx) error {
		_, err := s.Entries.MoveTx(tx, permit.Platform, "stations", openlist.Withdraw{Reasons: []string{"机构合并"}}, openlist.World{})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := runner.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.found(t, "q=%E7%AB%99%E5%90%8D"); got != "" {
		t.Errorf("withdrawn data is listed: %s", got)
	}
}

func TestAReleaseIsHeard(t *testing.T) {
	s := open(t)
	runner := ledger.NewRunner(s.DB, nil, nil, []ledger.Listener{s.catalogue.Listener()})
	if err := runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Release(t, "roads", 1, version.Full, "2023-06-30", 77, selection.Column{Name: "泊位编号", Type: selection.Text})
	err := s.DB.Write(t.Context(), func(tx *database.Tx) error {
		return ledger.Append(tx, version.Stream("roads-1"), 0, sitetest.Lead, s.Clock.Now(), "", []version.Event{version.Released{Dataset: "roads", Number: 1}})
	})
	if err == nil {
		err = runner.CatchUp(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := s.found(t, "data=full&q="+url.QueryEscape("泊位编号")); got != "roads" {
		t.Errorf("found %q", got)
	}
}

func TestLatenessTurnsWithTheDay(t *testing.T) {
	s := open(t)
	if got := s.found(t, "timeliness=on_time"); got != "stations" {
		t.Fatalf("on time: %s", got)
	}
	s.Clock.Advance(48 * time.Hour)
	if got := s.found(t, "timeliness=on_time"); got != "" {
		t.Errorf("two days later still on time: %s", got)
	}
	if f := s.catalogue.Figures(); f.Today != "2023-07-03" || f.OnTime != 0 || f.Promised != 3 {
		t.Errorf("%+v", f)
	}
}

func TestFiguresCountWhatTheirListsShow(t *testing.T) {
	s := open(t)
	f := s.catalogue.Figures()
	if f.Datasets != 4 || f.Open != 1 || f.Rows != 1234 || f.New != 1 || f.Promised != 3 || f.OnTime != 1 || f.Domains["transport"] != 3 {
		t.Errorf("%+v", f)
	}
	for query, want := range map[string]int{"": f.Datasets, "data=full": f.Open, "first=" + f.Month: f.New, "timeliness=late": f.Promised - f.OnTime, "domain=transport": f.Domains["transport"]} {
		if d, _ := s.ask(t, query); d.Total != int64(want) {
			t.Errorf("%q: the list has %d, the figure says %d", query, d.Total, want)
		}
	}
}

func TestSitemapListsEveryPageAndRobotsFindsIt(t *testing.T) {
	s := open(t)
	_, _, body := sitetest.Get(t, s.base+"/sitemap.xml")
	if n := strings.Count(body, "/datasets/"); n != 8 || !strings.Contains(body, "<loc>"+s.base+"/en/datasets/cards</loc><lastmod>2023-06-20</lastmod>") {
		t.Errorf("%d pages\n%s", n, body)
	}
	if _, _, body := sitetest.Get(t, s.base+"/robots.txt"); !strings.Contains(body, "Sitemap: "+s.base+"/sitemap.xml") {
		t.Error(body)
	}
}
