// Package searchtest holds what an index of the catalogue must do, as tests
// that any implementation can be put to, and a model to compare it with.
package searchtest

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kaishu/internal/base/locale"
	"kaishu/internal/infra/search"
)

// Index is what is tested.
type Index interface {
	Put(docs ...search.Document)
	Remove(ids ...string)
	Replace(all []search.Document)
	Len() int
	Find(ctx context.Context, q search.Query) (search.Answer, error)
	Near(q search.Query) []search.Suggestion
}

var (
	pieces = []string{
		"水", "质", "水质", "空气", "质量", "空气质量", "监测", "停车", "停车场", "车场", "环境", "上海市", "年", "人人",
		"PM2.5", "ＰＭ２．５", "pm", "pm10", "GPS", "ｇｐｓ坐标", "2023", "20", "a", "wi-fi",
		" ", "　", "、", "。", "-", "\n", "_", "①", "\u200b", "⽔",
	}
	facets = map[string][]string{
		"domain":    {"道路交通", "资源环境", "城市建设", "信用服务", ""},
		"frequency": {"每天", "每月", "静态"},
		"format":    {"csv", "json", "xlsx", "xml"},
	}
	facetNames = []string{"domain", "format", "frequency"}
)

func text(most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := ""
		for range rapid.IntRange(0, most).Draw(t, "pieces") {
			s += rapid.SampledFrom(pieces).Draw(t, "piece")
		}
		return s
	})
}

func choices(most int) *rapid.Generator[map[string][]string] {
	return rapid.Custom(func(t *rapid.T) map[string][]string {
		chosen := map[string][]string{}
		for _, f := range facetNames {
			if n := rapid.IntRange(-1, most).Draw(t, f); n > 0 {
				chosen[f] = rapid.SliceOfN(rapid.SampledFrom(facets[f]), n, n).Draw(t, f)
			}
		}
		return chosen
	})
}

func document() *rapid.Generator[search.Document] {
	return rapid.Custom(func(t *rapid.T) search.Document {
		d := search.Document{
			ID: "d" + strconv.Itoa(rapid.IntRange(0, 400).Draw(t, "id")),
			Fields: map[search.Field]string{
				search.Title:     text(4).Draw(t, "title"),
				search.Tags:      text(2).Draw(t, "tags"),
				search.Publisher: text(2).Draw(t, "publisher"),
				search.Abstract:  text(8).Draw(t, "abstract"),
			},
			Facets: choices(2).Draw(t, "facets"),
			Sorts:  map[string]int64{},
		}
		if rapid.IntRange(0, 3).Draw(t, "english") == 0 {
			d.Title = locale.Text{EN: text(2).Draw(t, "english title")}
		}
		if n := rapid.Int64Range(-2, 6).Draw(t, "updated"); n != 0 {
			d.Sorts["updated"] = n
		}
		for i := range rapid.IntRange(0, 2).Draw(t, "parts") {
			d.Parts = append(d.Parts, search.Part{Name: strconv.Itoa(i) + " " + text(2).Draw(t, "name"), Description: text(2).Draw(t, "description")})
		}
		return d
	})
}

func query() *rapid.Generator[search.Query] {
	return rapid.Custom(func(t *rapid.T) search.Query {
		s := text(3).Draw(t, "text")
		switch rapid.IntRange(0, 5).Draw(t, "quotes") {
		case 0:
			s = "“" + s + "”" + text(1).Draw(t, "more")
		case 1:
			s = text(1).Draw(t, "more") + `"` + s + `"`
		case 2:
			s += "「"
		}
		return search.Query{
			Text:   s,
			Facets: choices(2).Draw(t, "chosen"),
			Counts: facetNames,
			Sort:   rapid.SampledFrom([]string{"", "", "updated"}).Draw(t, "sort"),
			Limit:  rapid.SampledFrom([]int{0, 1, 7, 200}).Draw(t, "limit"),
		}
	})
}

// Check puts indexes made by empty to the test.
func Check(t *testing.T, empty func() Index) {
	t.Run("agrees with the model through any life", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) { live(t, empty()) })
	})
}

// live changes an index and the model alike, and compares them after each
// change.
func live(t *rapid.T, x Index) {
	model := Model{}
	put := func(docs []search.Document) {
		for _, d := range docs {
			model[d.ID] = d
		}
	}
	for range rapid.IntRange(1, 5).Draw(t, "changes") {
		n := rapid.SampledFrom([]int{0, 1, 3, 150}).Draw(t, "size")
		switch rapid.IntRange(0, 3).Draw(t, "change") {
		case 0:
			docs := rapid.SliceOfN(document(), n, n).Draw(t, "all")
			clear(model)
			put(docs)
			x.Replace(docs)
		case 1:
			var ids []string
			for range n {
				ids = append(ids, "d"+strconv.Itoa(rapid.IntRange(0, 400).Draw(t, "gone")))
			}
			for _, id := range ids {
				delete(model, id)
			}
			x.Remove(ids...)
		case 2:
			docs := rapid.SliceOfN(document(), n, n).Draw(t, "batch")
			put(docs)
			x.Put(docs...)
		case 3:
			for range min(n, 10) {
				d := document().Draw(t, "one")
				put([]search.Document{d})
				x.Put(d)
			}
		}
		if x.Len() != len(model) {
			t.Fatalf("Len = %d, want %d", x.Len(), len(model))
		}
		for range 6 {
			Compare(t, x, model, query().Draw(t, "query"))
		}
	}
}

