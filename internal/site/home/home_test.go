package home_test

import (
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/search"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/site/assets"
	"kaishu/internal/site/catalogue"
	"kaishu/internal/site/home"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/layout/sitetest"
)

func serve(t *testing.T, fill func(*sitetest.City)) string {
	t.Helper()
	city := sitetest.NewCity(t)
	fill(city)
	words := sitetest.Words(t, search.Messages, layout.Messages, catalogue.Messages, home.Messages)
	look, err := layout.New(words, assets.Files)
	if err != nil {
		t.Fatal(err)
	}
	list := catalogue.New(catalogue.Tools{Index: search.New(), Entries: city.Entries, Versions: city.Versions, Organisations: city.Organisations,
		Clock: city.Clock, Layout: look, DB: city.DB})
	if err := list.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	front := home.New(home.Tools{Catalogue: list, Clock: city.Clock, Layout: look})
	return city.Serve(t, words, append(append(look.Routes(), list.Routes()...), front.Routes()...), look.Problem)
}

func stations(t *testing.T) func(*sitetest.City) {
	return func(city *sitetest.City) {
		city.Publish(t, "stations", openlist.Description{Title: locale.Text{ZH: "地铁站点", EN: "Metro stations"}, UpdatedOn: "2023-06-29", FirstPublishedOn: "2023-07-01"})
		city.Release(t, "stations", 1, version.Full, "2023-06-29", 1234, selection.Column{Name: "站名", Type: selection.Text})
		city.Publish(t, "cards", openlist.Description{Title: locale.Text{ZH: "公交一卡通"}, Opening: openlist.Conditional, UpdatedOn: "2023-06-01"})
	}
}

func TestFirstPageKeepsTheRulesInBothLanguages(t *testing.T) {
	for _, base := range []string{serve(t, stations(t)), serve(t, func(*sitetest.City) {})} {
		for _, l := range locale.Langs {
			status, _, page := sitetest.Get(t, base+"/"+string(l)+"/")
			if status != http.StatusOK {
				t.Errorf("%s: %d", l, status)
			}
			sitetest.CheckPage(t, l, page)
		}
	}
}

func TestFiguresLeadToTheListBehindThem(t *testing.T) {
	base := serve(t, stations(t))
	_, _, page := sitetest.Get(t, base+"/zh/")
	for _, want := range []string{
		`<a href="/zh/datasets"><b>2</b>`, `<a href="/zh/datasets?data=full&amp;sort=rows"><b>1,234</b>`,
		`<a href="/zh/datasets?first=2023-07"><b>1</b>`, `<a href="/zh/datasets?timeliness=late"><b>50.0%</b>`,
		"数据截至2023年7月1日", `href="/zh/datasets?domain=transport"><span>道路交通</span><span class="n">2</span>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestExamplesFindSomething(t *testing.T) {
	base := serve(t, stations(t))
	_, _, page := sitetest.Get(t, base+"/zh/")
	if !strings.Contains(page, ">地铁</a>") || !strings.Contains(page, ">公交</a>") || strings.Contains(page, ">幼儿园</a>") {
		t.Error("an example finds nothing, or one that does is missing")
	}
	if _, _, page := sitetest.Get(t, serve(t, func(*sitetest.City) {})+"/zh/"); strings.Contains(page, "试试") || strings.Contains(page, "NaN") {
		t.Error("an empty city gives examples or a rate")
	}
}

func TestTheReadersLanguageIsChosen(t *testing.T) {
	base := serve(t, stations(t))
	for header, want := range map[string]string{"": "/zh/", "en-GB,en;q=0.9": "/en/", "fr,en;q=0.5": "/en/", "fr": "/zh/", "zh-TW,en": "/zh/"} {
		status, h, _ := sitetest.Get(t, base+"/", "Accept-Language: "+header)
		if status != http.StatusFound || h.Get("Location") != want {
			t.Errorf("%q: %d %s", header, status, h.Get("Location"))
		}
	}
	if status, h, _ := sitetest.Get(t, base+"/en"); status != http.StatusFound || h.Get("Location") != "/en/" {
		t.Errorf("/en: %d %s", status, h.Get("Location"))
	}
}
