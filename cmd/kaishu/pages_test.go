package main

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/site/layout/sitetest"
)

var href = regexp.MustCompile(`\shref="([^"]+)"`)

// crawl follows links from a first page, at most so many, and checks that each
// leads somewhere and that each page owes nothing to its readers: words in
// both languages, one h1, labels, no inline script.
func crawl(t *testing.T, s *server, most int) {
	t.Helper()
	todo, seen := []string{"/zh/", "/en/"}, map[string]bool{}
	for len(todo) > 0 && len(seen) < most {
		at := todo[0]
		todo = todo[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		status, header, page := sitetest.Get(t, s.url+at)
		if status == http.StatusSeeOther || status == http.StatusFound {
			continue
		}
		if status != http.StatusOK {
			t.Errorf("%s: %d", at, status)
		}
		if !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
			continue
		}
		l := locale.ZH
		if strings.HasPrefix(at, "/en/") {
			l = locale.EN
		}
		for _, fault := range sitetest.Faults(l, page) {
			t.Errorf("%s: %s", at, fault)
		}
		for _, m := range href.FindAllStringSubmatch(page, -1) {
			to, _, _ := strings.Cut(html.UnescapeString(m[1]), "#")
			if strings.HasPrefix(to, "/") && !seen[to] && !strings.HasPrefix(to, "/datasets/") {
				todo = append(todo, to)
			}
		}
	}
	if len(seen) < min(most, 100) {
		t.Errorf("only %d pages were found", len(seen))
	}
}

func TestEveryPageOfTheSample(t *testing.T) {
	crawl(t, start(t, seeded(t), "serve"), 400)
}

// TestCatalogueFollowsReleases: what is released while the server runs is
// found as data at once, and is the same after a restart.
func TestCatalogueFollowsReleases(t *testing.T) {
	data := t.TempDir()
	s := start(t, data, "run", "--sample", sampleFolder)
	count := func(s *server, holds string) int64 {
		return get[struct{ Total int64 }](t, s, "/api/v1/datasets?limit=1&data="+holds).Total
	}
	until(t, "all tables in the catalogue", func() bool { return count(s, "full") == 12 && count(s, "sample") == 1 })
	s.stop(t)
	if s = start(t, data, "serve"); count(s, "full") != 12 || count(s, "sample") != 1 || count(s, "none") != 0 {
		t.Errorf("after a restart: %d full, %d samples", count(s, "full"), count(s, "sample"))
	}
}

// TestEveryPageOfTheRealCatalogue crawls the real Shanghai catalogue while its
// tables are still being loaded.
func TestEveryPageOfTheRealCatalogue(t *testing.T) {
	real := filepath.FromSlash("../../../shared/data/real")
	if _, err := os.Stat(real); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("../shared/data is not beside the project: left out")
	}
	s := start(t, t.TempDir(), "run", "--sample", real)
	list := get[struct{ Total int64 }](t, s, "/api/v1/datasets?limit=1")
	if list.Total != 2228+624 {
		t.Errorf("%d entries", list.Total)
	}
	for q, least := range map[string]int64{"水质": 1, "停车": 1, "空气质量": 1, "地铁": 1, "幼儿园": 1} {
		if n := get[struct{ Total int64 }](t, s, "/api/v1/datasets?q="+url.QueryEscape(q)).Total; n < least {
			t.Errorf("%s: %d found", q, n)
		}
	}
	crawl(t, s, 250)
}

// TestBadQueryOnThePage: what the reader wrote stays on the page, with every
// fault in words.
func TestBadQueryOnThePage(t *testing.T) {
	s := start(t, seeded(t), "serve")
	for _, lang := range []string{"zh", "en"} {
		status, _, page := sitetest.Get(t, s.url+"/"+lang+"/datasets/us-airports?where="+url.QueryEscape(`nope = 1 AND state = 5`)+"&order=what")
		text := html.UnescapeString(page)
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, "nope = 1 AND state = 5") || strings.Count(page, `role="alert"`) != 1 {
			t.Errorf("%s: %d, the query is lost or nothing is said", lang, status)
		}
		for _, word := range []string{"nope", "state", "what"} {
			if !strings.Contains(text, "“"+word+"”") {
				t.Errorf("%s: nothing is said of %s", lang, word)
			}
		}
		for _, fault := range sitetest.Faults(locale.Lang(lang), page) {
			t.Error(fault)
		}
	}
	for path, want := range map[string]int{"/zh/datasets/none": 404, "/zh/nothing": 404, "/zh/datasets/us-airports/rows/999999": 404,
		"/zh/datasets/us-airports/compare?from=1&to=9": 404, "/zh/datasets/us-airports/compare": 422, "/zh/datasets/us-airports.pdf": 422,
		"/zh/datasets/us-airports?version=7": 404} {
		if status, _, _ := sitetest.Get(t, s.url+path); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
}

// TestEveryFaultAtOnce: a call that is wrong in many places is told all of
// them in one answer, by name.
func TestEveryFaultAtOnce(t *testing.T) {
	s := start(t, seeded(t), "serve")
	status, body := s.ask(t, "GET", "/api/v1/datasets/us-airports/rows?limit=x&zzz=1&where=nope%3D1&order=what&format=pdf", "", nil)
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("%d %s", status, body)
	}
	for _, pointer := range []string{"?limit", "?zzz", "?where", "?order", "?format"} {
		if !strings.Contains(string(body), `"pointer":"`+pointer+`"`) {
			t.Errorf("nothing is said of %s in %s", pointer, body)
		}
	}
}

// TestFairUseNamesTheWholeFile: whoever asks too often is told when to come
// back and where all of it can be had at once. Article 17.
func TestFairUseNamesTheWholeFile(t *testing.T) {
	s := startWith(t, seeded(t), []string{"KAISHU_FAIR_USE=20"}, "serve")
	for range 40 {
		a, err := http.Get(s.url + "/api/v1/datasets/us-airports/rows?limit=1")
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode == http.StatusTooManyRequests {
			_, body := s.ask(t, "GET", "/api/v1/datasets/us-airports/rows?limit=1", "", nil)
			if a.Header.Get("Retry-After") == "" || !strings.Contains(string(body), "/datasets/us-airports/versions/latest/data.csv") {
				t.Errorf("Retry-After %q, %s", a.Header.Get("Retry-After"), body)
			}
			return
		}
	}
	t.Error("forty queries in a row were all answered")
}
