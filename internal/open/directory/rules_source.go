package directory

import (
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Kinds of source: a file that somebody hands in, an address that is fetched
// every night, and the schema of a PostgreSQL database that is read every
// night.
const (
	KindFile       = "file"
	KindHTTP       = "http"
	KindPostgreSQL = "postgresql"
)

// SourceKinds lists them.
var SourceKinds = []string{KindFile, KindHTTP, KindPostgreSQL}

// Particulars are what somebody says of a source.
type Particulars struct {
	Name       string `json:"name"`
	Body       string `json:"body,omitempty"` // id of the body whose listing it is; "" for one of many bodies
	Form       string `json:"kind"`           // of SourceKinds
	Mapping    string `json:"mapping"`        // name; how its records are written
	Address    string `json:"address,omitempty"`
	Connection string `json:"connection,omitempty"` // name of a connection that the operator keeps, for postgresql
	Schema     string `json:"schema,omitempty"`     // of that database; "" for public
}

// Source is a listing that the catalogue is taken from.
type Source struct {
	ID string `json:"id"`
	Particulars
	Snapshot int          `json:"snapshot"` // number of the last import; 0 before the first
	Hash     string       `json:"hash,omitempty"`
	On       workday.Date `json:"on,omitempty"` // day of that import
}

// SourceEvent is something that happened to a source.
type SourceEvent interface{ Kind() string }

// The events of a source.
type (
	Registered struct {
		ID string `json:"id"`
		Particulars
		By string `json:"by"`
	}
	Imported struct {
		Snapshot  int          `json:"snapshot"`
		Hash      string       `json:"hash"` // SHA-256 of the resources, as JSON
		On        workday.Date `json:"on"`
		Resources int          `json:"resources"`
		Added     int          `json:"added,omitempty"`
		Changed   int          `json:"changed,omitempty"`
		Gone      int          `json:"gone,omitempty"`
		By        string       `json:"by"`
	}
)

func (Registered) Kind() string { return "directory.registered" }
func (Imported) Kind() string   { return "directory.imported" }

// EvolveSource returns s as it stands after event.
func EvolveSource(s Source, event SourceEvent) Source {
	switch e := event.(type) {
	case Registered:
		return Source{ID: e.ID, Particulars: e.Particulars}
	case Imported:
		s.Snapshot, s.Hash, s.On = e.Snapshot, e.Hash, e.On
		return s
	}
	panic("directory: cannot evolve a source by " + event.Kind())
}

// plainWord reports whether s is 1 to 63 lower-case letters, digits, hyphens
// and underscores.
func plainWord(s string) bool {
	return len(s) > 0 && len(s) <= 63 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// MaxName is how many characters the name of a source may have. [D]
const MaxName = 100

// CheckSource finds what is wrong with p, everything at once. Mappings and
// connections are the names of those that there are, and addressed is what is wrong
// with the address, if anything.
func CheckSource(p Particulars, mappings, connections []string, addressed error) error {
	var l problem.List
	l.Require("/name", p.Name)
	if len([]rune(p.Name)) > MaxName {
		l.Add("/name", "directory.too_long", "most", MaxName)
	}
	if !slices.Contains(SourceKinds, p.Form) {
		l.Add("/kind", "directory.unknown_kind", "kind", p.Form)
	}
	if !slices.Contains(mappings, p.Mapping) {
		l.Add("/mapping", "directory.unknown_mapping", "mapping", p.Mapping)
	} else if (p.Form == KindPostgreSQL) != (p.Mapping == KindPostgreSQL) {
		l.Add("/mapping", "directory.mapping_of_another_kind")
	}
	switch {
	case p.Form == KindHTTP && p.Address == "":
		l.Require("/address", "")
	case p.Form == KindHTTP && addressed != nil:
		if rest := l.Merge(addressed); rest != nil {
			return rest
		}
	case p.Form != KindHTTP && p.Address != "":
		l.Add("/address", "directory.no_address_wanted")
	}
	if p.Form == KindPostgreSQL && !slices.Contains(connections, p.Connection) {
		l.Add("/connection", "directory.unknown_connection", "connection", p.Connection)
	}
	if p.Form != KindPostgreSQL && p.Connection+p.Schema != "" {
		l.Add("/connection", "directory.no_connection_wanted")
	}
	if p.Schema != "" && !plainWord(p.Schema) {
		l.Add("/schema", "directory.no_schema", "schema", p.Schema)
	}
	return l.Err()
}

// MaySeeSource reports whether who may see and keep a source: the engineers of
// the centre every one, the editors of a body its own. A database is the
// centre's to connect.
func MayKeepSource(who permit.Actor, p Particulars) bool {
	if who.Has(permit.CtrEngineer) {
		return true
	}
	return p.Body != "" && p.Form != KindPostgreSQL && who.For(p.Body).Has(permit.OpnEditor)
}

// Snapshot is one import of a source.
type Snapshot struct {
	Source    string       `json:"source"`
	Number    int          `json:"number"`
	On        workday.Date `json:"on"`
	Name      string       `json:"name,omitempty"` // of the file or address
	Records   int          `json:"records"`
	Repeats   int          `json:"repeats"` // records that say again what another says
	Resources int          `json:"resources"`
	Fields    int          `json:"fields"`
	Bare      int          `json:"without_fields"` // resources that nothing can be hooked to
	Homeless  int          `json:"without_body"`   // resources of a body that is not on the platform
	Added     int          `json:"added"`
	Changed   int          `json:"changed"`
	Gone      int          `json:"gone"`
	LeftOut   []Fault      `json:"left_out,omitempty"` // at most 200
	Spellings []Spelling   `json:"spellings,omitempty"`
	Strangers []string     `json:"strangers,omitempty"` // names of bodies that are not on the platform, at most 200
	Hash      string       `json:"hash"`
	By        string       `json:"by"` // account
}

// Fault is what is wrong with one record, which is left out for it.
type Fault struct {
	Record int `json:"record"` // counted from 1
	problem.Field
}

// Reading is what a listing says.
type Reading struct {
	Resources []Resource // without ids of bodies, in the order of the listing
	Records   int
	Repeats   int        // records that say again what an earlier one says, word for word
	Faults    []Fault    // of records that are left out
	Spellings []Spelling // bodies that are written in several ways
}

// Heed says what an import may do although something speaks against it.
type Heed struct {
	LeaveOut bool // records with faults are left out
	Shrink   bool // more than MostLost of the resources may go
}

// MayImport returns nil if what was read may replace what source holds.
func MayImport(r Reading, before []Resource, all []Difference, h Heed) error {
	var l problem.List
	if !h.LeaveOut {
		for _, f := range r.Faults {
			l.Keep(problem.Field{Pointer: "/records/" + strconv.Itoa(f.Record) + f.Pointer, Code: f.Code, Args: f.Args})
		}
	}
	if len(r.Resources) == 0 {
		l.Add("/records", "directory.nothing_there")
	} else if lost, held, too := TooFew(before, all); too && !h.Shrink {
		l.Add("/records", "directory.too_few", "lost", lost, "held", held)
	}
	return l.Err()
}
