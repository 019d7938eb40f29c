package web

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
)

var baseCode = regexp.MustCompile(`"((?:selection|permit|flow|paging|terms|workday)\.[a-z_]+|required|invalid_input|moved_meanwhile|internal)"`)

// codesOf returns the codes that match in the Go files of the given folders,
// tests left out.
func codesOf(t *testing.T, match *regexp.Regexp, folders string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(folders)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", folders, err)
	}
	all := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		source, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range match.FindAllStringSubmatch(string(source), -1) {
			all[m[1]] = true
		}
	}
	return all
}

func TestEveryCodeOfBaseAndOfOursHasWords(t *testing.T) {
	c := words(t)
	base := codesOf(t, baseCode, "../../base/*/*.go")
	if len(base) < 60 {
		t.Fatalf("only %d codes found", len(base))
	}
	ours := codesOf(t, regexp.MustCompile(`"(web\.[a-z_.]+)"`), "*.go")
	routes := map[string]bool{"web.openapi": true, "web.problem": true, "web.nothing": true, assetRoute: true, "web.title.": true, "web.role.": true}
	for code := range base {
		if !c.Has(code) {
			t.Errorf("%s has no words", code)
		}
	}
	for code := range ours {
		if !c.Has(code) && !routes[code] {
			t.Errorf("%s has no words", code)
		}
	}
	for _, key := range c.Keys() {
		dynamic := strings.HasPrefix(key, "web.title.") || strings.HasPrefix(key, "web.role.") || strings.HasPrefix(key, "bus.")
		if !dynamic && !base[key] && !ours[key] && key != "moved_meanwhile" {
			t.Errorf("nobody says %s", key)
		}
	}
}

// badQueries meet, between them, most codes of selection; words must fill all
// their {placeholders} from what the code gives.
var badQueries = []string{
	"where=a >", "where=a > 1 b", "where='x", "where=a ＝ 1", "where=名 = 甲", "where=a = NULL", "where=f(a) = 1", "where=d = DATE('x')", "where=d > TIMESTAMP('x')",
	"where=a = 1e999999", "where=a = 1..2", "where=S_INTERSECTS(geometry,POINT(181 1))", "where=S_INTERSECTS(geometry,BBOX(1,2,3,4))", "where=" + strings.Repeat("NOT ", 500) + "a=1",
	"where=" + strings.Repeat("a=1 OR ", 300) + "a=1", "where=a IN (" + strings.Repeat("1,", 1100) + "1)", "where=" + strings.Repeat("a", 100000),
	"where=名 = 1", "where=a = '1'", "where=a = 'x'", "where=b = 1", "where=d = 'x'", "where=s = 'x'", "where=a = 1.5", "where=a = 99999999999999999999", "where=n = 1.234",
	"where=a LIKE 'x'", "where=名 LIKE 'x%5C%5C'", "where=aa = 1", "where=zzzz = 1", "where=%ff", "limit=0", "limit=x", "limit=99999", "limit=1&limit=2",
	`select="a`, "select=a,a", "select=a，名", "select=nono", "select=名&group=a&aggregate=count(*)", "group=a", "group=zz&aggregate=sum(a)", "order=zz", "order=a,a", "order=名&group=a&aggregate=count(*)",
	"aggregate=x", "aggregate=foo(a)", "aggregate=sum(*)", "aggregate=sum(名)", "aggregate=max(b)", "aggregate=sum(a),sum(a)", "select=" + strings.Repeat("x,", 3000) + "x",
	"order=" + strings.Repeat("a,", 50) + "a", "aggregate=" + strings.Repeat("sum(a),", 50) + "sum(a)",
}

func TestWordsOfSelectionAreFilled(t *testing.T) {
	c := words(t)
	schema := selection.Schema{Columns: []selection.Column{{Name: "a", Type: selection.Integer}, {Name: "名", Type: selection.Text}, {Name: "b", Type: selection.Boolean},
		{Name: "d", Type: selection.Date}, {Name: "s", Type: selection.DateTime}, {Name: "n", Type: selection.Decimal, Scale: 2}}}
	hole := regexp.MustCompile(`\{[a-z_]+\}`)
	met := map[string]bool{}
	for _, text := range badQueries {
		values, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		limits := selection.Limits{Default: 10, Max: 100}
		if text == "limit=0" {
			limits.Max = 0
		}
		_, err = selection.Parse(values, schema, limits)
		p := problem.As(err)
		if p == nil {
			t.Errorf("%.60s is accepted (%v)", text, err)
			continue
		}
		for _, f := range p.Fields {
			met[f.Code] = true
			for _, l := range locale.Langs {
				if said := c.Say(l, f.Code, f.Args); hole.MatchString(said) || said == f.Code {
					t.Errorf("%.60s: %s in %s says %q with %v", text, f.Code, l, said, f.Args)
				}
			}
		}
	}
	for code := range codesOf(t, regexp.MustCompile(`"(selection\.[a-z_]+)"`), "../../base/selection/*.go") {
		// Only a tree that was made by hand has these.
		byHand := code == "selection.unknown_operator" || code == "selection.empty_list" || code == "selection.columns_with_groups"
		if !met[code] && !byHand {
			t.Errorf("no query here meets %s", code)
		}
	}
}
