package directory

import (
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

func file(change func(*Particulars)) Particulars {
	p := Particulars{Name: "目录", Form: KindFile, Mapping: "resources"}
	change(&p)
	return p
}

// TestWhatIsWrongWithASource: each fault alone, beside a source of each kind
// that has none; then all of them at once.
func TestWhatIsWrongWithASource(t *testing.T) {
	mappings, connections := []string{"resources", "postgresql"}, []string{"land"}
	var bad problem.List
	bad.Add("/address", "outgoing.not_public")
	for _, x := range []struct {
		name      string
		p         Particulars
		addressed error
		want      string
	}{
		{"a file", file(func(*Particulars) {}), nil, ""},
		{"an address", Particulars{Name: "目录", Form: KindHTTP, Mapping: "resources", Address: "https://data.example/list"}, nil, ""},
		{"a database", Particulars{Name: "目录", Form: KindPostgreSQL, Mapping: "postgresql", Connection: "land", Schema: "public_2"}, nil, ""},
		{"no name", file(func(p *Particulars) { p.Name = " " }), nil, "/name required"},
		{"a long name", file(func(p *Particulars) { p.Name = strings.Repeat("长", MaxName+1) }), nil, "/name directory.too_long"},
		{"a longest name", file(func(p *Particulars) { p.Name = strings.Repeat("长", MaxName) }), nil, ""},
		{"no kind", file(func(p *Particulars) { p.Form = "fax" }), nil, "/kind directory.unknown_kind"},
		{"no mapping", file(func(p *Particulars) { p.Mapping = "x" }), nil, "/mapping directory.unknown_mapping"},
		{"a mapping of databases", file(func(p *Particulars) { p.Mapping = "postgresql" }), nil, "/mapping directory.mapping_of_another_kind"},
		{"no address", Particulars{Name: "目录", Form: KindHTTP, Mapping: "resources"}, nil, "/address required"},
		{"a bad address", Particulars{Name: "目录", Form: KindHTTP, Mapping: "resources", Address: "http://127.0.0.1/"}, bad.Err(), "/address outgoing.not_public"},
		{"an address of a file", file(func(p *Particulars) { p.Address = "https://data.example" }), nil, "/address directory.no_address_wanted"},
		{"a connection that is not there", Particulars{Name: "目录", Form: KindPostgreSQL, Mapping: "postgresql", Connection: "sea"}, nil, "/connection directory.unknown_connection"},
		{"a connection of a file", file(func(p *Particulars) { p.Connection = "land" }), nil, "/connection directory.no_connection_wanted"},
		{"a schema that is SQL", Particulars{Name: "目录", Form: KindPostgreSQL, Mapping: "postgresql", Connection: "land", Schema: `a"; DROP`}, nil, "/schema directory.no_schema"},
		{"everything", Particulars{Form: "fax", Mapping: "x", Address: "a", Connection: "b", Schema: "-;"}, nil,
			"/name required, /kind directory.unknown_kind, /mapping directory.unknown_mapping, /address directory.no_address_wanted, /connection directory.no_connection_wanted, /schema directory.no_schema"},
	} {
		if got := strings.Join(told(CheckSource(x.p, mappings, connections, x.addressed)), ", "); got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}

// TestWhoKeepsASource: the engineers of the centre every one, an editor the
// files and addresses of his body.
func TestWhoKeepsASource(t *testing.T) {
	engineer := permit.Actor{Account: "c", Organisation: "centre", Roles: []permit.Role{permit.CtrEngineer}}
	editor := permit.Actor{Account: "e", Organisation: "weather", Roles: []permit.Role{permit.OpnEditor}}
	for _, x := range []struct {
		who        permit.Actor
		body, form string
		want       bool
	}{
		{engineer, "", KindFile, true}, {engineer, "weather", KindPostgreSQL, true},
		{editor, "weather", KindFile, true}, {editor, "weather", KindHTTP, true}, {editor, "weather", KindPostgreSQL, false},
		{editor, "", KindFile, false}, {editor, "transport", KindFile, false},
	} {
		if got := MayKeepSource(x.who, Particulars{Body: x.body, Form: x.form}); got != x.want {
			t.Errorf("%s keeps a %s source of %q: %t", x.who.Account, x.form, x.body, got)
		}
	}
}

// TestAnImportIsHeldUp by records with faults, by nothing to read, and by the
// loss of many resources; each may be allowed on its own, but for nothing.
func TestAnImportIsHeldUp(t *testing.T) {
	ten := make([]Resource, 10)
	var lost []Difference
	for i := range ten {
		ten[i].ID = string(rune('a' + i))
		if i >= 5 {
			lost = append(lost, Difference{Resource: ten[i].ID, Kind: "gone"})
		}
	}
	faulty := Reading{Resources: ten, Faults: []Fault{{3, problem.Field{Pointer: "/name", Code: "required"}}}}
	for _, x := range []struct {
		name string
		err  error
		want string
	}{
		{"all is well", MayImport(Reading{Resources: ten}, ten, nil, Heed{}), ""},
		{"a fault", MayImport(faulty, nil, nil, Heed{}), "/records/3/name required"},
		{"a fault that is left out", MayImport(faulty, nil, nil, Heed{LeaveOut: true}), ""},
		{"nothing", MayImport(Reading{}, nil, nil, Heed{LeaveOut: true, Shrink: true}), "/records directory.nothing_there"},
		{"half is gone", MayImport(Reading{Resources: ten[:5]}, ten, lost, Heed{LeaveOut: true}), "/records directory.too_few"},
		{"half may go", MayImport(Reading{Resources: ten[:5]}, ten, lost, Heed{Shrink: true}), ""},
		{"both", MayImport(Reading{Resources: ten[:5], Faults: faulty.Faults}, ten, lost, Heed{}), "/records/3/name required, /records directory.too_few"},
	} {
		if got := strings.Join(told(x.err), ", "); got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
	if !slices.Contains(told(MayImport(faulty, nil, nil, Heed{Shrink: true})), "/records/3/name required") {
		t.Error("the leave to shrink is leave to drop faults")
	}
}
