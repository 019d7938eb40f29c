package dataset_test

import (
	"encoding/csv"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/record"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/site/layout/sitetest"
)

// stations is what the tests show: a key, a text with few values, a number
// with a gap and a negative, a day.
const stations = "id,区,客流,日期\n1,青浦区,30,2026-10-01\n2,黄浦区,,2026-10-02\n3,青浦区,-12,2026-10-03\n4,徐汇区,9,2026-10-04\n"

func described() openlist.Description {
	return openlist.Description{Title: locale.Text{ZH: "地铁客流", EN: "Metro riders"}, Abstract: locale.Text{ZH: "各站每天的进站人数。"}, Key: []string{"id"},
		Contact: "someone@example.cn", Formats: []string{"csv"}, Items: []openlist.Item{
			{Name: "区", Title: locale.Text{ZH: "所在区", EN: "District"}}, {Name: "客流", Title: locale.Text{ZH: "进站人数"}, Unit: "人次"}}}
}

func metro(t *testing.T) *city {
	c := newCity(t)
	c.list("metro", described())
	c.release("metro", version.Full, "2026-10-04", stations)
	return c
}

// text is what a reader sees of a page.
func text(page string) string {
	var b strings.Builder
	within := false
	for _, r := range html.UnescapeString(page) {
		switch {
		case r == '<':
			within = true
		case r == '>' && within:
			within = false
		case !within:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func has(t *testing.T, page string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page", want)
		}
	}
}

func hasNot(t *testing.T, page string, bans ...string) {
	t.Helper()
	for _, ban := range bans {
		if strings.Contains(page, ban) {
			t.Errorf("%q is in the page", ban)
		}
	}
}

func where(condition string) string { return "?where=" + url.QueryEscape(condition) }

// TestEveryTabInBothLanguages: each tab has its address, and owes nothing to
// its readers.
func TestEveryTabInBothLanguages(t *testing.T) {
	c := metro(t)
	c.release("metro", version.Full, "2026-11-04", stations+"5,徐汇区,1,2026-10-05\n")
	for _, l := range locale.Langs {
		for _, path := range []string{"", "/fields", "/statistics", "/versions", "/api", "/compare?from=1&to=2", "/rows/0", "?version=1", "/statistics?version=1&x=" + url.QueryEscape("区"),
			where(`"区" = '青浦区'`), "?order=-id", "?select=id"} {
			c.page(l, "/datasets/metro"+path, 200)
		}
	}
}

// TestFirstScreenAnswers: what it is, the promise and the truth together, the
// way to get it, what fields mean, the first rows.
func TestFirstScreenAnswers(t *testing.T) {
	page := metro(t).page(locale.ZH, "/datasets/metro", 200)
	has(t, text(page), "地铁客流", "市交通委", "无条件开放", "各站每天的进站人数。", "更新频率 每天 · 上次更新 2026年10月4日 · 已逾期", "4行", "第1版", "下载CSV", "所在区", "进站人数", "整数 · 人次", "空缺25.0%", "someone@example.cn")
	has(t, page, `<span class="soft" title="空值">—</span>`, `aria-live="polite"`, `tabindex="0" role="region"`, `/datasets/metro/versions/latest/`)
	english := metro(t).page(locale.EN, "/datasets/metro", 200)
	has(t, english, `<span lang="zh-CN">进站人数</span>`, `<span lang="zh-CN">人次</span>`)
}

// TestFilterFormBecomesAnAddress: a form's choice is written as CQL2 by the
// program, joins what stood there, and a value cannot break out.
func TestFilterFormBecomesAnAddress(t *testing.T) {
	c := metro(t)
	for _, tt := range []struct{ column, op, value, before, want string }{
		{"区", "=", "青浦区", "", `"区" = '青浦区'`},
		{"区", "=", "O'Neill' OR TRUE", "", `"区" = 'O''Neill'' OR TRUE'`},
		{"区", "contains", "50%_\\'", "", `"区" LIKE '%50\%\_\\''%'`},
		{"区", "begins", "青", "客流 > 1", `客流 > 1 AND 区 LIKE '青%'`},
		{"客流", ">=", "1,000", "", `"客流" >= 1000`},
		{"客流", "empty", "", "", `"客流" IS NULL`},
		{"客流", "=", "", "", `"客流" IS NULL`},
		{"客流", "<>", " ", "", `"客流" IS NOT NULL`},
		{"客流", "<", "", "id = 1", `id = 1`},
		{"日期", ">", "2026-10-02", "", `"日期" > '2026-10-02'`},
	} {
		form := url.Values{"column": {tt.column}, "op": {tt.op}, "value": {tt.value}, "where": {tt.before}, "order": {"-id"}}
		to, err := url.Parse(c.get("/zh/datasets/metro?"+form.Encode(), 303))
		c.must(err)
		if got := to.Query(); got.Get("where") != tt.want || got.Get("order") != "-id" || got.Has("column") {
			t.Errorf("%+v: %s", tt, to.RawQuery)
		}
		c.page(locale.ZH, strings.TrimPrefix(to.String(), "/zh"), 200)
	}
}

// TestChipsTakeOneConditionAway: each chip is said in words and leads to the
// view without it.
func TestChipsTakeOneConditionAway(t *testing.T) {
	page := metro(t).page(locale.ZH, "/datasets/metro"+where(`"区" LIKE '%浦%' AND 客流 IS NOT NULL AND (id = 1 OR id = 3)`)+"&order=-id", 200)
	has(t, text(page), "符合条件2行（共4行）", "所在区 包含 浦", "进站人数 不为空", "清除条件")
	has(t, html.UnescapeString(page), url.Values{"order": {"-id"}, "where": {"客流 IS NOT NULL AND (id = 1 OR id = 3)"}}.Encode(), "<code>id = 1 OR id = 3</code>")
}

// TestHeadsLead: a bar and a frequent value are addresses of the view that
// they narrow to, and those views open.
func TestHeadsLead(t *testing.T) {
	c := metro(t)
	page := html.UnescapeString(c.page(locale.ZH, "/datasets/metro", 200))
	links, bars := 0, 0
	for _, piece := range strings.Split(page, `href="`)[1:] {
		href, rest, _ := strings.Cut(piece, `"`)
		if strings.Contains(href, "where=") && strings.HasPrefix(href, "/zh/datasets/metro?") {
			links++
			if strings.HasPrefix(rest, ` rel="nofollow" tabindex="-1"`) {
				bars++
			}
			c.page(locale.ZH, strings.TrimPrefix(href, "/zh"), 200)
		}
	}
	if bars < 4 || links-bars < 3 {
		t.Errorf("%d bars and %d values lead somewhere", bars, links-bars)
	}
}

// TestFaultsAreTold: a wrong condition is told beside what was written, and
// no row is claimed to have been counted.
func TestFaultsAreTold(t *testing.T) {
	c := metro(t)
	page := c.page(locale.ZH, "/datasets/metro"+where("nope = 1 AND 客流 = '多'"), 422)
	has(t, page, "nope = 1 AND 客流 = &#39;多&#39;", `role="alert"`, `href="#f-where"`, `aria-invalid="true"`)
	hasNot(t, text(page), "共0行", "共4行")
	c.page(locale.EN, "/datasets/metro?after=xyz", 422)
	c.page(locale.EN, "/datasets/metro?group=id", 422)
	c.get("/zh/datasets/metro/rows/4", 404)
	c.get("/zh/datasets/metro/rows/-1", 404)
	c.get("/zh/datasets/metro?version=2", 404)
	c.get("/zh/datasets/metro/compare?from=x", 422)
	c.get("/zh/datasets/metro.pdf", 422)
}

// TestSameViewAsData: the address of a view with another ending is the view.
func TestSameViewAsData(t *testing.T) {
	c := metro(t)
	query := where(`"区" = '青浦区'`) + "&order=-id&select=id," + url.QueryEscape("客流")
	if got := c.get("/zh/datasets/metro.csv"+query, 200); got != "id,客流\n3,-12\n1,30\n" {
		t.Errorf("csv: %q", got)
	}
	var rows struct {
		Items []json.RawMessage
		Total int
	}
	c.must(json.Unmarshal([]byte(c.get("/zh/datasets/metro.json"+query, 200)), &rows))
	if rows.Total != 2 || string(rows.Items[0]) != `{"id":3,"客流":-12}` {
		t.Errorf("json: %+v", rows)
	}
	table, err := csv.NewReader(strings.NewReader(c.get("/zh/datasets/metro/fields.csv", 200))).ReadAll()
	if c.must(err); len(table) != 5 || table[2][0] != "区" || table[2][1] != "所在区" || table[3][6] != "人次" {
		t.Errorf("fields: %q", table)
	}
	has(t, c.get("/en/datasets/metro/fields.json", 200), `"name":"区"`, `"en":"District"`)
	if to := c.get("/en/datasets/metro/versions.json", 303); to != "/api/v1/datasets/metro/versions" {
		t.Error(to)
	}
}

// TestPagesByCursor: every row is met once, in order, and the row's own
// address shows it.
func TestPagesByCursor(t *testing.T) {
	c := newCity(t)
	c.list("many", openlist.Description{Title: locale.Text{ZH: "很多行"}})
	var file strings.Builder
	file.WriteString("n\n")
	for i := range 120 {
		file.WriteString(locale.Count(int64(i)) + "\n")
	}
	c.release("many", version.Full, "2026-11-01", file.String())
	at, seen := "/datasets/many?order="+url.QueryEscape("n desc"), 0
	for pages := 1; at != ""; pages++ {
		page := c.page(locale.ZH, at, 200)
		seen += strings.Count(page, `<tr><th scope="row" class="num">`)
		before, _, more := strings.Cut(page, `" rel="next nofollow"`)
		if at = ""; more {
			at = strings.TrimPrefix(html.UnescapeString(before[strings.LastIndexByte(before, '"')+1:]), "/zh")
		}
		if pages > 3 {
			t.Fatal("the pages do not end")
		}
	}
	if seen != 120 {
		t.Errorf("%d rows on all pages", seen)
	}
	has(t, text(c.page(locale.ZH, "/datasets/many/rows/77", 200)), "第78行（共120行）", "n77")
}

// TestWideTableShowsSomeAndLetsChoose: the first columns, and a form for the
// others.
func TestWideTableShowsSomeAndLetsChoose(t *testing.T) {
	c := newCity(t)
	c.list("wide", openlist.Description{Title: locale.Text{ZH: "宽表"}})
	names := make([]string, 40)
	for i := range names {
		names[i] = "c" + string(rune('a'+i/26)) + string(rune('a'+i%26))
	}
	c.release("wide", version.Full, "2026-11-01", strings.Join(names, ",")+"\n"+strings.Repeat(strings.Repeat("7,", 39)+"7\n", 3))
	page := c.page(locale.EN, "/datasets/wide", 200)
	if n := strings.Count(page, `<span class="col-title">`); n != 12 {
		t.Errorf("%d columns are shown", n)
	}
	has(t, text(page), "28 more fields are not shown")
	page = c.page(locale.EN, "/datasets/wide?select=caa&select="+names[39]+"&where=caa%3D7", 200)
	if n := strings.Count(page, `<span class="col-title">`); n != 2 {
		t.Errorf("%d columns are shown of two", n)
	}
	c.page(locale.EN, "/datasets/wide?select="+strings.Join(names, ",")+"&where=caa%3D7", 200)
}

// TestConditionalDataShowsNoCells: the structure is public, cells and figures
// are not, on no page. Articles 14, 15 and 22.
func TestConditionalDataShowsNoCells(t *testing.T) {
	c := newCity(t)
	d := described()
	d.Opening = openlist.Conditional
	c.list("closed", d)
	c.release("closed", version.Full, "2026-10-04", stations)
	for _, l := range locale.Langs {
		for _, path := range []string{"", "/fields", "/statistics", "/versions", "/api", "?select=id", where("id = 1")} {
			page := text(c.page(l, "/datasets/closed"+path, 200))
			hasNot(t, page, "青浦区", "2026-10-01", "-12", "25.0%", "a.csv")
		}
	}
	has(t, text(c.page(locale.ZH, "/datasets/closed", 200)), "有条件开放，须申请后获取", "怎样申请", "所在区", "someone@example.cn")
	for path, want := range map[string]int{"/rows/0": 404, "/statistics.svg": 404, "/statistics.csv": 404, ".csv": 403, ".json": 403, "/compare?from=1&to=1": 403} {
		hasNot(t, c.get("/zh/datasets/closed"+path, want), "青浦区")
	}
	for _, path := range []string{"/api/v1/datasets/closed", "/zh/datasets/closed/fields.csv", "/zh/datasets/closed/fields.json"} {
		hasNot(t, c.get(path, 200), "青浦区", `"sha256"`, `"rows":4`)
	}
	c.release("closed", version.Sample, "2026-10-04", "id,区\n9,样本区\n")
	page := text(c.page(locale.ZH, "/datasets/closed", 200))
	has(t, page, "样本区", "这是样本数据", "怎样申请")
	hasNot(t, page, "青浦区")
}

// TestStoppedShowsReasonAndNoData. Articles 11 and 31.
func TestStoppedShowsReasonAndNoData(t *testing.T) {
	c := metro(t)
	_, err := c.entries.Do(t.Context(), lead, "metro", openlist.Suspend{Reasons: []string{"收到权利人投诉"}})
	c.must(err)
	check := func(status int, words string) {
		t.Helper()
		for _, l := range locale.Langs {
			for _, path := range []string{"", "/statistics", "/versions", "/api", "/fields", "?version=1"} {
				page := text(c.page(l, "/datasets/metro"+path, status))
				has(t, page, words)
				hasNot(t, page, "青浦区", "25.0%")
			}
		}
		c.get("/zh/datasets/metro.csv", status)
		c.get("/zh/datasets/metro/compare?from=1&to=1", status)
		c.get("/zh/datasets/metro/rows/0", 404)
	}
	check(451, "收到权利人投诉")
	c.must(c.db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := c.entries.MoveTx(tx, permit.Platform, "metro", openlist.Withdraw{Reasons: []string{"投诉成立"}}, openlist.World{})
		return err
	}))
	check(410, "投诉成立")
	c.token = "lead" // whoever leads the publisher is no exception
	check(410, "投诉成立")
}

