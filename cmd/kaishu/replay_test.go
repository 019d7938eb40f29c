package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
)

// recorded is one request of somebody's life.
type recorded struct {
	who, method, path, media, body string
}

// lives is what each role really does, in the order in which it can be done.
func lives() []recorded {
	const form, js = formMedia, jsonMedia
	const staged = "/api/v1/datasets/matrix-staged"
	return []recorded{
		{"opn_editor@weather", "GET", "/zh/desk", "", ""},
		{"opn_editor@weather", "GET", "/zh/desk/datasets/matrix-staged", "", ""},
		{"opn_editor@weather", "GET", "/zh/desk/datasets/matrix-staged/versions/1", "", ""},
		{"opn_editor@weather", "GET", "/zh/desk/list/matrix-staged", "", ""},
		{"opn_editor@weather", "GET", staged + "/versions/1/reading", "", ""},
		{"opn_editor@weather", "GET", "/datasets/matrix-staged/versions/1/a.csv", "", ""},
		{"opn_editor@weather", "GET", "/zh/datasets/matrix-draft", "", ""},
		{"opn_editor@weather", "POST", staged + "/uploads?name=a.csv&bytes=10", js, ""},
		{"opn_editor@weather", "PUT", "/api/v1/drafts/replay/one", js, `{"/a":["b"]}`},
		{"opn_editor@weather", "PUT", staged + "/schedule", js, `{"url":"http://127.0.0.1/a.csv","every":"daily","hour":3,"not_secret":true}`},
		{"opn_lead@weather", "POST", staged + "/schedule/confirm", js, ""},
		{"opn_editor@weather", "POST", staged + "/schedule/stop", js, ""},
		{"opn_editor@weather", "POST", "/zh/desk/list/matrix-staged/orders", form, "kind=change"},
		{"opn_editor@weather", "POST", "/zh/desk/list/matrix-staged", form, "/title/zh=matrix-staged&/items/0/name=a&/items/0/title/zh=x&/reason=y&/domain=economy&/frequency=yearly&/opening=unconditional&do=save"},
		{"opn_reviewer@weather", "GET", "/zh/desk/datasets/matrix-staged/versions/1", "", ""},
		{"ctr_engineer@centre", "GET", staged + "/versions/1/reading", "", ""},
		{"opn_lead@weather", "POST", staged + "/versions/1/release", js, ""},
		{"ctr_quality@centre", "POST", staged + "/versions/1/recall", js, `{"reason":"误传"}`},
		{"opn_lead@weather", "POST", "/api/v1/accounts", js, `{"id":"replayed","name":"样例新人","organisation":"weather","roles":["opn_editor"]}`},
		{"opn_lead@weather", "GET", "/api/v1/accounts/replayed", "", ""},
		{"opn_lead@weather", "GET", "/zh/office/accounts/grader-weather", "", ""},
		{"sec_admin@centre", "POST", "/api/v1/accounts/grader-weather/suspend", js, `{"reason":"核实"}`},
		{"sec_admin@centre", "POST", "/zh/office/accounts/grader-weather/resume", form, "/reason=x"},
		{"sec_admin@centre", "POST", "/api/v1/accounts/grader-weather/unlock", js, ""},
		{"sys_admin@centre", "GET", "/zh/office/bodies", "", ""},
		{"sys_admin@centre", "GET", "/zh/office/accounts", "", ""},
		{"sys_admin@centre", "GET", "/zh/office/jobs", "", ""},
		{"sys_admin@centre", "GET", "/api/v1/storage", "", ""},
		{"sys_admin@centre", "POST", "/api/v1/organisations", js, `{"id":"replayed","name":{"zh":"样例新单位","en":"New body (sample)"},"kind":"organ","level":"city","sample":true}`},
		{"ctr_intake@centre", "POST", "/api/v1/organisations/replayed/verify", js, ""},
		{"sys_admin@centre", "POST", "/api/v1/organisations/replayed/activate", js, ""},
		{"sys_admin@centre", "POST", "/api/v1/codes/domains", js, `{"code":"replayed","name":{"zh":"样例领域","en":"Sample"},"from":"2099-01-01"}`},
		{"sys_admin@centre", "POST", "/api/v1/codes/domains/replayed/reword", js, `{"name":{"zh":"样例领域二","en":"Sample 2"}}`},
		{"ctr_ops@centre", "GET", "/zh/office/calendar", "", ""},
		{"ctr_ops@centre", "GET", "/api/v1/calendar/notices", "", ""},
		{"ctr_intake@centre", "GET", "/zh/office/proofs", "", ""},
		{"ctr_intake@centre", "GET", "/api/v1/accounts/person", "", ""},
		{"ctr_content@centre", "GET", "/zh/office/rules", "", ""},
		{"ctr_content@centre", "POST", "/zh/office/rules/new", form, "/content/title/zh=x&/content/title/en=x&/content/text/zh=y&/content/text/en=y"},
		{"auditor@centre", "GET", "/zh/office/accounts", "", ""},
		{"auditor@centre", "GET", "/zh/office/accounts/person", "", ""},
		{"aut_officer@authority", "GET", "/zh/office/bodies/weather", "", ""},
		{"dis_officer@district-data", "GET", "/zh/office/bodies", "", ""},
		{"org_admin@data-user", "GET", "/zh/organisation", "", ""},
		{"org_admin@data-user", "POST", "/zh/organisation", form, "/email=a%40example.org&/roles/-=org_developer"},
		{"person@", "GET", "/zh/proof", "", ""},
		{"person@", "GET", "/zh/inbox", "", ""},
		{"person@", "POST", "/zh/inbox/settings", form, "/lang=zh"},
		{"person@", "POST", "/api/v1/inbox/read", js, ""},
	}
}

