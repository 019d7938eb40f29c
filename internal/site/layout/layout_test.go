package layout_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/assets"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/layout/sitetest"
)

// serve serves the pages of the layout and two addresses that fail.
func serve(t *testing.T) string {
	t.Helper()
	words := sitetest.Words(t, layout.Messages)
	look, err := layout.New(words, assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	list := web.Route{Method: "GET", Path: "/{lang}/datasets", Name: "catalogue.list", May: permit.Public, Do: func(*web.Context) error {
		var p problem.List
		p.Add("?sort", "required")
		p.Add("?domain", "openlist.unknown_domain", "domain", "<b>no such</b>")
		return p.Err()
	}}
	broken := web.Route{Method: "GET", Path: "/broken", Name: "test.broken", May: permit.Public, Do: func(*web.Context) error { return errors.New("disk on fire") }}
	return sitetest.NewCity(t).Serve(t, words, append(append(look.Routes(), layout.Both(list)...), broken), look.Problem)
}

func TestEveryPageKeepsTheRulesInBothLanguages(t *testing.T) {
	base := serve(t)
	for _, l := range locale.Langs {
		for _, path := range []string{"about", "accessibility", "api", "licences"} {
			status, _, page := sitetest.Get(t, base+"/"+string(l)+"/"+path)
			if status != http.StatusOK {
				t.Errorf("%s %s: %d", l, path, status)
			}
			sitetest.CheckPage(t, l, page)
			if !strings.Contains(page, `href="/`+string(l.Other())+"/"+path+`"`) {
				t.Errorf("%s %s does not lead to itself in the other language", l, path)
			}
		}
	}
}

func TestProblemPageTellsEveryFaultAtOnceAndWhereToGo(t *testing.T) {
	base := serve(t)
	status, _, page := sitetest.Get(t, base+"/zh/datasets?sort=x")
	sitetest.CheckPage(t, locale.ZH, page)
	if status != 422 {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{"?sort", "此项必填", "?domain", "&lt;b&gt;no such&lt;/b&gt;", "urn:request:", `href="/zh/datasets"`, "noindex"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
	status, _, page = sitetest.Get(t, base+"/broken", "Accept-Language: en")
	sitetest.CheckPage(t, locale.EN, page)
	if status != 500 || strings.Contains(page, "fire") {
		t.Errorf("a fault: status %d, page %s", status, page)
	}
	if status, _, page = sitetest.Get(t, base+"/nowhere"); status != 404 || !strings.Contains(page, "<h1>没有找到</h1>") {
		t.Errorf("an unknown address: %d", status)
	}
}

func TestLanguageSwitchKeepsPathAndQuery(t *testing.T) {
	_, _, page := sitetest.Get(t, serve(t)+"/zh/datasets?q=%E5%9C%B0%E9%93%81&domain=a&domain=b")
	if want := `href="/en/datasets?domain=a&amp;domain=b&amp;q=%E5%9C%B0%E9%93%81"`; !strings.Contains(page, want) {
		t.Errorf("no %s in\n%s", want, page)
	}
}

func TestLargeTypeIsKeptAndComesBackHere(t *testing.T) {
	base := serve(t)
	status, h, _ := sitetest.Get(t, base+"/zh/reading?size=large&back=/zh/about")
	cookie := h.Get("Set-Cookie")
	if status != http.StatusSeeOther || h.Get("Location") != "/zh/about" || !strings.HasPrefix(cookie, "kaishu_reading=large;") {
		t.Fatalf("%d %v", status, h)
	}
	if _, _, page := sitetest.Get(t, base+"/zh/about", "Cookie: kaishu_reading=large"); !strings.Contains(page, `class="large"`) || !strings.Contains(page, "size=normal") {
		t.Error("the cookie has no effect, or there is no way back")
	}
	if _, h, _ := sitetest.Get(t, base+"/zh/reading?size=normal&back=/zh/about"); !strings.Contains(h.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("normal type leaves the cookie: %v", h)
	}
}

func TestReadingLeadsNowhereElse(t *testing.T) {
	base := serve(t)
	for _, back := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "", "javascript:alert(1)"} {
		if _, h, _ := sitetest.Get(t, base+"/en/reading?size=large&back="+back); h.Get("Location") != "/en/" {
			t.Errorf("back=%s leads to %s", back, h.Get("Location"))
		}
	}
}

func TestNoticesHaveTextAndLicence(t *testing.T) {
	_, _, text := sitetest.Get(t, serve(t)+"/licences.txt")
	for _, want := range []string{"modernc.org/sqlite", "duckdb", "excelize", "Redistribution", "Permission is hereby granted"} {
		if !strings.Contains(text, want) {
			t.Errorf("the licence texts lack %s", want)
		}
	}
}

func TestAssetsAreSmall(t *testing.T) {
	for name, most := range map[string]int{"site.css": 20 << 10, "site.js": 5 << 10} {
		data, err := assets.Files.ReadFile(name)
		if err != nil || len(data) > most {
			t.Errorf("%s has %d bytes, %v", name, len(data), err)
		}
	}
}

func TestWords(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 KB", 9949: "9.9 KB", 9960: "10 KB", 999_600: "1.0 MB", 1_480_000_000: "1.5 GB"} {
		if got := layout.Bytes(n); got != want {
			t.Errorf("%d bytes: %s, want %s", n, got, want)
		}
	}
	if got := layout.Day(locale.ZH, "2026-03-05"); got != "2026年3月5日" {
		t.Error(got)
	}
	if got := layout.Day(locale.EN, "2026-03-05"); got != "5 March 2026" {
		t.Error(got)
	}
	if got := layout.Day(locale.ZH, workday.Date("soon")); got != "" {
		t.Error(got)
	}
}

func TestRunsCutAtMarks(t *testing.T) {
	s := "轨道交通站点"
	got := layout.Runs(s, [][2]int{{6, 12}, {3, 9}, {12, 99}})
	if len(got) != 3 || got[0] != (layout.Run{Text: "轨道"}) || got[1] != (layout.Run{Text: "交通", Hit: true}) || got[2] != (layout.Run{Text: "站点"}) {
		t.Errorf("%+v", got)
	}
}