// TestListedWithoutTable: the page says what the catalogue says.
func TestListedWithoutTable(t *testing.T) {
	c := newCity(t)
	c.list("bare", described())
	for _, l := range locale.Langs {
		for _, path := range []string{"", "/fields", "/versions", "/statistics", "/api"} {
			c.page(l, "/datasets/bare"+path, 200)
		}
	}
	has(t, text(c.page(locale.ZH, "/datasets/bare", 200)), "数据还没有接入本平台", "目录里列出的格式： csv", "someone@example.cn", "所在区")
	c.get("/zh/datasets/bare/statistics.csv", 404)
}

// TestVersionsAndComparison: what changed is told by key, exactly, on the page
// and as data; a recalled version says why.
func TestVersionsAndComparison(t *testing.T) {
	c := metro(t)
	c.release("metro", version.Full, "2026-11-04", "id,区,客流,日期,线路\n1,青浦区,31,2026-10-01,2\n2,黄浦区,,2026-10-02,8\n4,徐汇区,9,2026-10-04,1\n5,徐汇区,1,2026-10-05,1\n")
	has(t, text(c.page(locale.ZH, "/datasets/metro/compare?from=1&to=2", 200)), "按主键比较： id", "1个字段有变化", "线路：新增字段", "增加1行", "减少1行", "改动1行", "31")
	var got struct {
		Key, Fields             []any
		Added, Removed, Changed struct {
			Total         int
			Items, Before []json.RawMessage
		}
	}
	body := c.get("/api/v1/datasets/metro/compare?from=1&to=2", 200)
	c.must(json.Unmarshal([]byte(body), &got))
	if len(got.Key) != 1 || len(got.Fields) != 1 || got.Added.Total != 1 || got.Removed.Total != 1 || got.Changed.Total != 1 ||
		string(got.Changed.Before[0]) != `{"id":1,"区":"青浦区","客流":30,"日期":"2026-10-01"}` {
		t.Error(body)
	}
	if page := c.get("/zh/datasets/metro/compare.json?from=1&to=2", 200); page != body {
		t.Errorf("the page's data differs: %s", page)
	}
	c.get("/api/v1/datasets/metro/compare?from=1", 422)
	has(t, text(c.page(locale.ZH, "/datasets/metro?version=1", 200)), "您看的是第1版", "看最新版")
	_, err := c.versions.Do(t.Context(), lead, "metro", 1, version.Recall{Reason: "误传了内部数据"})
	c.must(err)
	has(t, text(c.page(locale.ZH, "/datasets/metro/versions", 200)), "撤回原因： 误传了内部数据")
	c.get("/zh/datasets/metro/compare?from=1&to=2", 410)
	var detail struct {
		Versions int `json:"versions_count"`
		Rows     int
	}
	c.must(json.Unmarshal([]byte(c.get("/api/v1/datasets/metro", 200)), &detail))
	if detail.Versions != 2 || detail.Rows != 4 {
		t.Errorf("%+v", detail)
	}
}