// TestReplay plays what each role really does, then sends every one of those
// requests as every other role and as nobody: no unauthorised success.
func TestReplay(t *testing.T) {
	c := openCrowd(t, "KAISHU_REACHABLE=127.0.0.1/32")
	c.classes(t)
	names := map[string]web.Route{}
	for _, r := range c.Routes {
		names[r.Name] = r
	}
	all, tried := lives(), 0
	people := crowdOf()
	for _, q := range all {
		if !slices.Contains(people, q.who) {
			people = append(people, q.who)
		}
	}
	for _, q := range all {
		w := c.send(q.who, q.method, q.path, q.media, q.body)
		if w.Code >= 400 {
			t.Errorf("%+v: %d %s", q, w.Code, w.Body)
			continue
		}
		route := names[c.route.Load().(string)]
		for _, who := range people {
			if who == q.who {
				continue
			}
			tried++
			if again := c.send(who, q.method, q.path, q.media, q.body); again.Code < 400 && !q.mayBe(route, actorOf(who)) {
				t.Errorf("%s %s of %s succeeds as %q: %d", q.method, q.path, q.who, who, again.Code)
			}
		}
	}
	t.Logf("%d requests, %d replays", len(all), tried)
	if tried < 1500 {
		t.Errorf("only %d replays", tried)
	}
}

// mayBe reports whether the tables let an actor do the same: things of the
// lives are of the body weather, or everybody's own.
func (q recorded) mayBe(route web.Route, a permit.Actor) bool {
	switch {
	case strings.Contains(q.path, "matrix-draft"), strings.Contains(q.path, "versions/1/a.csv"):
		return a.Organisation == "weather" && a.HasAny(permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnLead)
	case strings.Contains(route.Path, "{slug}"), strings.Contains(route.Path, "{account}"), route.Name == "account.invite":
		return route.May.Allows(a, permit.Thing{Body: "weather", Account: a.Account})
	}
	return route.May.Asked(a) == nil
}

