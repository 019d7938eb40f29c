package account

import (
	"slices"
	"testing"
	"time"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

func editor() Offer { return Offer{Organisation: "home", Roles: []permit.Role{permit.OpnEditor}} }

// TestWorkflow holds SM-24 to the tests that every workflow owes.
func TestWorkflow(t *testing.T) {

	flowtest.Check(t, flowtest.Workflow[Stage, Holder, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(h Holder) Stage { return h.Stage },
		Start: Holder{ID: "somebody"},
		Facts: func(m flowtest.Moment) Facts {

			id := []string{"m1", "m2", "m3"}[m.Random.IntN(3)]
			return Facts{Who: m.Who, Now: m.Now, New: id, Body: true, Proven: true}
		},
		Samples: []Command{Register{}, Confirm{}, Enrol{}, Verify{}, Verify{Organisation: "home"}, Invite{editor()}, Propose{editor()},
			Propose{Offer{Organisation: "home", Roles: []permit.Role{permit.OpnReviewer}, Until: "2027-12-31"}},
			Admit{Offer{Organisation: "home", Roles: []permit.Role{permit.OrgDeveloper}}},
			Grant{"m1"}, Grant{"m2"}, Grant{"m3"}, End{"m1", "调离"}, End{"m2", "调离"}, End{"m3", "调离"},
			Suspend{"查证"}, Resume{"查清"}, Restrict{"滥用"}, Lift{"改正"}, Close{"离职"}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: "", By: permit.SysAdmin, Do: Invite{Offer{Roles: []permit.Role{"king", permit.Person, permit.OpnLead}, From: "soon", Until: "2020-01-01"}},
				Want: []string{"/roles account.unknown_role", "/roles account.other_realm", "/organisation required", "/from account.bad_day"}},
			{At: StageActive, By: permit.OpnLead, Do: Propose{Offer{Organisation: "home", Roles: []permit.Role{permit.OpnLead}, Until: "2020-01-01"}},
				Want: []string{"/roles account.not_for_you", "/until account.ends_before"}},
			{At: StageActive, By: permit.SysAdmin, Do: Propose{Offer{Roles: []permit.Role{permit.SysAdmin, permit.Auditor}, Until: "x"}},
				Want: []string{"/until account.bad_day", "/roles account.duties_apart"}},
			{At: StageVerified, By: permit.OrgAdmin, Do: Admit{Offer{Organisation: "home", Roles: []permit.Role{permit.OpnLead}}},
				Want: []string{"/roles account.other_realm"}},
			{At: StageActive, By: permit.SecAdmin, Do: Grant{"none"}, Want: []string{"/membership account.no_membership"}},
			{At: StageActive, By: permit.SecAdmin, Do: End{"none", ""}, Want: []string{"/membership account.no_membership"}},
			{At: StageActive, By: permit.SecAdmin, Do: Suspend{" "}, Want: []string{"/reason required"}},
			{At: StageSuspended, By: permit.SecAdmin, Do: Resume{}, Want: []string{"/reason required"}},
			{At: StageVerified, By: permit.SecAdmin, Do: Restrict{}, Want: []string{"/reason required"}},
			{At: StageRestricted, By: permit.SecAdmin, Do: Lift{}, Want: []string{"/reason required"}},
			{At: StageActive, By: permit.SecAdmin, Do: Close{}, Want: []string{"/reason required"}},
		},
		Unguarded: []string{"verify"},
		Always: []flowtest.Law[Holder]{
			{Says: "three administrators apart", Holds: func(h Holder) bool {
				var p problem.List
				checkApart(&p, h, nil, "2026-02-09")
				return p.Err() == nil
			}},
			{Says: "nobody granted what he proposed for the office", Holds: func(h Holder) bool {
				return h.Realm != Office || !slices.ContainsFunc(h.Memberships, func(m Membership) bool { return m.By == m.GrantedBy })
			}},
			{Says: "nothing closed gives a role", Holds: func(h Holder) bool {
				return h.Stage != StageClosed || !slices.ContainsFunc(h.Memberships, func(m Membership) bool { return m.EndedAt.IsZero() })
			}},
			{Says: "realms apart", Holds: func(h Holder) bool {
				for _, m := range h.Memberships {
					for _, r := range m.Roles {
						if slices.Contains(permit.PublicRoles, r) != (h.Realm == Public) {
							return false
						}
					}
				}
				return true
			}},
		},
		Readme: "README.md",
	})
}

