package version

import (
	"maps"
	"slices"
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/base/workday"
)

// Stage is where a version stands.
type Stage string

// The stages.
const (
	StageIngested   Stage = "ingested"   // the original is stored; it waits to be read
	StageRefused    Stage = "refused"    // the file cannot be read as a table, or not in the way that is known
	StageProfiled   Stage = "profiled"   // read whole: table and statistics exist
	StageBlocked    Stage = "blocked"    // a check holds it; see Findings
	StageStaged     Stage = "staged"     // files and serving copy are made; it waits for release
	StageReturned   Stage = "returned"   // the lead gave it back to the editor, with a reason
	StageDiscarded  Stage = "discarded"  // final: the editor gave it up before it was ever released
	StageReleased   Stage = "released"   // what a reader gets by default
	StageSuperseded Stage = "superseded" // a newer one was released; this stays at its address
	StageRecalled   Stage = "recalled"   // final: taken back; the tombstone stays
)

// Table is the whole life of a version.
var Table = flow.Table[Stage]{
	{Do: "ingest", From: in(""), To: StageIngested, By: permit.OpnEditor, Article: "9(3)"},
	{Do: "profile", From: in(StageIngested), To: StageProfiled, By: permit.Clock, Article: "16(1)"},
	{Do: "refuse", From: in(StageIngested), To: StageRefused, By: permit.Clock, Article: "9(3)"},
	{Do: "block", From: in(StageProfiled), To: StageBlocked, By: permit.Clock, Article: "16(1)"},
	{Do: "reread", From: in(StageRefused, StageBlocked, StageStaged, StageReturned), To: StageIngested, By: permit.OpnEditor, Article: "9(3)"},
	{Do: "waive", From: in(StageBlocked), To: StageProfiled, By: permit.OpnLead, Not: "ingest reread", Article: "16(1)"},
	{Do: "rule", From: in(StageBlocked), To: StageBlocked, By: permit.OpnLead, Not: "ingest reread", Article: "16(1)"},
	{Do: "rule", From: in(StageStaged), To: StageStaged, By: permit.OpnLead, Not: "ingest reread", Article: "16(1)"},
	{Do: "free", From: in(StageBlocked), To: StageProfiled, By: permit.Clock, Article: "16(1)"},
	{Do: "stage", From: in(StageProfiled), To: StageStaged, By: permit.Clock},
	{Do: "return", From: in(StageStaged), To: StageReturned, By: permit.OpnLead, Not: "ingest reread", Article: "16(1)"},
	{Do: "discard", From: in(StageIngested, StageProfiled, StageRefused, StageBlocked, StageStaged, StageReturned), To: StageDiscarded, By: permit.OpnEditor},
	{Do: "release", From: in(StageStaged), To: StageReleased, By: permit.OpnLead, Not: "ingest reread", Article: "16(1)"},
	{Do: "release_by_rule", From: in(StageStaged), To: StageReleased, By: permit.Clock, Article: "9(5)"},
	{Do: "supersede", From: in(StageReleased), To: StageSuperseded, By: permit.Clock, Article: "9(5)"},
	{Do: "recall", From: in(StageReleased, StageSuperseded), To: StageRecalled, By: permit.OpnLead, Article: "16(1)"},
	{Do: "recall", From: in(StageReleased, StageSuperseded), To: StageRecalled, By: permit.CtrQuality, Article: "16(2)"},
}

func in(s ...Stage) []Stage { return s }

// Kind is what a version holds of its dataset.
type Kind string

// The kinds of version.
const (
	Full   Kind = "full"   // the data
	Sample Kind = "sample" // 样本数据集: drawn from conditional data, open without application (Article 22)
)

// Kinds lists the kinds of version.
var Kinds = []Kind{Full, Sample}

// Origin is the file as it was sent.
type Origin struct {
	Name  string `json:"name"` // as the publisher called it
	Hash  string `json:"hash"` // SHA-256, hex
	Bytes int64  `json:"bytes"`
}

