package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
)

// recorded is one request of somebody's life.
type recorded struct {
	who, method, path, media, body string
}

// TestReplay plays what each role really does, then sends every one of those
// requests as every other role and as nobody: no unauthorised success.
func TestReplay(t *testing.T) {
	c := openCrowd(t)
	c.classes(t)
	const form, js = formMedia, jsonMedia
	life := []recorded{
		{"opn_editor@weather", "GET", "/zh/desk", "", ""},
		{"opn_editor@weather", "GET", "/zh/desk/datasets/matrix-staged", "", ""},
		{"opn_editor@weather", "GET", "/zh/desk/datasets/matrix-staged/versions/1", "", ""},
		{"opn_editor@weather", "GET", "/zh/desk/datasets/matrix-staged/dictionary", "", ""},
		{"opn_editor@weather", "GET", "/api/v1/datasets/matrix-staged/versions/1/reading", "", ""},
		{"opn_editor@weather", "GET", "/datasets/matrix-staged/versions/1/a.csv", "", ""},
		{"opn_editor@weather", "GET", "/zh/datasets/matrix-draft", "", ""},
		{"opn_editor@weather", "POST", "/api/v1/datasets/matrix-staged/uploads?name=a.csv&bytes=10", js, ""},
		{"opn_editor@weather", "PUT", "/api/v1/drafts/replay/one", js, `{"/a":["b"]}`},
		{"opn_editor@weather", "POST", "/zh/desk/datasets/matrix-staged/dictionary", form, "/items/0/name=a&/items/0/title/zh=x&/reason=y&do=propose"},
		{"opn_lead@weather", "POST", "/zh/desk/datasets/matrix-staged/dictionary/accept", form, ""},
		{"opn_lead@weather", "POST", "/api/v1/datasets/matrix-staged/versions/1/release", js, ""},
		{"opn_lead@weather", "POST", "/api/v1/datasets/matrix-staged/versions/1/recall", js, `{"reason":"误传"}`},
		{"sys_admin@centre", "GET", "/zh/office/bodies", "", ""},
		{"sys_admin@centre", "GET", "/zh/office/accounts", "", ""},
		{"sys_admin@centre", "GET", "/zh/office/jobs", "", ""},
		{"sys_admin@centre", "GET", "/api/v1/storage", "", ""},
		{"ctr_ops@centre", "GET", "/zh/office/calendar", "", ""},
		{"ctr_intake@centre", "GET", "/zh/office/proofs", "", ""},
		{"ctr_content@centre", "GET", "/zh/office/rules", "", ""},
		{"auditor@centre", "GET", "/zh/office/accounts", "", ""},
		{"person@", "GET", "/zh/proof", "", ""},
		{"person@", "GET", "/zh/inbox", "", ""},
	}
	names := map[string]web.Route{}
	for _, r := range c.Routes {
		names[r.Name] = r
	}
	crowd := append(crowdOf(), "sys_admin@centre", "ctr_ops@centre", "ctr_intake@centre", "ctr_content@centre", "auditor@centre", "person@")
	tried := 0
	for _, q := range life {
		w := c.send(q.who, q.method, q.path, q.media, q.body)
		if w.Code >= 400 {
			t.Errorf("%+v: %d %s", q, w.Code, w.Body)
			continue
		}
		route := names[c.route.Load().(string)]
		for _, who := range crowd {
			if who == q.who {
				continue
			}
			tried++
			again := c.send(who, q.method, q.path, q.media, q.body)
			actor := actorOf(who)
			may := route.May.Asked(actor) == nil // of things of one's own
			if strings.Contains(route.Path, "{slug}") {
				may = route.May.Allows(actor, permit.Thing{Body: "weather", Account: actor.Account})
			}
			if draft := strings.Contains(q.path, "matrix-draft") || strings.Contains(q.path, "versions/1/a.csv"); draft {
				may = actor.Organisation == "weather" && actor.HasAny(permit.OpnEditor, permit.OpnReviewer, permit.OpnLead)
			}
			if again.Code < 400 && !may {
				t.Errorf("%s %s of %s succeeds as %q: %d", q.method, q.path, q.who, who, again.Code)
			}
		}
	}
	if tried < 500 {
		t.Errorf("only %d replays", tried)
	}
}

// TestNobodyIsLedToTheEntrance: a page that is not open to everybody leads
// nobody to the entrance of its own realm, and comes back afterwards.
func TestNobodyIsLedToTheEntrance(t *testing.T) {
	c := openCrowd(t)
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
	c := openCrowd(t)
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
