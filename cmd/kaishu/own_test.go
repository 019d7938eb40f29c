package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/casework/proof"
	"kaishu/internal/casework/roster"
	"kaishu/internal/infra/database"
	"kaishu/internal/people/account"
)

// enter signs an account of the sample in and returns the secret.
func (c *crowd) enter(t *testing.T, id string) string {
	t.Helper()
	c.accounts.Dev = true
	secret, err := c.accounts.DevEnter(t.Context(), permit.Platform, id, account.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// me is an account as its owner reads it.
type me struct {
	Memberships []struct{ ID string }
	SignIns     []struct{ ID string } `json:"sign_ins"`
	Tokens      []struct{ ID string }
	Given       []struct{ Membership struct{ ID string } }
}

func (c *crowd) me(t *testing.T, secret string) (m me) {
	t.Helper()
	w := c.send(secret, "GET", "/api/v1/account", "", "")
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	return m
}

// made fails unless a request that makes something succeeds.
func (c *crowd) made(t *testing.T, who, path, media, body string) http.Header {
	t.Helper()
	w := c.send(who, "POST", path, media, body)
	if w.Code >= 400 {
		t.Fatalf("POST %s: %d %s", path, w.Code, w.Body)
	}
	return w.Header()
}

// deed is a request about one thing: id is the thing's, in path or body, and
// owner may send it. Also lists roles at weather, or anywhere, that may too.
type deed struct {
	owner, method, path, body, id string
	also                          []string
}

const (
	formMedia = "application/x-www-form-urlencoded"
	jsonMedia = "application/json"
)

func (o deed) as(c *crowd, who, id string) (int, string) {
	media := ""
	if o.method != http.MethodGet {
		if media = formMedia; strings.HasPrefix(o.path, "/api/") {
			media = jsonMedia
		}
	}
	fill := func(s string) string { return strings.ReplaceAll(s, "ID", id) }
	w := c.send(who, o.method, fill(o.path), media, fill(o.body))
	text := w.Header().Get("Location") + "\n" + w.Header().Get("Content-Type") + "\n" + w.Body.String()
	return w.Code, strings.ReplaceAll(text, id, "ID")
}

// picture returns a small picture.
func picture(t *testing.T) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 40))); err != nil {
		t.Fatal(err)
	}
	return &b
}