// Outcome is what reading the file gave. RowsBefore + RowsIn = Rows + RowsSetAside.
type Outcome struct {
	selection.Schema
	SchemaHash    string `json:"schema_hash"` // names and types of the columns
	Rows          int64  `json:"rows"`
	RowsIn        int64  `json:"rows_in"`
	RowsBefore    int64  `json:"rows_before,omitempty"` // of the version that these were appended to
	Base          int    `json:"base,omitempty"`        // and its number; 0 if there is none
	RowsSetAside  int64  `json:"rows_set_aside"`
	CellsSetAside int64  `json:"cells_set_aside"`
	Parquet       string `json:"parquet"` // object of the canonical table
	ParquetBytes  int64  `json:"parquet_bytes"`
	Profile       string `json:"profile"`             // object of the statistics, JSON of tabular.Profile
	SetAside      string `json:"set_aside,omitempty"` // object of the list of what was set aside, NDJSON; "" if nothing was
	Recipe        string `json:"recipe"`              // object of the recipe, JSON of intake.Recipe
	Preview       string `json:"preview,omitempty"`   // object of what an editor looks at, JSON of Preview
	// Findings are what the checks found, notes too; nil if nothing.
	Findings []Finding `json:"findings,omitempty"`
}

// File is one file made for download.
type File struct {
	Format  string `json:"format"`
	Hash    string `json:"hash,omitempty"` // SHA-256 of the object
	Bytes   int64  `json:"bytes,omitempty"`
	Refused string `json:"refused,omitempty"` // message code when the format cannot hold the table
}

// Finding is something that a check found. It stands in the ledger, so it
// holds no personal data: direct identifiers are masked wherever they appear.
type Finding struct {
	Code   string         `json:"code"` // message key
	Args   map[string]any `json:"args,omitempty"`
	Column string         `json:"column,omitempty"`
	Cells  []string       `json:"cells,omitempty"` // a few cells as evidence; for those who work on the version, see Shown
	Note   bool           `json:"note,omitempty"`  // worth knowing; it does not hold the version
	// Firm may never be waived: a direct identifier in data that is open to
	// all. A note that is firm would hold the version were its data open.
	Firm bool `json:"firm,omitempty"`
	// Evidence is the kind of direct identifier that the column seems to hold,
	// and how surely: "person_name/likely"; "" of other findings. See Ruling.
	Evidence string `json:"evidence,omitempty"`
}

// Version is what the rules know of one version.
type Version struct {
	ID         string            `json:"id"`
	Dataset    string            `json:"dataset"` // slug
	Number     int               `json:"number"`  // 1, 2, 3 … within the dataset
	Kind       Kind              `json:"kind"`
	Stage      Stage             `json:"stage"`
	Origin     Origin            `json:"origin"`
	Recipe     string            `json:"recipe,omitempty"`     // object of how the file is to be read, JSON of intake.Recipe; "" as the version before, else a guess
	UpdatedOn  workday.Date      `json:"updated_on"`           // day up to which the data is, as the publisher says
	Note       locale.Text       `json:"note"`                 // where the table comes from, if not from the publisher's own systems
	NotSecret  bool              `json:"not_secret,omitempty"` // the uploader declared it (不涉密)
	Outcome    *Outcome          `json:"outcome,omitempty"`    // nil until profiled
	Files      []File            `json:"files,omitempty"`      // empty until staged
	Findings   []Finding         `json:"findings,omitempty"`
	Rulings    []Ruling          `json:"rulings,omitempty"`  // columns that hold no identifiers, as people ruled; for those who work on it
	Waived     string            `json:"waived,omitempty"`   // reason of the lead for going on in spite of Findings
	Reason     string            `json:"reason,omitempty"`   // of the recall
	Returned   string            `json:"returned,omitempty"` // reason of the lead for giving it back; "" if it was not, or was read anew since
	ReleasedOn workday.Date      `json:"released_on,omitempty"`
	Did        map[string]string `json:"did,omitempty"` // verb → doer, for four eyes
}

// setAside is how many rows and cells of the file are not in the table.
func (v Version) setAside() int64 {
	if v.Outcome == nil {
		return 0
	}
	return v.Outcome.RowsSetAside + v.Outcome.CellsSetAside
}

// Readable reports whether the version's data is offered at all.
func (v Version) Readable() bool { return v.Stage == StageReleased || v.Stage == StageSuperseded }

// File returns the file of that format.
func (v Version) File(format string) (File, bool) {
	for _, f := range v.Files {
		if f.Format == format {
			return f, true
		}
	}
	return File{}, false
}

// Facts are what the rules need to know of the world.
type Facts struct {
	Who   permit.Actor
	Today workday.Date
	Open  bool // the data is for all; see OpenToAll
	// Unconditioned: the data is open under conditions, and none are in force.
	Unconditioned bool
	// Before is the schema hash of the released version of the same kind; ""
	// if none was ever released.
	Before string
	// Released is the number of that version; 0 if there is none.
	Released int
	// Rulings are the newest of each column of the dataset.
	Rulings []Ruling
	// Same is the number of a version of the dataset that came from the same
	// bytes and still stands; 0 if there is none.
	Same int
}

