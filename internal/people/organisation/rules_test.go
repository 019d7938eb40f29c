package organisation

import (
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

var sound = Particulars{Name: locale.Text{ZH: "样例交通委"}, Kind: Organ, Level: City}

// TestWorkflow holds the part of SM-24 that is about bodies to the tests that
// every workflow owes.
func TestWorkflow(t *testing.T) {
	faulty := Particulars{Kind: "guild", Level: "village", District: "999999", USCC: "1", Parent: "nobody",
		Contact: Contact{Email: "me", Phone: "call"}}
	wrong := []string{"/name/zh required", "/kind organisation.unknown_kind", "/level organisation.unknown_level", "/district organisation.unknown_district",
		"/uscc organisation.bad_uscc", "/parent organisation.unknown_parent", "/contact/email organisation.bad_email", "/contact/phone organisation.bad_phone"}
	flowtest.Check(t, flowtest.Workflow[Stage, Organisation, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(o Organisation) Stage { return o.Stage },
		Facts: func(m flowtest.Moment) Facts { return Facts{Who: m.Who, Districts: districtCodes()} },
		Samples: []Command{Enter{ID: "jt", Particulars: sound}, Adopt{ID: "jt", Particulars: sound}, Change{Particulars: sound},
			Verify{}, Activate{}, Suspend{Reason: "机构撤并"}, Resume{}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: "", By: permit.SysAdmin, Do: Enter{ID: "J T", Particulars: faulty}, Want: append([]string{"/id organisation.bad_id"}, wrong...)},
			{At: "", By: permit.SysAdmin, Do: Adopt{Particulars: faulty}, Want: append([]string{"/id required"}, wrong...)},
			{At: StageActive, By: permit.SysAdmin, Do: Change{Particulars: faulty}, Want: wrong},
			{At: StageActive, By: permit.SysAdmin, Do: Suspend{Reason: " "}, Want: []string{"/reason required"}},
		},
		Always: []flowtest.Law[Organisation]{
			{Says: "suspended with a reason, and only then", Holds: func(o Organisation) bool { return (o.Stage == StageSuspended) == (o.Reason != "") }},
			{Says: "has a name once it exists", Holds: func(o Organisation) bool { return o.Stage == "" || o.Name.ZH != "" }},
		},
		Readme: "README.md",
	})
}

func TestPlaceInTheTree(t *testing.T) {
	bodies := map[string]Place{
		"city":    {Level: City},
		"hp":      {Level: District, District: "310101", Parent: "city", USCC: "91350100M000100Y43"},
		"hp-edu":  {Level: District, District: "310101", Parent: "hp"},
		"pd":      {Level: District, District: "310115"},
		"company": {},
	}
	admin := permit.Actor{Account: "a", Roles: []permit.Role{permit.SysAdmin}}
	for name, tt := range map[string]struct {
		id   string
		p    Particulars
		want string
	}{
		"under the city":                  {"pd", Particulars{Level: District, District: "310115", Parent: "city"}, ""},
		"under its own district":          {"hp-edu", Particulars{Level: District, District: "310101", Parent: "hp"}, ""},
		"under itself":                    {"hp", Particulars{Level: District, District: "310101", Parent: "hp"}, "/parent organisation.cycle"},
		"under its child":                 {"hp", Particulars{Level: District, District: "310101", Parent: "hp-edu"}, "/parent organisation.cycle"},
		"the top under its grandchild":    {"city", Particulars{Level: City, Parent: "hp-edu"}, "/parent organisation.cycle"},
		"under another district":          {"hp-edu", Particulars{Level: District, District: "310101", Parent: "pd"}, "/parent organisation.other_district"},
		"a city body under a district's":  {"x", Particulars{Level: City, Parent: "pd"}, "/parent organisation.other_district"},
		"a district's without a district": {"x", Particulars{Level: District}, "/district required"},
		"a code that another has":         {"pd", Particulars{Level: District, District: "310115", USCC: "91350100M000100Y43"}, "/uscc organisation.uscc_taken"},
		"its own code":                    {"hp", Particulars{Level: District, District: "310101", USCC: "91350100M000100Y43"}, ""},
		"a company with a level":          {"company", Particulars{Kind: Enterprise, Level: City}, "/level organisation.no_level"},
		"a company":                       {"company", Particulars{Kind: Enterprise}, ""},
		"an unmarked sample":              {"x", Particulars{Name: locale.Text{ZH: "交通委"}, Level: City, Sample: true}, "/name/zh organisation.sample_unmarked"},
	} {
		if tt.p.Name.ZH == "" {
			tt.p.Name.ZH = "单位"
		}
		if tt.p.Kind == "" {
			tt.p.Kind = Organ
		}
		_, err := Decide(Facts{Who: admin, Bodies: bodies, Districts: districtCodes()}, Organisation{ID: tt.id, Stage: StageActive}, Change{Particulars: tt.p})
		var got []string
		if p := problem.As(err); p != nil {
			for _, f := range p.Fields {
				got = append(got, f.Pointer+" "+f.Code)
			}
		}
		if strings.Join(got, ",") != tt.want {
			t.Errorf("%s: %v, want %q", name, got, tt.want)
		}
	}
}

