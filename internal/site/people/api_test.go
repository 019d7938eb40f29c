package people

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/people/account"
)

func (v *town) token(id string) string {
	v.t.Helper()
	secret, err := v.accounts.Issue(v.t.Context(), console, id, "test")
	v.must(err)
	return secret
}

func decode[T any](v *town, text string) (x T) {
	v.t.Helper()
	v.must(json.Unmarshal([]byte(text), &x))
	return x
}

// TestTheInterface: accounts by programs, with the same parts for the same
// people.
func TestTheInterface(t *testing.T) {
	v := newTown(t)
	sys, sec, aud, lead, ann := v.token("sys"), v.token("sec"), v.token("aud"), v.token("lead"), v.token("ann")
	const accounts = "/api/v1/accounts"
	page := decode[account.Page](v, v.api(aud, "GET", accounts+"?limit=3", "", 200))
	if len(page.Items) != 3 || page.Next == "" {
		t.Errorf("page %+v", page)
	}
	if rest := decode[account.Page](v, v.api(aud, "GET", accounts+"?limit=50&after="+page.Next, "", 200)); len(rest.Items) != 4 || rest.Next != "" {
		t.Errorf("rest %+v", rest)
	}
	v.api(aud, "GET", accounts+"?limit=0", "", 422)
	v.api(ann, "GET", accounts, "", 403)
	v.api(lead, "GET", accounts+"/sys", "", 404)
	if own := decode[account.Page](v, v.api(lead, "GET", accounts, "", 200)); len(own.Items) != 3 {
		t.Errorf("the lead sees %+v", own)
	}
	v.api(aud, "POST", accounts, `{"id":"dan","name":"单","roles":["opn_editor"],"organisation":"home"}`, 403)
	v.api(sys, "POST", accounts, `{"id":"dan","name":"单","roles":["king"],"organisation":"home"}`, 422)
	made := decode[account.Handed](v, v.api(sys, "POST", accounts, `{"id":"dan","name":"单","roles":["opn_editor"],"organisation":"home"}`, 201))
	if !strings.HasPrefix(made.Link, v.url+"/zh/enrol?ticket=") {
		t.Errorf("link %q", made.Link)
	}
	card := decode[account.Card](v, v.api(sec, "GET", accounts+"/dan", "", 200))
	member := accounts + "/dan/memberships/" + card.Memberships[0].ID
	v.api(sys, "POST", member+"/grant", "", 403)
	v.api(lead, "POST", accounts+"/dan/memberships", `{"roles":["opn_grader"],"organisation":"home"}`, 200)
	v.api(lead, "POST", accounts+"/dan/memberships", `{"roles":["opn_grader"],"organisation":"away"}`, 403)
	v.api(sec, "POST", member+"/grant", "", 200)
	v.api(sec, "POST", member+"/end", `{}`, 422)
	v.api(sec, "POST", member+"/end", `{"reason":"调离"}`, 200)
	for _, verb := range []string{"/suspend", "/resume", "/close"} {
		v.api(sys, "POST", accounts+"/bob"+verb, `{"reason":"x"}`, 403)
		v.api(sec, "POST", accounts+"/bob"+verb, `{}`, 422)
		v.api(sec, "POST", accounts+"/bob"+verb, `{"reason":"x"}`, 200)
	}
	v.api(sec, "POST", accounts+"/ann/unlock", "", 204)
	v.api(sec, "POST", accounts+"/ann/reset", `{"reason":"x"}`, 200)
	v.api(aud, "POST", accounts+"/ann/revoke", `{"reason":"x"}`, 403)
	v.api(sec, "POST", accounts+"/ann/revoke", `{"reason":"x"}`, 204)
	v.api(ann, "GET", "/api/v1/account", "", 401)

	pia := v.person("pia@post.example")
	id := decode[account.Page](v, v.api(sec, "GET", accounts+"?realm=public", "", 200)).Items[0].ID
	in := v.token("in")
	v.api(in, "POST", accounts+"/"+id+"/verify", `{"organisation":"nowhere"}`, 422)
	v.api(in, "POST", accounts+"/"+id+"/verify", `{"organisation":"away"}`, 200)
	v.api(sec, "POST", accounts+"/"+id+"/restrict", `{"reason":"x"}`, 200)
	v.api(sec, "POST", accounts+"/"+id+"/lift", `{"reason":"x"}`, 200)
	pia.get("/en/sign-in").send("/name", "pia@post.example", "/password", good).sees(200, "/en/me", "Body away")
	// Her own things, as a browser's program would.
	boss := v.token(id)
	v.api(boss, "POST", "/api/v1/account/tokens", `{"label":"x"}`, 403)
	second := v.person("sam@post.example")
	other := decode[account.Page](v, v.api(sec, "GET", accounts+"?q=sam@", "", 200)).Items[0].ID
	v.api(boss, "POST", accounts+"/ann/admit", `{"roles":["org_developer"],"organisation":"away"}`, 404)
	v.api(boss, "POST", accounts+"/"+other+"/admit", `{"roles":["opn_lead"],"organisation":"away"}`, 422)
	v.api(boss, "POST", accounts+"/"+other+"/admit", `{"roles":["org_developer"],"organisation":"home"}`, 403)
	v.api(boss, "POST", accounts+"/"+other+"/admit", `{"roles":["org_developer"],"organisation":"away"}`, 200)
	second.get("/en/me").sees(200, "/en/me", "Body away")
	second.press(regexp.MustCompile(`/en/me/delegations/[^"/]+/end`).FindString(second.page)).sees(200, "/en/me", "It has ended", "None.")
	v.api(v.token("bob"), "GET", "/api/v1/account", "", 401) // closed

	v.must(v.accounts.Put(t.Context(), console, account.Account{ID: "bo2", Name: "博", Organisation: "home", Roles: []permit.Role{permit.OpnEditor}}))
	giver := v.token("lead")
	v.api(giver, "POST", "/api/v1/account/delegations", `{"to":"bo2","roles":["opn_lead"],"until":"2026-12-01"}`, 204)
	given := decode[account.Mine](v, v.api(giver, "GET", "/api/v1/account", "", 200)).Given
	v.api(giver, "POST", "/api/v1/account/delegations/"+given[0].Membership.ID+"/end", "", 204)
	v.api(giver, "POST", "/api/v1/account/sign-ins/none/revoke", "", 404)
	tokens := decode[account.Mine](v, v.api(giver, "GET", "/api/v1/account", "", 200)).Tokens
	v.api(giver, "POST", "/api/v1/account/tokens/"+tokens[0].ID+"/revoke", "", 204)
}