// MaxSetAsideShare is the share of rows that may be set aside before a person
// must look: more than one in ten means that the file was read wrongly. [D]
const MaxSetAsideShare = 0.1

// Decide says what happens when c is asked of v. It changes nothing. The zero
// Version is one that does not exist yet.
func Decide(f Facts, v Version, c Command) ([]Event, error) {
	if err := Table.Permit(v.Stage, c.Verb(), f.Who, v.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Ingest:
		return ingest(f, c)
	case Reread:
		return []Event{Rereading{Recipe: c.Recipe, By: f.Who.Doer()}}, nil
	case Profile:
		return []Event{Profiled{Outcome: c.Outcome, Rulings: inForce(f.Rulings, c.Outcome.Findings)}}, nil
	case Refuse:
		return []Event{FileRefused(c)}, nil
	case Block:
		if findings := Held(v); len(findings) > 0 {
			return []Event{Blocked{Findings: findings}}, nil
		}
		return nil, nil
	case Waive:
		if err := needReason(c.Reason); err != nil {
			return nil, err
		}
		if firm(v) {
			return nil, problem.New(problem.Conflict, "version.identifiers_not_waivable")
		}
		return []Event{Waived(c)}, nil
	case Rule:
		return rule(f, v, c)
	case Free:
		if len(Held(v)) > 0 {
			return nil, nil
		}
		return []Event{Freed{}}, nil
	case StageFiles:
		return stage(v, c)
	case Return:
		if err := needReason(c.Reason); err != nil {
			return nil, err
		}
		return []Event{Returned(c)}, nil
	case Discard:
		return []Event{Discarded{}}, nil
	case Release:
		return release(f, v)
	case ReleaseByRule:
		if !FitsBefore(f, v) {
			return nil, nil
		}
		return []Event{Released{Dataset: v.Dataset, Number: v.Number, On: f.Today, ByRule: true}}, nil
	case Supersede:
		return []Event{Superseded{Dataset: v.Dataset}}, nil
	case Recall:
		if err := needReason(c.Reason); err != nil {
			return nil, err
		}
		return []Event{Recalled{Dataset: v.Dataset, Reason: c.Reason}}, nil
	}
	panic("version: no rule for " + c.Verb())
}

func release(f Facts, v Version) ([]Event, error) {
	switch {
	case f.Unconditioned:
		return nil, problem.New(problem.Conflict, "version.no_conditions")
	case grownElsewhere(f, v):
		return nil, problem.New(problem.Conflict, "version.base_moved", "base", v.Outcome.Base, "number", f.Released)
	case openedSince(f, v):
		return nil, problem.New(problem.Conflict, "version.opened_since")
	}
	return []Event{Released{Dataset: v.Dataset, Number: v.Number, On: f.Today}}, nil
}

// Said returns every fault of what a person says of a file, which a form can
// ask before there is a file: what it holds, up to which day, and that it
// holds no state secret (不涉密). Articles 2 and 9(3).
func Said(f Facts, c Ingest) (p problem.List) {
	if !slices.Contains(Kinds, c.Kind) {
		p.Add("/kind", "version.unknown_kind", "kind", string(c.Kind))
	}
	switch {
	case c.UpdatedOn == "":
		p.Add("/updated_on", "required")
	case !c.UpdatedOn.Valid():
		p.Add("/updated_on", "version.bad_day", "day", string(c.UpdatedOn))
	case c.UpdatedOn > f.Today:
		p.Add("/updated_on", "version.day_to_come", "day", string(c.UpdatedOn))
	}
	if !c.NotSecret {
		p.Add("/not_secret", "version.not_secret_needed")
	}
	return p
}