// TestUSCC: published codes of real institutions pass; each with one letter
// changed, or two neighbours swapped, does not.
func TestUSCC(t *testing.T) {
	for _, code := range []string{"91350100M000100Y43", "91110000802100433B"} {
		if !ValidUSCC(code) {
			t.Errorf("%s is refused", code)
		}
		for i := range code {
			for _, r := range usccLetters {
				other := code[:i] + string(r) + code[i+1:]
				if ValidUSCC(other) != (other == code) {
					t.Errorf("%s for %s", other, code)
				}
			}
			if i > 0 && code[i] != code[i-1] {
				if swapped := code[:i-1] + code[i:i+1] + code[i-1:i] + code[i+1:]; ValidUSCC(swapped) {
					t.Errorf("%s passes for %s", swapped, code)
				}
			}
		}
	}
	for _, code := range []string{"", "91350100M000100Y4", "91350100m000100y43", "91350100M000100Y433", "9135010OM000100Y43"} {
		if ValidUSCC(code) {
			t.Errorf("%q passes", code)
		}
	}
}

func TestDistrictsAreTheCitys(t *testing.T) {
	codes := districtCodes()
	if len(codes) != 16 || !slices.IsSorted(codes) {
		t.Errorf("districts: %v", codes)
	}
	for _, d := range Districts() {
		if len(d.Code) != 6 || !strings.HasPrefix(d.Code, "3101") || d.Name.ZH == "" || d.Name.EN == "" || districtIn("上海市"+d.Name.ZH+"教育局") != d.Code {
			t.Errorf("district %+v", d)
		}
	}
	if districtIn("市教委") != "" || DistrictByCode("1").ZH != "" {
		t.Error("a district that is none")
	}
}

func TestArrange(t *testing.T) {
	all := []Organisation{
		{ID: "company", Kind: Enterprise}, {ID: "city", Level: City, Kind: Organ}, {ID: "edu", Level: City, Kind: Organ, Parent: "city"},
		{ID: "hp", Level: District, District: "310101", Parent: "city", Kind: Organ}, {ID: "hp-edu", Level: District, District: "310101", Parent: "hp", Kind: Organ},
		{ID: "pd", Level: District, District: "310115", Kind: Organ}, {ID: "state", Level: National, Kind: Organ}, {ID: "lost", Level: City, Kind: Organ, Parent: "unseen"},
	}
	var got []string
	for _, n := range Arrange(all) {
		got = append(got, strings.Repeat("-", n.Depth)+n.Body.ID+n.District.Name.EN)
	}
	if want := "state city -edu lost Huangpu District -hp --hp-edu Pudong New Area -pd company"; strings.Join(got, " ") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, " "), want)
	}
}
