package search_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"kaishu/internal/infra/search"
	"kaishu/internal/infra/search/searchtest"
)

// shanghai reads Shanghai's real catalogue as it was in April 2023.
func shanghai(t testing.TB) (docs []search.Document) {
	t.Helper()
	f, err := os.Open(filepath.FromSlash("../../../../shared/data/real/catalog/shanghai_catalog_unique.jsonl"))
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("the real catalogue is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r struct {
			Title     string `json:"数据集名称"`
			Abstract  string `json:"摘要"`
			Tags      string `json:"数据标签"`
			Domain    string `json:"数据领域"`
			Publisher string `json:"数据提供方"`
			Frequency string `json:"更新频度"`
			Opening   string `json:"开放属性"`
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		docs = append(docs, search.Document{
			ID: fmt.Sprintf("sh-%04d", len(docs)),
			Fields: map[search.Field]string{
				search.Title: r.Title, search.Abstract: r.Abstract, search.Tags: r.Tags, search.Publisher: r.Publisher,
			},
			Facets: map[string][]string{"domain": {r.Domain}, "frequency": {r.Frequency}, "open": {r.Opening}, "publisher": {r.Publisher}},
		})
	}
	if err := lines.Err(); err != nil || len(docs) < 2000 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	return docs
}

func TestEveryLiteralOfTheRealCatalogueIsFound(t *testing.T) {
	docs := shanghai(t)
	x := search.New()
	x.Replace(docs)
	plain := make([]string, len(docs))
	for i, d := range docs {
		var pieces []string
		for _, text := range d.Fields {
			pieces = append(pieces, searchtest.Plain(text))
		}
		plain[i] = strings.Join(pieces, "\x00")
	}
	for _, w := range append(wordsOf(docs, 2, 200), append(wordsOf(docs, 4, 50), "水质", "停车", "空气质量", "水", "ｓｏｄａ２０２２", "行政处罚信息")...) {
		var want []string
		for i, d := range docs {
			if strings.Contains(plain[i], searchtest.Plain(w)) {
				want = append(want, d.ID)
			}
		}
		if got := every(t, x, search.Query{Text: w, Limit: search.MaxLimit}); !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%s: found %d, %d stand there", w, len(got), len(want))
		}
	}
}

// every walks all pages and returns the ids in order of ID.
func every(t *testing.T, x *search.Index, q search.Query) (all []string) {
	t.Helper()
	for {
		a := find(t, x, q)
		all = append(all, ids(a)...)
		if a.Next == nil {
			slices.Sort(all)
			return all
		}
		q.After = a.Next
	}
}

// wordsOf takes n different runs of so many Han characters from titles spread
// over the catalogue.
func wordsOf(docs []search.Document, characters, n int) (words []string) {
	for i := 0; len(words) < n && i < 100*len(docs); i++ {
		title := []rune(docs[i*37%len(docs)].Fields[search.Title])
		if at := i % max(1, len(title)-characters+1); at+characters <= len(title) {
			w := title[at : at+characters]
			if !slices.ContainsFunc(w, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) && !slices.Contains(words, string(w)) {
				words = append(words, string(w))
			}
		}
	}
	return words
}

func TestAWholeTitleComesFirst(t *testing.T) {
	docs := shanghai(t)
	x := search.New()
	x.Replace(docs)
	for i := 0; i < len(docs); i += 7 {
		title := docs[i].Fields[search.Title]
		a := find(t, x, search.Query{Text: title})
		if len(a.Hits) == 0 {
			t.Errorf("%s: not found", title)
		} else if got := docs[slices.IndexFunc(docs, func(d search.Document) bool { return d.ID == a.Hits[0].ID })]; searchtest.Plain(got.Fields[search.Title]) != searchtest.Plain(title) {
			t.Errorf("%s: %s comes first", title, got.Fields[search.Title])
		}
	}
}

// The change log feeds the index one document at a time.
func TestOneByOneIsTheSameAsAtOnce(t *testing.T) {
	docs := shanghai(t)
	x, y := search.New(), search.New()
	x.Replace(docs)
	for _, d := range docs {
		y.Put(d)
	}
	for i, d := range docs {
		if i%3 > 0 {
			x.Remove(d.ID)
		}
	}
	for i, d := range docs {
		if i%3 > 0 {
			x.Put(d)
		}
	}
	for _, w := range wordsOf(docs, 2, 60) {
		q := search.Query{Text: w, Limit: search.MaxLimit, Counts: []string{"domain", "publisher"}}
		a, b := find(t, x, q), find(t, y, q)
		if a.Total != b.Total || !slices.Equal(ids(a), ids(b)) || !slices.Equal(a.Facets["publisher"], b.Facets["publisher"]) {
			t.Errorf("%s: %d and %d", w, a.Total, b.Total)
		}
	}
}