var noon = time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)

func code(err error) string {
	p := problem.As(err)
	switch {
	case err == nil:
		return ""
	case p == nil:
		return err.Error()
	case len(p.Fields) > 0:
		return p.Fields[0].Pointer + " " + p.Fields[0].Code
	}
	return p.Code
}

func as(account string, roles ...permit.Role) permit.Actor {
	return permit.Actor{Account: account, Organisation: "home", Roles: roles}
}

// TestThreeDutiesApart: by invitation, second membership, proposal that waits,
// or delegation, the three never meet in one account.
func TestThreeDutiesApart(t *testing.T) {
	for _, one := range apart {
		for _, two := range apart {
			if one == two {
				continue
			}
			for name, held := range map[string]Membership{
				"in force": {ID: "m", Roles: []permit.Role{one}, From: "2026-01-01", GrantedBy: "sec"},
				"waiting":  {ID: "m", Roles: []permit.Role{one}, From: "2026-01-01"},
				"to come":  {ID: "m", Roles: []permit.Role{one}, From: "2027-01-01", GrantedBy: "sec"},
				"for another": {ID: "m", Roles: []permit.Role{one}, From: "2026-01-01", Until: "2026-12-31", Behalf: "ann",
					GrantedBy: "ann"},
			} {
				h := Holder{ID: "bob", Realm: Office, Stage: StageActive, Memberships: []Membership{held}}
				f := Facts{Who: as("sys", permit.SysAdmin), Now: noon, New: "n", Body: true}
				if _, err := Decide(f, h, Propose{Offer{Roles: []permit.Role{two}}}); code(err) != "/roles account.duties_apart" {
					t.Errorf("%s %s, then %s: %v", name, one, two, err)
				}
				// A proposal that was there before counts again when it is granted.
				h.Memberships = append(h.Memberships, Membership{ID: "n", Roles: []permit.Role{two}, From: "2026-01-01", By: "sys"})
				f.Who = as("sec", permit.SecAdmin)
				if _, err := Decide(f, h, Grant{"n"}); code(err) != "/roles account.duties_apart" {
					t.Errorf("%s %s, then %s granted: %v", name, one, two, err)
				}
				// What has ended does not count.
				h.Memberships[0].EndedAt = noon
				if _, err := Decide(f, h, Grant{"n"}); err != nil {
					t.Errorf("%s after %s has ended: %v", two, one, err)
				}
			}
		}
	}
	f := Facts{Who: as("ann", permit.OpnEditor, permit.SecAdmin), Now: noon, New: "n"}
	source := Membership{ID: "s", Organisation: "home", Roles: f.Who.Roles, From: "2026-01-01", GrantedBy: "sec"}
	h := Holder{ID: "bob", Realm: Office, Stage: StageActive, Memberships: []Membership{
		{ID: "m", Organisation: "home", Roles: []permit.Role{permit.OpnEditor}, From: "2026-01-01", GrantedBy: "sec"}}}
	for _, r := range apart {
		f.Who.Roles, source.Roles = []permit.Role{r}, []permit.Role{r}
		if _, err := DecideDelegation(f, h, source, Delegation{To: "bob", Roles: []permit.Role{r}, Until: "2026-12-01"}); code(err) != "/roles account.not_yours_to_pass" {
			t.Errorf("%s delegated: %v", r, err)
		}
	}
}