func ingest(f Facts, c Ingest) ([]Event, error) {
	p := Said(f, c)
	p.Require("/name", c.Origin.Name)
	if c.Origin.Bytes == 0 {
		p.Add("/file", "version.empty_file")
	}
	if f.Same > 0 {
		p.Add("/file", "version.same_file", "number", f.Same)
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return []Event{Received{ID: c.ID, Dataset: c.Dataset, Number: c.Number, Holds: c.Kind,
		Origin: c.Origin, Recipe: c.Recipe, UpdatedOn: c.UpdatedOn, Note: c.Note, NotSecret: c.NotSecret, By: f.Who.Doer()}}, nil
}

// stage refuses while a check holds the version and nobody has waived it, or
// may: staging is the clock's step and must never outrun a person's.
func stage(v Version, c StageFiles) ([]Event, error) {
	if v.Waived == "" && len(Held(v)) > 0 || firm(v) {
		return nil, problem.New(problem.Conflict, "version.held")
	}
	return []Event{Staged(c)}, nil
}

// Held returns why a profiled version must wait for a person. Article 16(1).
func Held(v Version) []Finding {
	o := v.Outcome
	if o == nil {
		return nil
	}
	var all []Finding
	if o.Rows == 0 {
		all = append(all, Finding{Code: "version.no_rows"})
	}
	if float64(o.RowsSetAside) > MaxSetAsideShare*float64(o.RowsIn) {
		all = append(all, Finding{Code: "version.many_rows_set_aside", Args: map[string]any{"n": o.RowsSetAside, "of": o.RowsIn}})
	}
	for _, f := range o.Findings {
		if !f.Note && !ruled(v, f) {
			all = append(all, f)
		}
	}
	return all
}

// firm reports whether something holds v that nobody may waive (SM-08).
func firm(v Version) bool {
	return slices.ContainsFunc(Held(v), func(f Finding) bool { return f.Firm })
}

// openedSince reports whether v holds direct identifiers that did no harm when
// it was checked, since its data was not for all; now it is.
func openedSince(f Facts, v Version) bool {
	return f.Open && v.Outcome != nil && slices.ContainsFunc(v.Outcome.Findings, func(f Finding) bool { return f.Firm && !ruled(v, f) })
}

// grownElsewhere reports whether the table that v was appended to is no longer
// the one that is offered: its newer rows would be lost.
func grownElsewhere(f Facts, v Version) bool {
	return v.Outcome != nil && v.Outcome.Base != 0 && v.Outcome.Base != f.Released
}

// FitsBefore reports whether v may be released without a person: an earlier
// version of the same schema was, and nothing was set aside or waived. A
// version that a check holds does not come so far.
func FitsBefore(f Facts, v Version) bool {
	return !f.Unconditioned && f.Before != "" && v.Outcome != nil && v.Outcome.SchemaHash == f.Before && v.Waived == "" && !ruledAnew(v) && !grownElsewhere(f, v) && !openedSince(f, v) &&
		v.Outcome.RowsSetAside == 0 && v.Outcome.CellsSetAside == 0
}

func needReason(reason string) error {
	var p problem.List
	if strings.TrimSpace(reason) == "" {
		p.Add("/reason", "required")
	}
	return p.Err()
}

// Evolve returns v as it stands after event.
func Evolve(v Version, event Event) Version {
	switch e := event.(type) {
	case Received:
		v = Version{ID: e.ID, Dataset: e.Dataset, Number: e.Number, Kind: e.Holds, Stage: StageIngested,
			Origin: e.Origin, Recipe: e.Recipe, UpdatedOn: e.UpdatedOn, Note: e.Note, NotSecret: e.NotSecret}
		v.Did = map[string]string{"ingest": e.By}
	case Rereading:
		v.Stage, v.Recipe, v.Outcome, v.Files, v.Findings, v.Waived, v.Returned = StageIngested, e.Recipe, nil, nil, nil, "", ""
		v.Did = maps.Clone(v.Did)
		v.Did["reread"] = e.By
	case Profiled:
		v.Stage, v.Outcome, v.Rulings = StageProfiled, &e.Outcome, e.Rulings
	case FileRefused:
		v.Stage, v.Findings = StageRefused, e.Findings
	case Blocked:
		v.Stage, v.Findings = StageBlocked, e.Findings
	case Waived:
		v.Stage, v.Waived = StageProfiled, e.Reason
	case Ruled:
		v = withRuling(v, e.Ruling)
	case Freed:
		v.Stage = StageProfiled
	case Staged:
		v.Stage, v.Files = StageStaged, e.Files
	case Returned:
		v.Stage, v.Returned = StageReturned, e.Reason
	case Discarded:
		v.Stage = StageDiscarded
	case Released:
		v.Stage, v.ReleasedOn = StageReleased, e.On
	case Superseded:
		v.Stage = StageSuperseded
	case Recalled:
		v.Stage, v.Reason = StageRecalled, e.Reason
	default:
		panic("version: cannot evolve by " + event.Kind())
	}
	return v
}