// TestExamplesCarryTheReadersOwnQuery, and show what it really answers.
func TestExamplesCarryTheReadersOwnQuery(t *testing.T) {
	c := metro(t)
	own := url.Values{"where": {`"区" = '青浦区'`}, "order": {"-id"}, "select": {"id"}}
	page := html.UnescapeString(c.page(locale.ZH, "/datasets/metro/api?"+own.Encode(), 200))
	has(t, page, `"where": "\"区\" = '青浦区'"`, `"total": 2`, "curl '"+c.url+"/api/v1/datasets/metro/rows?limit=3&", `href="/openapi.json"`)
	if c.page(locale.EN, "/datasets/metro/api"+where("nope = 1"), 200); t.Failed() {
		return
	}
	_, rest, _ := strings.Cut(page, `<a href="`+c.url)
	example, _, _ := strings.Cut(rest, `"`)
	has(t, c.get(example, 200), `"items":[{"id":3},{"id":1}]`)
}

// TestEveryReadLeavesARecord: rows shown are counted, once; reads of what is
// not open are written down with who read. Articles 25(5) and 26.
func TestEveryReadLeavesARecord(t *testing.T) {
	c := metro(t)
	figures := func() (f record.Figures, notes int64) {
		c.must(c.recorder.Flush(t.Context()))
		c.must(c.db.Read(t.Context(), func(tx *database.Tx) error {
			all, err := record.Totals(tx, "metro")
			if err != nil {
				return err
			}
			f = all[record.View]
			return tx.QueryRow(`SELECT count(*) FROM read_note WHERE actor = ?`, "l").Scan(&notes)
		}))
		return f, notes
	}
	c.page(locale.ZH, "/datasets/metro"+where("id > 2"), 200)
	if f, _ := figures(); f.Reads != 1 || f.Rows != 2 {
		t.Errorf("a page of two rows: %+v", f)
	}
	c.get("/zh/datasets/metro?column=id&op=%3D&value=1", 303)
	c.get("/zh/datasets/metro"+where("nope=1"), 422)
	c.get("/api/v1/datasets/metro", 200)
	c.get("/zh/datasets/metro/versions", 200)
	if f, _ := figures(); f.Reads != 1 {
		t.Errorf("what shows no cell was counted as a read: %+v", f)
	}
	c.get("/zh/datasets/metro/rows/0", 200)
	c.get("/zh/datasets/metro/compare?from=1&to=1", 200)
	if f, notes := figures(); f.Reads != 4 || f.Rows != 3 || notes != 0 {
		t.Errorf("a row and a comparison of two versions: %+v, %d notes", f, notes)
	}
	d := described()
	d.Opening = openlist.Conditional
	c.list("closed", d)
	c.release("closed", version.Full, "2026-10-04", stations)
	c.token = "lead"
	has(t, text(c.page(locale.ZH, "/datasets/closed", 200)), "青浦区")
	c.get("/api/v1/datasets/closed/compare?from=1&to=1", 200)
	if _, notes := figures(); notes != 3 {
		t.Errorf("%d reads of conditional data were written down, want 3", notes)
	}
}

// TestPageIsSmall: a page with data stays within its budget.
func TestPageIsSmall(t *testing.T) {
	c := metro(t)
	_, header, _ := sitetest.Get(t, c.url+"/zh/datasets/metro", "Accept-Encoding: gzip")
	if header.Get("Content-Encoding") != "gzip" || len(header.Get("Content-Length")) > 5 {
		t.Errorf("%v", header)
	}
}