// apply opens a proof of somebody with one file, and returns both ids.
func (c *crowd) apply(t *testing.T, who permit.Actor) (caseID, file string) {
	t.Helper()
	ctx, s := t.Context(), c.casework.proofs
	begun, err := s.Open(ctx, who, proof.Organisation)
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Materials.Receive(ctx, who, "证照.png", picture(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := s.Attach(ctx, who, begun.ID, f); err != nil {
		t.Fatal(err)
	}
	v, err := s.View(ctx, who, begun.ID)
	if err != nil || len(v.Files) != 1 {
		t.Fatalf("%v, %v", v.Files, err)
	}
	return begun.ID, v.Files[0].ID
}

// ownThings makes one thing of each kind that belongs to one account or body,
// and returns every request that names it; what uses a thing up comes last.
func (c *crowd) ownThings(t *testing.T) (all []deed) {
	t.Helper()
	ctx := t.Context()
	person, second := c.enter(t, "person"), c.enter(t, "org-developer")
	admin, lead := c.enter(t, "org-admin"), c.enter(t, "lead-weather")
	add := func(owner, id string, also []string, requests ...[3]string) {
		t.Helper()
		if id == "" {
			t.Fatalf("no id for %v", requests)
		}
		for _, q := range requests {
			all = append(all, deed{owner, q[0], q[1], q[2], id, also})
		}
	}

	caseID, file := c.apply(t, c.is(t, person))
	others, other := c.apply(t, c.is(t, second))
	add(person, file, nil, [3]string{"GET", "/zh/proof/" + caseID + "/files/ID", ""})
	add(second, other, []string{person}, [3]string{"GET", "/zh/proof/" + others + "/files/ID", ""})
	add(person, caseID, nil, [3]string{"GET", "/zh/proof/ID", ""}, [3]string{"GET", "/en/proof/ID", ""}, [3]string{"GET", "/zh/proof/ID/files/" + file, ""},
		[3]string{"POST", "/zh/proof/ID", "/body/zh=x"}, [3]string{"POST", "/zh/proof/ID/files/" + file + "/remove", ""}, [3]string{"POST", "/zh/proof/ID/withdraw", ""})

	if err := c.db.Write(ctx, func(tx *database.Tx) error {
		return c.casework.notices.Tell(tx, permit.Platform, notice.Notice{Key: "replay", Account: "person", Kind: "notice.test"})
	}); err != nil {
		t.Fatal(err)
	}
	add(person, "ntc_replay", nil, [3]string{"GET", "/zh/inbox/ID", ""}, [3]string{"POST", "/zh/inbox/ID", ""}, [3]string{"POST", "/api/v1/inbox/ID/read", ""})
	hook, _, err := c.casework.notices.AddHook(ctx, c.is(t, person), "https://127.0.0.1/hook")
	if err != nil {
		t.Fatal(err)
	}
	add(person, hook.ID, nil, [3]string{"GET", "/zh/inbox/settings/hooks/ID", ""}, [3]string{"POST", "/zh/inbox/settings/hooks/ID/test", ""}, [3]string{"POST", "/zh/inbox/settings/hooks/ID/remove", ""})

	for range 2 {
		c.made(t, person, "/api/v1/account/tokens", jsonMedia, `{"label":"x","until":"2099-12-31"}`)
	}
	add(person, c.me(t, person).Tokens[0].ID, nil, [3]string{"POST", "/zh/me/tokens/ID/revoke", ""})
	add(person, c.me(t, person).Tokens[1].ID, nil, [3]string{"POST", "/api/v1/account/tokens/ID/revoke", "{}"})
	for _, path := range []string{"/zh/me/sign-ins/ID/revoke", "/api/v1/account/sign-ins/ID/revoke"} {
		spare := c.is(t, c.enter(t, "person")).Session
		add(person, spare, nil, [3]string{"POST", path, ""})
	}

	c.made(t, lead, "/api/v1/account/delegations", jsonMedia, `{"to":"lead-weather-2","roles":["opn_lead"],"until":"`+string(workday.Of(c.clock.Now()).AddDays(3))+`"}`)
	given := c.me(t, lead).Given[0].Membership.ID
	add(lead, given, nil, [3]string{"POST", "/zh/me/delegations/ID/end", ""})

	if _, err := c.casework.roster.Invite(ctx, c.is(t, admin), roster.Invite{Email: "a@example.org", Roles: []permit.Role{permit.OrgDeveloper}}, "zh"); err != nil {
		t.Fatal(err)
	}
	r, err := c.casework.roster.Look(ctx, c.is(t, admin))
	if err != nil || len(r.Invited) != 1 {
		t.Fatal(r.Invited, err)
	}
	add(admin, r.Invited[0].ID, nil, [3]string{"POST", "/zh/organisation/invitations/ID", ""})
	add(admin, c.me(t, second).Memberships[0].ID, nil, [3]string{"GET", "/zh/organisation/members/ID", ""}, [3]string{"POST", "/zh/organisation/members/ID", "/roles/-=org_developer"})
	add(admin, c.me(t, c.enter(t, "org-compliance")).Memberships[0].ID, nil, [3]string{"POST", "/zh/organisation/members/ID/end", "/reason=x"})

	const editor = "opn_editor@weather"
	begin := func() string {
		const file = "date,weather\n2026-11-01,rain\n"
		at := c.made(t, editor, "/api/v1/datasets/seattle-daily-weather/uploads?name=a.csv&bytes="+itoa(len(file)), jsonMedia, "").Get("Location")
		c.piece(t, editor, at, file)
		return at[strings.LastIndexByte(at, '/')+1:]
	}
	add(editor, begin(), nil, [3]string{"GET", "/api/v1/uploads/ID", ""}, [3]string{"DELETE", "/api/v1/uploads/ID", ""})
	add(editor, begin(), nil, [3]string{"POST", "/zh/desk/datasets/seattle-daily-weather/uploads/ID/cancel", ""})
	add(editor, begin(), nil, [3]string{"POST", "/api/v1/datasets/seattle-daily-weather/versions?not_secret=true&updated_on=2026-11-01&upload=ID", ""})
	if w := c.send(editor, "PUT", "/api/v1/drafts/replay/present", jsonMedia, `{"/a":["b"]}`); w.Code >= 400 {
		t.Fatal(w.Body)
	}
	add(editor, "present", nil, [3]string{"GET", "/api/v1/drafts/replay/ID", ""})
	return append(all, c.ownAccounts(t, lead)...)
}

// piece sends the whole of a file by tus.
func (c *crowd) piece(t *testing.T, who, at, file string) {
	t.Helper()
	q := c.request(who, "PATCH", at, "application/offset+octet-stream", file)
	q.Header.Set("Upload-Offset", "0")
	w := httptest.NewRecorder()
	if c.Handler().ServeHTTP(w, q); w.Code != http.StatusNoContent {
		t.Fatalf("%s: %d %s", at, w.Code, w.Body)
	}
}

// is returns who signed in with a secret.
func (c *crowd) is(t *testing.T, secret string) permit.Actor {
	t.Helper()
	a, err := c.accounts.Session()(t.Context(), secret)
	if err != nil || !a.Known() {
		t.Fatalf("%+v, %v", a, err)
	}
	return a
}

// ownAccounts are the accounts of a body, which its lead looks after: another
// body's lead knows nothing of them, and intake only of the public's.
func (c *crowd) ownAccounts(t *testing.T, lead string) (all []deed) {
	t.Helper()
	guards := []string{"sys_admin", "sec_admin", "auditor"}
	add := func(owner, id string, also []string, requests ...[3]string) {
		for _, q := range requests {
			all = append(all, deed{owner, q[0], q[1], q[2], id, also})
		}
	}
	const one, api = "/zh/office/accounts/ID", "/api/v1/accounts/ID"
	offer := `{"organisation":"weather","roles":["opn_editor"]}`
	add(lead, "grader-weather", guards, [3]string{"GET", one, ""}, [3]string{"GET", api, ""}, [3]string{"GET", one + "/memberships", ""},
		[3]string{"POST", one + "/memberships", "/organisation=weather&/roles/-=opn_editor"}, [3]string{"POST", api + "/memberships", offer})

	// Somebody of two bodies: each lead ends what his own body gave.
	sys, sec := actorOf("sys_admin@centre"), actorOf("sec_admin@centre")
	of := account.Propose{Offer: account.Offer{Organisation: "transport", Roles: []permit.Role{permit.OpnEditor}}}
	h, err := c.accounts.Do(t.Context(), sys, "security-weather", of)
	if err == nil {
		h, err = c.accounts.Do(t.Context(), sec, "security-weather", account.Grant{Membership: h.Memberships[len(h.Memberships)-1].ID})
	}
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(h.Memberships, func(m account.Membership) bool { return m.Organisation == "weather" })
	add(lead, h.Memberships[at].ID, guards, [3]string{"GET", "/zh/office/accounts/security-weather/memberships/ID/end", ""},
		[3]string{"POST", "/api/v1/accounts/security-weather/memberships/ID/end", `{"reason":"x"}`})

	secured := c.enter(t, "sec-admin")
	add(secured, "reviewer-weather", guards, [3]string{"GET", one + "/suspend", ""}, [3]string{"POST", one + "/suspend", "/reason=x"})
	intake := c.enter(t, "intake")
	add(intake, "person", guards, [3]string{"GET", one, ""}, [3]string{"GET", one + "/verify", ""}, [3]string{"GET", api, ""})
	return all
}

// TestOwnThingsAreNobodyElses: what belongs to one account or body looks to
// everybody else exactly like what does not exist, byte for byte, and stays
// what it was: afterwards its owner does everything that they tried.
func TestOwnThingsAreNobodyElses(t *testing.T) {
	c := openCrowd(t, "KAISHU_REACHABLE=127.0.0.1/32")
	all := c.ownThings(t)
	strangers := crowdOf()
	for _, id := range []string{"editor-weather", "lead-transport", "org-admin", "org-compliance", "person", "intake", "quality"} {
		strangers = append(strangers, c.enter(t, id))
	}
	compared := 0
	for _, q := range all {
		owner := c.actorOf(t, q.owner)
		for _, who := range strangers {
			actor := c.actorOf(t, who)
			if actor.Account == owner.Account || mayToo(q, owner, actor) {
				continue
			}
			compared++
			code, text := q.as(c, who, q.id)
			none, nothing := q.as(c, who, "none"+q.id)
			if code < 400 {
				t.Errorf("%s %s of %s succeeds as %s: %d", q.method, q.path, owner.Account, actor.Account, code)
			}
			if code != none || text != nothing {
				t.Errorf("%s %s of %s as %q:\n%d %s\n%d %s", q.method, q.path, owner.Account, actor.Account, code, text, none, nothing)
			}
		}
		if code, text := q.as(c, q.owner, q.id); code >= 400 {
			t.Errorf("%s %s as its owner %s: %d %s", q.method, q.path, owner.Account, code, text)
		}
	}
	t.Logf("%d requests, %d comparisons", len(all), compared)
	if compared < 1500 {
		t.Errorf("only %d comparisons", compared)
	}
}

func (c *crowd) actorOf(t *testing.T, secret string) permit.Actor {
	if secret == "" || strings.Contains(secret, "@") {
		return actorOf(secret)
	}
	return c.is(t, secret)
}

// mayToo: whoever looks after all accounts, and whoever of the same body has
// the owner's part there.
func mayToo(q deed, owner, actor permit.Actor) bool {
	for _, role := range q.also {
		if actor.Has(permit.Role(role)) {
			return true
		}
	}
	return q.also != nil && actor.Organisation == "weather" && actor.HasAny(permit.OpnLead, permit.OrgAdmin) && owner.Organisation == "weather" ||
		slices.Contains(actor.Roles, permit.CtrIntake) && owner.Has(permit.CtrIntake)
}
