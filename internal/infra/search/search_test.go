package search_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/search"
	"kaishu/internal/infra/search/searchtest"
)

func TestIndexConforms(t *testing.T) {
	searchtest.Check(t, func() searchtest.Index { return search.New() })
}

func doc(id, title, abstract string) search.Document {
	return search.Document{ID: id, Title: locale.Text{ZH: title}, Fields: map[search.Field]string{search.Title: title, search.Abstract: abstract}}
}

func find(t *testing.T, x *search.Index, q search.Query) search.Answer {
	t.Helper()
	a, err := x.Find(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func ids(a search.Answer) (ids []string) {
	for _, h := range a.Hits {
		ids = append(ids, h.ID)
	}
	return ids
}

// large adds so many other documents that the index makes segments with grams.
func large(x *search.Index) {
	docs := make([]search.Document, 300)
	for i := range docs {
		docs[i] = doc("other"+strconv.Itoa(i), "别的"+strconv.Itoa(i+1000), "")
	}
	x.Put(docs...)
}

func TestWordsAreFoundWhereTheyStand(t *testing.T) {
	cases := []struct {
		title, text string
		found       bool
	}{
		{"地表水质监测", "水质", true},
		{"地表水质监测", "质", true},
		{"水的质量", "水质", false},
		{"水 质", "水质", false},
		{"空气质、气质量、空气量", "空气质量", false},
		{"停车、车场", "停车场", false},
		{"空气质量", "质量 空气", true},
		{"空气质量", "“质量空气”", false},
		{"空气质量", "空气水质", false},
		{"PM2.5浓度", "pm2.5", true},
		{"PM2.5浓度", "ＰＭ２．５", true},
		{"ＰＭ２．５浓度", "PM2.5浓度", true},
		{"PM2.5浓度", "pm", true},
		{"PM2.5浓度", "pm 浓度", false}, // only the last word may go on
		{"PM2.5浓度", "m2", false},
		{"PM2.50浓度", "PM2.5浓度", false},
		{"PM2.50浓度", "PM2.5", true},
		{"PM2.50浓度", "“PM2.5”", false},
		{"PM2 5浓度", "PM2.5", false},
		{"station_id 站点", "id", true},
		{"station_id 站点", "STATION_ID", true},
		{"GPS data", "gps  data", true},
		{"GPS\n\tdata", "\"gps data\"", true},
		{"GPS big data", "\"gps data\"", false},
		{"Data GPS", "data g", true},
		{"Data GPS", "dat gps", false},
		{"data set", "data data", true},
		{"database", "data data", false},
		{"康熙⽔质", "水质", true},
		{"Ⅲ类水", "iii", true},
		{"葛\U000e0100城", "葛城", true},
		{"水\u200b质", "水质", true},
		{"水质", "水\ufeff质", true},
		{"カタカナ", "タカ", true},
		{"㘵㙟𡐓村", "㙟𡐓", true},
		{"any", "。、", false},
		{"any", "“”", false},
		{"any", " \n　", true},
		{"any", "", true},
		{"bad \xff bytes 水质", "水质", true},
		{"any", "\xff", false},
	}
	for _, c := range cases {
		small, big := search.New(), search.New()
		small.Put(doc("it", c.title, ""))
		big.Replace([]search.Document{doc("it", c.title, "")})
		large(big)
		for name, x := range map[string]*search.Index{"small": small, "big": big} {
			a := find(t, x, search.Query{Text: c.text, Limit: search.MaxLimit})
			if got := slices.Contains(ids(a), "it"); got != c.found {
				t.Errorf("%s: %q in %q: found %v", name, c.text, c.title, got)
			}
		}
	}
}

func TestRelevanceOrder(t *testing.T) {
	x := search.New()
	x.Put(
		doc("f", "河道", "水质监测与水质评价,水质水质水质水质水质水质水质水质水质水质水质"),
		doc("e", "年度报告", "水质监测"),
		doc("d", "上海市地表水质监测数据", ""),
		doc("c", "水质监测点位", ""),
		doc("b2", "水质监测站", ""),
		doc("b1", "监测站水质", ""),
		doc("a", "水质", ""),
		search.Document{ID: "en", Title: locale.Text{ZH: "水体", EN: "Water Quality"}},
		doc("w", "Quality of water", ""),
	)
	if got, want := ids(find(t, x, search.Query{Text: "水质"})), []string{"a", "b1", "b2", "c", "d", "f", "e"}; !slices.Equal(got, want) {
		t.Errorf("水质: %v, want %v", got, want)
	}
	if got, want := ids(find(t, x, search.Query{Text: "water quality"})), []string{"en", "w"}; !slices.Equal(got, want) {
		t.Errorf("water quality: %v, want %v", got, want)
	}
	if got := ids(find(t, x, search.Query{Text: "“水质”"})); got[0] != "a" {
		t.Errorf("quoted title: %v", got)
	}
}

// Only the lengths of the titles tell these apart: the word stands in the
// publisher's name.
func TestEqualsComeByShorterTitle(t *testing.T) {
	x := search.New()
	for id, title := range map[string]string{"a": "一个很长的标题", "c": "短的", "b": "短的"} {
		x.Put(search.Document{ID: id, Fields: map[search.Field]string{search.Title: title, search.Publisher: "水质处"}})
	}
	if got := ids(find(t, x, search.Query{Text: "水质"})); !slices.Equal(got, []string{"b", "c", "a"}) {
		t.Errorf("%v", got)
	}
}

// Twelve segments are merged on the way, a third of each being gone.
func TestWhatIsRemovedStaysAway(t *testing.T) {
	x := search.New()
	var removed []string
	for batch := range 12 {
		docs := make([]search.Document, 150)
		for i := range docs {
			docs[i] = doc(strconv.Itoa(batch*1000+i), "水质监测", "")
		}
		x.Put(docs...)
		for i := 0; i < len(docs); i += 3 {
			removed = append(removed, docs[i].ID)
			x.Remove(docs[i].ID)
		}
	}
	got := every(t, x, search.Query{Text: "水质监测", Limit: search.MaxLimit})
	if len(got) != 1200 || x.Len() != 1200 {
		t.Errorf("found %d of %d, want 1200", len(got), x.Len())
	}
	for _, id := range removed {
		if slices.Contains(got, id) {
			t.Fatalf("%s is back", id)
		}
	}
}

func TestHeavierFieldsComeFirst(t *testing.T) {
	x := search.New()
	for _, f := range []search.Field{search.Abstract, search.Publisher, search.Tags, search.Title} {
		x.Put(search.Document{ID: string(f), Fields: map[search.Field]string{f: "某水质某"}})
	}
	x.Put(search.Document{ID: "columns", Parts: []search.Part{{Name: "code", Description: "某水质某"}}})
	want := []string{"title", "tags", "publisher", "abstract", "columns"}
	if got := ids(find(t, x, search.Query{Text: "水质"})); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestSortsNameTheOrder(t *testing.T) {
	x := search.New()
	for id, day := range map[string]int64{"a": 5, "b": 7, "c": 7, "d": -3} {
		x.Put(search.Document{ID: id, Sorts: map[string]int64{"updated": day}})
	}
	x.Put(search.Document{ID: "0 none"})
	want := []string{"b", "c", "a", "d", "0 none"}
	if got := ids(find(t, x, search.Query{Sort: "updated"})); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	// A page goes on where it ended, though its last hit has gone.
	page := find(t, x, search.Query{Sort: "updated", Limit: 2})
	x.Remove("c")
	page = find(t, x, search.Query{Sort: "updated", Limit: 2, After: page.Next})
	if got := ids(page); !slices.Equal(got, []string{"a", "d"}) || page.Next == nil {
		t.Errorf("second page %v, next %v", got, page.Next)
	}
}

func TestMarksAreBytesOfTheTextAsGiven(t *testing.T) {
	x := search.New()
	x.Put(doc("a", "ＰＭ２．５ 与 PM2.5 ㈱", "空气质量，\n\n空气 质量 ½"))
	cases := []struct {
		text  string
		field search.Field
		want  []string
	}{
		{"pm2.5", search.Title, []string{"ＰＭ２．５", "PM2.5"}},
		{"pm", search.Title, []string{"ＰＭ", "PM"}},
		{"空气 质量", search.Abstract, []string{"空气质量", "空气", "质量"}},
		{"“，空气 质量”", search.Abstract, nil},
		{"“空气 质量”", search.Abstract, []string{"空气 质量"}},
		{"株", search.Title, []string{"㈱"}},
	}
	for _, c := range cases {
		a := find(t, x, search.Query{Text: c.text})
		var got []string
		for _, h := range a.Hits {
			given := map[search.Field]string{search.Title: h.Title.ZH, search.Abstract: "空气质量，\n\n空气 质量 ½"}[c.field]
			for _, m := range h.Marks[c.field] {
				got = append(got, given[m.From:m.To])
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q marks %q, want %q", c.text, got, c.want)
		}
	}
}

func TestColumnsThatMatchAreNamed(t *testing.T) {
	d := doc("a", "站点", "")
	for i := range 12 {
		d.Parts = append(d.Parts, search.Part{Name: "col_" + strconv.Itoa(i), Description: "站名"})
	}
	d.Parts[1].Description = "线路"
	d.Parts[2] = search.Part{Name: "站名", Description: ""}
	x := search.New()
	x.Put(d)
	h := find(t, x, search.Query{Text: "站名 col"}).Hits[0]
	if want := "col_0 col_1 站名 col_3 col_4 col_5 col_6 col_7"; strings.Join(h.Columns, " ") != want {
		t.Errorf("columns %q", h.Columns)
	}
	if h := find(t, x, search.Query{Text: "线路"}).Hits[0]; !slices.Equal(h.Columns, []string{"col_1"}) {
		t.Errorf("columns %q", h.Columns)
	}
}

func TestFacetsCountUnderTheOthersChoice(t *testing.T) {
	x := search.New()
	for i, f := range []map[string][]string{
		{"domain": {"水"}, "open": {"是"}}, {"domain": {"水"}, "open": {"否"}},
		{"domain": {"路"}, "open": {"是"}}, {"domain": {"气", "气"}, "open": {"是"}}, {},
	} {
		x.Put(search.Document{ID: strconv.Itoa(i), Facets: f})
	}
	a := find(t, x, search.Query{Facets: map[string][]string{"domain": {"水", "路"}, "open": {"是"}, "none": {}}, Counts: []string{"domain", "open", "none"}})
	if got := ids(a); !slices.Equal(got, []string{"0", "2"}) {
		t.Errorf("found %v", got)
	}
	if want := []search.Count{{Value: "气", N: 1}, {Value: "水", N: 1}, {Value: "路", N: 1}}; !slices.Equal(a.Facets["domain"], want) {
		t.Errorf("domain %v", a.Facets["domain"])
	}
	if want := []search.Count{{Value: "是", N: 2}, {Value: "否", N: 1}}; !slices.Equal(a.Facets["open"], want) {
		t.Errorf("open %v", a.Facets["open"])
	}
	if c, ok := a.Facets["none"]; !ok || len(c) != 0 {
		t.Errorf("none %v", a.Facets)
	}
}

func TestNearSaysWhatToDrop(t *testing.T) {
	x := search.New()
	a, b := doc("a", "水质监测", ""), doc("b", "水质年报 PM2.5", "")
	a.Facets = map[string][]string{"format": {"csv"}}
	x.Put(a, b, doc("c", "停车场", ""))
	near := x.Near(search.Query{Text: "“水质”停车场 水质", Facets: map[string][]string{"format": {"csv"}}, After: &search.Place{ID: "z"}})
	var got []string
	for _, s := range near {
		got = append(got, s.Facet+"|"+s.Word+"|"+s.Query.Text+"|"+strconv.FormatInt(s.Total, 10))
		if s.Query.After != nil {
			t.Error("a suggestion begins in the middle")
		}
	}
	if want := []string{"|停车场|“水质” 水质|1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	near = x.Near(search.Query{Text: "年报", Facets: map[string][]string{"format": {"csv"}}})
	if len(near) != 2 || near[0].Facet != "format" || near[0].Total != 1 || near[1].Word != "年报" || near[1].Total != 1 {
		t.Errorf("%+v", near)
	}
	if near := x.Near(search.Query{Text: "没有的"}); near != nil {
		t.Errorf("nothing would be left, and it suggests %+v", near)
	}
	if near := x.Near(search.Query{Text: "水质"}); near != nil {
		t.Errorf("it finds something, and suggests %+v", near)
	}
}

func TestBadQueriesAreRefusedWithEveryFault(t *testing.T) {
	x := search.New()
	_, err := x.Find(context.Background(), search.Query{Text: strings.Repeat("水", search.MaxText+1), Limit: search.MaxLimit + 1})
	p := problem.As(err)
	if p == nil || p.Kind != problem.Invalid || len(p.Fields) != 2 || p.Fields[0].Pointer != "?q" || p.Fields[0].Code != "search.query_too_long" ||
		p.Fields[1].Pointer != "?limit" || p.Fields[1].Code != "search.limit" {
		t.Errorf("%v", err)
	}
	if _, err := x.Find(context.Background(), search.Query{Limit: -1}); !problem.Is(err, problem.Invalid) {
		t.Errorf("limit -1: %v", err)
	}
	if _, err := x.Find(context.Background(), search.Query{Text: strings.Repeat("水", search.MaxText), Limit: search.MaxLimit}); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if near := x.Near(search.Query{Text: strings.Repeat("水", search.MaxText+1)}); near != nil {
		t.Errorf("near: %v", near)
	}
}

func TestMessagesExist(t *testing.T) {
	c, err := locale.Load(search.Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"search.query_too_long", "search.limit"} {
		if words := c.Say(locale.ZH, key, map[string]any{"limit": 200}); !strings.Contains(words, "200") {
			t.Errorf("%s: %q", key, words)
		}
	}
}

func TestFindStopsWithItsContext(t *testing.T) {
	x := search.New()
	large(x)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := x.Find(ctx, search.Query{Text: "别的"}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestDocumentsStayTheCallers(t *testing.T) {
	d := doc("a", "水质", "")
	d.Facets = map[string][]string{"open": {"是"}}
	d.Parts = []search.Part{{Name: "水质"}}
	x := search.New()
	x.Put(d)
	d.Fields[search.Title], d.Facets["open"][0], d.Parts[0].Name = "别的", "否", "别的"
	a := find(t, x, search.Query{Text: "水质", Counts: []string{"open"}})
	if a.Total != 1 || a.Facets["open"][0].Value != "是" || a.Hits[0].Columns[0] != "水质" {
		t.Errorf("%+v", a)
	}
}

// Readers see the old whole or the new whole, never a mixture, while the
// index changes under them.
func TestReadersSeeWholeStates(t *testing.T) {
	x := search.New()
	edition := func(n int) []search.Document {
		docs := make([]search.Document, 200)
		for i := range docs {
			docs[i] = doc(strconv.Itoa(i), "水质监测 "+strconv.Itoa(n), "")
			docs[i].Facets = map[string][]string{"edition": {strconv.Itoa(n)}}
		}
		return docs
	}
	x.Replace(edition(0))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				a, err := x.Find(context.Background(), search.Query{Text: "水质监测", Counts: []string{"edition"}})
				if err != nil || a.Total != 200 || len(a.Facets["edition"]) != 1 || a.Facets["edition"][0].N != 200 {
					t.Errorf("total %d, editions %v, %v", a.Total, a.Facets["edition"], err)
					return
				}
			}
		})
	}
	for n := range 40 {
		if n%2 == 0 {
			x.Replace(edition(n))
		} else {
			x.Put(edition(n)...)
		}
	}
	close(done)
	readers.Wait()
}