// TB is a *testing.T or a *rapid.T.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Compare walks every page of q and holds ids, counts, order, marks, columns
// and suggestions against the model.
func Compare(t TB, x Index, model Model, q search.Query) {
	t.Helper()
	want := model.Find(q)
	var got []string
	before := search.Place{Score: math.Inf(1)}
	for page := q; ; {
		a, err := x.Find(context.Background(), page)
		if err != nil {
			t.Fatalf("%q: %v", q.Text, err)
		}
		if a.Total != int64(len(want)) {
			t.Fatalf("%q %v: total %d, want %d", q.Text, q.Facets, a.Total, len(want))
		}
		for _, f := range q.Counts {
			if c := model.Count(q, f); !slices.Equal(a.Facets[f], c) {
				t.Fatalf("%q %v: %s counts %v, want %v", q.Text, q.Facets, f, a.Facets[f], c)
			}
		}
		for _, h := range a.Hits {
			if h.Score > before.Score || h.Score == before.Score && h.ID <= before.ID {
				t.Fatalf("%q: %v %s comes after %v", q.Text, h.Score, h.ID, before)
			}
			before = search.Place{Score: h.Score, ID: h.ID}
			got = append(got, h.ID)
			compareHit(t, model, q, h)
		}
		if a.Next == nil {
			break
		}
		if *a.Next != before {
			t.Fatalf("%q: next is %v after %v", q.Text, *a.Next, before)
		}
		page.After = a.Next
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("%q %v: found %v, want %v", q.Text, q.Facets, got, want)
	}
	compareNear(t, x, model, q, len(want))
}

func compareHit(t TB, model Model, q search.Query, h search.Hit) {
	t.Helper()
	d := model[h.ID]
	if v, ok := d.Sorts[q.Sort]; ok && float64(v) != h.Score {
		t.Fatalf("%s: score %v, sorted by %d", h.ID, h.Score, v)
	}
	if h.Title != d.Title {
		t.Fatalf("%s: title %v, want %v", h.ID, h.Title, d.Title)
	}
	if c := model.Columns(q, h.ID); !slices.Equal(h.Columns, c) {
		t.Fatalf("%q: columns %q, want %q", q.Text, h.Columns, c)
	}
	for _, f := range []search.Field{search.Title, search.Abstract} {
		given := d.Fields[f]
		if f == search.Title && given == "" {
			given = d.Title.ZH
		}
		compareMarks(t, q, given, h.Marks[f])
	}
}

// compareMarks checks that a text is marked where, and only where, a word
// stands: each mark holds a word of its own, a text with a word has a mark,
// and without the marked spans no Han word is left.
func compareMarks(t TB, q search.Query, given string, marks []search.Span) {
	t.Helper()
	words := Words(q.Text)
	left, from := "", 0
	for _, m := range marks {
		if m.From < from || m.To <= m.From || m.To > len(given) || !utf8.ValidString(given[from:m.From]) || !utf8.ValidString(given[m.From:m.To]) {
			t.Fatalf("%q in %q: bad marks %v", q.Text, given, marks)
		}
		marked := []string{Plain(given[m.From:m.To])}
		if !slices.ContainsFunc(words, func(w *regexp.Regexp) bool { return standsIn(marked, w) }) {
			t.Fatalf("%q in %q: %q is marked", q.Text, given, marked)
		}
		left += given[from:m.From] + "■"
		from = m.To
	}
	left = Plain(left + given[from:])
	for _, w := range words {
		if w.MatchString(Plain(given)) && len(marks) == 0 {
			t.Fatalf("%q in %q: not marked", q.Text, given)
		}
		if isHan.MatchString(w.String()) && w.MatchString(left) {
			t.Fatalf("%q in %q: not all are marked: %q", q.Text, given, left)
		}
	}
}

var isHan = regexp.MustCompile(`^\p{Han}+$`)

func compareNear(t TB, x Index, model Model, q search.Query, found int) {
	t.Helper()
	near := x.Near(q)
	if found > 0 && near != nil {
		t.Fatalf("%q: finds %d, and suggests %v", q.Text, found, near)
	}
	if found > 0 {
		return
	}
	dropped := map[string]bool{}
	for _, s := range near {
		if n := len(model.Find(s.Query)); int64(n) != s.Total || n == 0 {
			t.Fatalf("%q without %q%q: total %d, want %d", q.Text, s.Facet, s.Word, s.Total, n)
		}
		if (s.Facet == "") == (s.Word == "") {
			t.Fatalf("%q: suggestion of both or neither: %+v", q.Text, s)
		}
		dropped[s.Facet] = true
	}
	for f := range q.Facets {
		less := search.Query{Text: q.Text, Facets: map[string][]string{}}
		for other, values := range q.Facets {
			if other != f {
				less.Facets[other] = values
			}
		}
		if rest := len(less.Facets) > 0 || Plain(q.Text) != ""; len(model.Find(less)) > 0 && rest && !dropped[f] {
			t.Fatalf("%q %v: dropping %s helps and is not said", q.Text, q.Facets, f)
		}
	}
}