// bare is the server of an empty city.
func bare(t *testing.T) *web.Server {
	t.Helper()
	p, err := open(t.Context(), Config{Data: t.TempDir(), Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	p.log = slog.New(slog.DiscardHandler)
	s, err := p.server(&atomic.Bool{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestNobodyIsLedToTheEntrance: a page that is not open to everybody leads
// nobody to the entrance of its own realm, and comes back afterwards.
func TestNobodyIsLedToTheEntrance(t *testing.T) {
	c := bare(t)
	led := map[string]int{}
	for _, r := range c.Routes {
		if r.Method != http.MethodGet || r.API || r.May.Asked(permit.Actor{}) == nil {
			continue
		}
		entrance := "/sign-in?"
		if r.May.Office() {
			entrance = "/office/sign-in?"
		}
		q := httptest.NewRequest("GET", at(r.Path, class{slug: "matrix", number: 1}), nil)
		q.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		c.Handler().ServeHTTP(w, q)
		lang := "/" + strings.Split(r.Path, "/")[1]
		if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, lang+entrance) || !strings.Contains(to, "back=") {
			t.Errorf("%s: %d to %q, want %s%s", r.Path, w.Code, to, lang, entrance)
		}
		led[entrance]++
	}
	if led["/sign-in?"] < 20 || led["/office/sign-in?"] < 50 {
		t.Errorf("only %v pages", led)
	}
}

// TestBothLanguagesAskTheSame: the matrix tries the Chinese pages; the English
// ones have the same methods and rules.
func TestBothLanguagesAskTheSame(t *testing.T) {
	c := bare(t)
	names := map[string]web.Route{}
	for _, r := range c.Routes {
		names[r.Name] = r
	}
	for _, r := range c.Routes {
		name, english := strings.CutSuffix(r.Name, ".en")
		if !english {
			continue
		}
		zh := names[name+".zh"]
		if zh.Method != r.Method || zh.May.Act != r.May.Act || !slices.Equal(zh.May.By, r.May.By) || strings.Replace(r.Path, "/en", "/zh", 1) != zh.Path {
			t.Errorf("%s %s asks %v; %s %s asks %v", r.Method, r.Path, r.May, zh.Method, zh.Path, zh.May)
		}
	}
}

// TestNothingTellsOfWhatIsNotReleased: whatever addresses ask for a version by
// its number in the query, and every list, tell strangers of a version that is
// not released, or of a draft, what they tell of none.
func TestNothingTellsOfWhatIsNotReleased(t *testing.T) {
	c := openCrowd(t)
	c.classes(t)
	if err := c.catalogue.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	staff := func(who string) bool {
		a := actorOf(who)
		return a.Organisation == "weather" && a.HasAny(permit.OpnEditor, permit.OpnReviewer, permit.OpnLead)
	}
	named := []string{"/zh/datasets/matrix-staged?version=N", "/zh/datasets/matrix-staged/fields?version=N", "/zh/datasets/matrix-staged/statistics?version=N",
		"/zh/datasets/matrix-staged/statistics.csv?version=N", "/zh/datasets/matrix-staged/fields.json?version=N", "/zh/datasets/matrix-staged/rows/1?version=N",
		"/zh/datasets/matrix-staged/compare?from=N&to=5", "/api/v1/datasets/matrix-staged/compare?from=5&to=N", "/api/v1/datasets/matrix-staged/rows?version=N",
		"/api/v1/datasets/matrix-staged/versions/N", "/datasets/matrix-staged/versions/N/a.csv", "/datasets/matrix-staged/versions/N/data.csv",
		"/datasets/matrix-staged/versions/N/original", "/datasets/matrix-staged/versions/N/set-aside.ndjson"}
	lists := []string{"/sitemap.xml", "/zh/datasets?q=matrix", "/zh/datasets.csv?q=matrix", "/zh/datasets.json", "/api/v1/datasets?q=matrix&limit=100",
		"/zh/", "/zh/desk", "/zh/desk/datasets", "/zh/inbox", "/zh/office/jobs", "/zh/office/storage"}
	told := 0
	for _, who := range crowdOf() {
		for _, path := range named {
			if a := actorOf(who); staff(who) || a.HasAny(permit.CtrEngineer, permit.CtrQuality) {
				continue
			}
			as := func(n string) (int, string) {
				w := c.send(who, "GET", strings.ReplaceAll(path, "N", n), "", "")
				return w.Code, strings.NewReplacer("第"+n+"版", "第N版", "ersion "+n, "ersion N", "version="+n, "version=N", "versions/"+n, "versions/N",
					"from="+n, "from=N", "to="+n, "to=N", `value="`+n+`"`, `value="N"`).Replace(w.Body.String())
			}
			code, text := as("1")
			none, nothing := as("7")
			if code != none || text != nothing {
				t.Errorf("%s as %q: %d %s\n| %d %s", path, who, code, text, none, nothing)
			}
			if code < 300 {
				t.Errorf("%s as %q: %d", path, who, code)
			}
		}
		for _, path := range lists {
			w := c.send(who, "GET", path, "", "")
			text := strings.ReplaceAll(w.Body.String(), "q=matrix", "")
			if strings.Contains(text, "matrix-draft") && !staff(who) {
				t.Errorf("%s tells %q of a draft", path, who)
			}
			if strings.Contains(text, "matrix-staged") {
				told++ // so the lists are not just empty
			}
		}
	}
	if told < 3*len(crowdOf()) {
		t.Errorf("only %d lists tell of a published entry", told)
	}
}