func TestGrantTakesAnother(t *testing.T) {
	h := Holder{ID: "bob", Realm: Office, Stage: StageActive, Did: map[string]string{"invite": "sys"},
		Memberships: []Membership{{ID: "m", Organisation: "home", Roles: []permit.Role{permit.OpnEditor}, From: "2026-01-01", By: "lead"}}}
	for name, tt := range map[string]struct {
		who  permit.Actor
		want string
	}{
		"another":                 {as("sec", permit.SecAdmin), ""},
		"who proposed it":         {as("lead", permit.SecAdmin), "flow.four_eyes"},
		"who entered the account": {as("sys", permit.SecAdmin), "flow.four_eyes"},
		"oneself":                 {as("bob", permit.SecAdmin), "flow.four_eyes"},
		"who acts for the lead":   {permit.Actor{Account: "eve", Behalf: "lead", Roles: []permit.Role{permit.SecAdmin}}, "flow.four_eyes"},
		"a system administrator":  {as("other", permit.SysAdmin), "flow.not_your_step"},
		"a lead":                  {as("other", permit.OpnLead), "flow.not_your_step"},
	} {
		if _, err := Decide(Facts{Who: tt.who, Now: noon}, h, Grant{"m"}); code(err) != tt.want {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	if _, err := Decide(Facts{Who: as("bob", permit.SysAdmin), Now: noon, Body: true}, h, Propose{editor()}); code(err) != "account.not_oneself" {
		t.Errorf("proposed for himself: %v", err)
	}
}

func TestLeadsEnterTheirOwn(t *testing.T) {
	h := Holder{ID: "bob", Realm: Office, Stage: StageActive}
	lead := as("lead", permit.OpnLead)
	for name, tt := range map[string]struct {
		offer Offer
		body  bool
		want  string
	}{
		"an editor":          {editor(), true, ""},
		"for another body":   {Offer{Organisation: "away", Roles: []permit.Role{permit.OpnEditor}}, true, "flow.not_your_step"},
		"for no body":        {Offer{Roles: []permit.Role{permit.OpnEditor}}, true, "flow.not_your_step"},
		"a lead":             {Offer{Organisation: "home", Roles: []permit.Role{permit.OpnLead}}, true, "/roles account.not_for_you"},
		"an administrator":   {Offer{Organisation: "home", Roles: []permit.Role{permit.SysAdmin}}, true, "/roles account.not_for_you"},
		"a body that is not": {editor(), false, "/organisation account.unknown_body"},
	} {
		if _, err := Decide(Facts{Who: lead, Now: noon, New: "m", Body: tt.body}, h, Propose{tt.offer}); code(err) != tt.want {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	away := Holder{ID: "bob", Realm: Office, Stage: StageActive, Memberships: []Membership{{ID: "m", Organisation: "away", Roles: []permit.Role{permit.OpnEditor}}}}
	if _, err := Decide(Facts{Who: lead, Now: noon}, away, End{"m", "x"}); code(err) != "/membership account.no_membership" {
		t.Errorf("a lead ends another body's membership: %v", err) // it looks like one that is not there
	}
}

func TestDelegationRules(t *testing.T) {
	ann := as("ann", permit.OpnEditor, permit.OpnGrader)
	source := Membership{ID: "s", Organisation: "home", Roles: ann.Roles, From: "2026-01-01", GrantedBy: "sec"}
	member := func(organisation string) Holder {
		return Holder{ID: "bob", Realm: Office, Stage: StageActive, Memberships: []Membership{
			{ID: "m", Organisation: organisation, Roles: []permit.Role{permit.OpnReviewer}, From: "2026-01-01", GrantedBy: "sec"}}}
	}
	stopped := member("home")
	stopped.Stage = StageSuspended
	guest := member("home")
	guest.Memberships[0].Behalf = "eve"
	one := []permit.Role{permit.OpnEditor}
	passed := ann
	passed.Behalf = "eve"
	for name, tt := range map[string]struct {
		who  permit.Actor
		to   Holder
		d    Delegation
		want string
	}{
		"to a colleague":            {ann, member("home"), Delegation{Roles: one, Until: "2026-12-01"}, ""},
		"for ninety days":           {ann, member("home"), Delegation{Roles: one, Until: "2027-02-23"}, ""},
		"for longer":                {ann, member("home"), Delegation{Roles: one, Until: "2027-02-24"}, "/until account.too_long_away"},
		"without end":               {ann, member("home"), Delegation{Roles: one}, "/until required"},
		"until yesterday":           {ann, member("home"), Delegation{Roles: one, Until: "2026-11-24"}, "/until account.ends_before"},
		"to another body":           {ann, member("away"), Delegation{Roles: one, Until: "2026-12-01"}, "/to account.not_a_colleague"},
		"to nobody":                 {ann, Holder{}, Delegation{Roles: one, Until: "2026-12-01"}, "/to account.not_a_colleague"},
		"to one who is suspended":   {ann, stopped, Delegation{Roles: one, Until: "2026-12-01"}, "/to account.not_a_colleague"},
		"to one who is so for some": {ann, guest, Delegation{Roles: one, Until: "2026-12-01"}, "/to account.not_a_colleague"},
		"what is not hers":          {ann, member("home"), Delegation{Roles: []permit.Role{permit.OpnLead}, Until: "2026-12-01"}, "/roles account.not_yours_to_pass"},
		"nothing":                   {ann, member("home"), Delegation{Until: "2026-12-01"}, "/roles required"},
		"to herself":                {ann, Holder{ID: "ann", Stage: StageActive}, Delegation{Roles: one, Until: "2026-12-01"}, "account.not_oneself"},
		"what was delegated to her": {passed, member("home"), Delegation{Roles: one, Until: "2026-12-01"}, "account.delegated_once"},
	} {
		if _, err := DecideDelegation(Facts{Who: tt.who, Now: noon, New: "n"}, tt.to, source, tt.d); code(err) != tt.want {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func TestRolesOfADay(t *testing.T) {
	today := workday.Date("2026-11-25")
	m := Membership{Roles: []permit.Role{permit.OpnEditor, permit.OpnGrader}, From: "2026-11-25", Until: "2026-11-25", GrantedBy: "sec"}
	change := func(f func(*Membership)) *Membership { c := m; f(&c); return &c }
	passed := change(func(m *Membership) { m.Behalf = "ann" })
	source := &Membership{Roles: []permit.Role{permit.OpnGrader, permit.OpnLead}, From: "2026-01-01", GrantedBy: "sec"}
	ended := *source
	ended.EndedAt = noon
	for name, tt := range map[string]struct {
		realm     Realm
		stage     Stage
		m, source *Membership
		want      []permit.Role
	}{
		"on its day":                       {Office, StageActive, &m, nil, m.Roles},
		"the day before":                   {Office, StageActive, change(func(m *Membership) { m.From, m.Until = "2026-11-26", "" }), nil, nil},
		"the day after":                    {Office, StageActive, change(func(m *Membership) { m.From, m.Until = "2026-01-01", "2026-11-24" }), nil, nil},
		"not granted":                      {Office, StageActive, change(func(m *Membership) { m.GrantedBy = "" }), nil, nil},
		"ended":                            {Office, StageActive, change(func(m *Membership) { m.EndedAt = noon }), nil, nil},
		"suspended":                        {Office, StageSuspended, &m, nil, nil},
		"invited":                          {Office, StageInvited, &m, nil, nil},
		"closed":                           {Office, StageClosed, &m, nil, nil},
		"restricted":                       {Public, StageRestricted, &m, nil, nil},
		"a person":                         {Public, StageVerified, nil, nil, []permit.Role{permit.Person}},
		"a person without proof":           {Public, StageContact, nil, nil, nil},
		"for another":                      {Office, StageActive, passed, source, []permit.Role{permit.OpnGrader}},
		"for another who holds no more":    {Office, StageActive, passed, &ended, nil},
		"for another who is not there":     {Office, StageActive, passed, nil, nil},
		"nobody of the office is a person": {Office, StageActive, nil, nil, nil},
	} {
		if got := rolesOf(tt.realm, tt.stage, tt.m, tt.source, today); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestLocksDouble(t *testing.T) {
	for failures, want := range map[int]time.Duration{0: 0, 1: 0, 4: 0, 5: 15 * time.Minute, 6: 30 * time.Minute, 7: time.Hour,
		11: 16 * time.Hour, 12: 24 * time.Hour, 13: 24 * time.Hour, 100000: 24 * time.Hour} {
		if got := lockFor(failures); got != want {
			t.Errorf("after %d failures %v, want %v", failures, got, want)
		}
	}
}

func TestCheckTellsEveryFault(t *testing.T) {
	err := Check(Account{ID: "a b", Roles: []permit.Role{"king", permit.OpnEditor, permit.SysAdmin, permit.Auditor, permit.Person}})
	var got []string
	for _, f := range problem.As(err).Fields {
		got = append(got, f.Pointer+" "+f.Code)
	}
	want := []string{"/id account.bad_id", "/name required", "/roles account.unknown_role", "/roles account.other_realm", "/roles account.duties_apart"}
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	for id, want := range map[string]string{"": "/id required", "clock": "/id account.reserved", "console": "/id account.reserved", "a@b": "/id account.bad_id", "a.b-c_1": ""} {
		if got := code(Check(Account{ID: id, Name: "x"})); got != want {
			t.Errorf("id %q: %q, want %q", id, got, want)
		}
	}
	for email, want := range map[string]string{"": "/email required", "a@b.cn": "", "a@b": "/email account.bad_email", "@b.cn": "/email account.bad_email",
		"a b@c.cn": "/email account.bad_email", "a@b@c.cn": "/email account.bad_email", "a@b.cn\r\nBcc: x@y.cn": "/email account.bad_email"} {
		var p problem.List
		checkEmail(&p, email)
		if got := code(p.Err()); got != want {
			t.Errorf("address %q: %q, want %q", email, got, want)
		}
	}
}

func problemFields(err error) []problem.Field {
	if p := problem.As(err); p != nil {
		return p.Fields
	}
	return nil
}

// TestMayEnter: whose forms offer which bodies and roles; Decide refuses the
// rest.
func TestMayEnter(t *testing.T) {
	for name, tt := range map[string]struct {
		who    permit.Actor
		bodies []string // of "", home and away
		roles  []permit.Role
	}{
		"the system administrator": {permit.Actor{Account: "s", Organisation: "centre", Roles: []permit.Role{permit.SysAdmin}}, []string{"", "home", "away"}, permit.OfficeRoles},
		"a lead":                   {permit.Actor{Account: "l", Organisation: "home", Roles: []permit.Role{permit.OpnLead}}, []string{"home"}, leadMayEnter},
		"a lead of nothing":        {permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}, nil, leadMayEnter},
		"an editor":                {permit.Actor{Account: "e", Organisation: "home", Roles: []permit.Role{permit.OpnEditor}}, nil, nil},
		"the security officer":     {permit.Actor{Account: "x", Organisation: "centre", Roles: []permit.Role{permit.SecAdmin}}, nil, nil},
		"nobody":                   {permit.Actor{}, nil, nil},
	} {
		for _, body := range []string{"", "home", "away"} {
			may := MayEnterFor(tt.who, body)
			if may != slices.Contains(tt.bodies, body) {
				t.Errorf("%s may enter people for %q: %t", name, body, may)
			}
			for _, r := range permit.Roles {
				_, err := Decide(Facts{Who: tt.who, Now: noon, New: "m1", Body: true}, Holder{ID: "new"}, Invite{Offer{Organisation: body, Roles: []permit.Role{r}}})
				offered := may && slices.Contains(MayEnterAs(tt.who, Office), r) && slices.Contains(tt.roles, r)
				needsBody := body == "" && r.Reach() != permit.Everything
				if (err == nil) != (offered && !needsBody) {
					t.Errorf("%s enters a %s for %q: %v", name, r, body, err)
				}
			}
		}
	}
	if got := MayEnterAs(permit.Actor{Roles: []permit.Role{permit.OrgAdmin}}, Public); !slices.Equal(got, adminMayAdmit) {
		t.Errorf("the administrator of a data user admits %v", got)
	}
}
