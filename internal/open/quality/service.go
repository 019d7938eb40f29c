package quality

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/identifier"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/selection"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/objects"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Tools are what the service works with.
type Tools struct {
	Clock   clock.Clock
	Entries *openlist.Service
	Shelf   objects.Store
	Engine  tabular.Engine // must be a tabular.Examiner too
}

// Service checks versions.
type Service struct{ Tools }

var _ version.Checker = (*Service)(nil)

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

// severity is the most that a check does to a version.
type severity string

const (
	holds  severity = "holds"  // until a second person waives it with a reason
	firmly severity = "firmly" // whatever anybody says, until there is another file or reading
)

// check is one check. Each stands in a file of its own, with its tests beside.
type check struct {
	name     string
	clause   string // of the regulation
	since    workday.Date
	severity severity
	run      func(ctx context.Context, x *examination) ([]version.Finding, error)
}

// checks lists them, most important findings first.
var checks = []check{identifiersCheck, keyCheck, nullsCheck, codesCheck, repeatsCheck}

// Check implements version.Checker: it runs every check that is in force.
// Article 16(1).
func (s *Service) Check(ctx context.Context, _ permit.Actor, r version.CheckRequest) (all []version.Finding, err error) {
	x, err := s.examine(r)
	if err != nil {
		return nil, err
	}
	for _, c := range checks {
		if c.since > x.today {
			continue
		}
		some, err := c.run(ctx, x)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", c.name, err)
		}
		all = append(all, few(some)...)
	}
	return all, nil
}

// maxFindings is how many findings of one check are kept.
const maxFindings = 50

// few shortens a long list and says how many were left out. Those that hold
// come first, so that none that holds makes room for a note.
func few(all []version.Finding) []version.Finding {
	var held, noted []version.Finding
	for _, f := range all {
		if f.Note {
			noted = append(noted, f)
		} else {
			held = append(held, f)
		}
	}
	all = append(held, noted...)
	if len(all) <= maxFindings {
		return all
	}
	return append(all[:maxFindings:maxFindings], version.Finding{Code: "quality.more", Args: map[string]any{"n": len(all) - maxFindings}, Note: true})
}

// examination is one version under examination.
type examination struct {
	version.CheckRequest
	entries  *openlist.Service
	engine   tabular.Examiner
	table    tabular.Table
	profile  map[string]tabular.ColumnProfile
	before   map[string]tabular.ColumnProfile // of the version before; nil if there is none
	rowsThen int64
	repeated int64           // rows that intake found to repeat; -1 if it did not count them
	open     bool            // the data is for all
	hidden   map[string]bool // columns of names and other identifiers that are no runs of digits
	distinct bool            // the key names each row once, so that no two rows are the same
	today    workday.Date
}

func (s *Service) examine(r version.CheckRequest) (x *examination, err error) {
	engine, ok := s.Engine.(tabular.Examiner)
	if !ok {
		return nil, fmt.Errorf("check version: the engine cannot examine tables")
	}
	x = &examination{CheckRequest: r, entries: s.Entries, engine: engine, table: tableOf(r.Outcome), repeated: -1,
		open: version.OpenToAll(r.Version.Kind, string(r.Entry.Opening)), today: workday.Of(s.Clock.Now())}
	if x.profile, _, err = s.profile(r.Outcome); err != nil {
		return nil, err
	}
	if r.Before != nil {
		if x.before, x.rowsThen, err = s.profile(*r.Before.Outcome); err != nil {
			return nil, err
		}
	}
	if r.Outcome.Preview != "" && r.Outcome.RowsBefore == 0 {
		var p version.Preview
		if err := s.read(r.Outcome.Preview, &p); err != nil {
			return nil, err
		}
		x.repeated = p.Repeated
	}
	return x, nil
}

func tableOf(o version.Outcome) tabular.Table {
	return tabular.Table{Parquet: o.Parquet, Schema: o.Schema, Rows: o.Rows}
}

func (s *Service) profile(o version.Outcome) (map[string]tabular.ColumnProfile, int64, error) {
	var p tabular.Profile
	if err := s.read(o.Profile, &p); err != nil {
		return nil, 0, err
	}
	all := make(map[string]tabular.ColumnProfile, len(p.Columns))
	for _, c := range p.Columns {
		all[c.Name] = c
	}
	return all, p.Rows, nil
}

func (s *Service) read(hash string, into any) error {
	path, err := s.Shelf.Path(hash)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("read object %s: %w", hash, err)
	}
	return nil
}

// filled returns how many cells of the column hold something.
func (x *examination) filled(column string) int64 { return x.table.Rows - x.profile[column].Nulls }

// hold makes a finding that holds the version.
func hold(code, column string, args map[string]any) version.Finding {
	if column != "" {
		args["column"] = column
	}
	return version.Finding{Code: code, Column: column, Args: args}
}

// percent writes a share between 0 and 1; what is not nothing is not 0.0 %.
func percent(part, whole int64) string {
	share := 100 * float64(part) / math.Max(1, float64(whole))
	if part > 0 && share < 0.1 {
		return "<0.1%"
	}
	return fmt.Sprintf("%.1f%%", share)
}

// maxCell and maxParts are how many characters of a cell, and how many cells
// of a row, are shown as evidence.
const maxCell, maxParts = 60, 8

// evidence returns cells that may stand in a finding: of data that is open to
// all, since it would be public anyway, with whatever looks like an identifier
// masked, and cells of columns that hold names and the like hidden. Findings are
// kept for ever, so of other data there are none. Columns are those of the cells.
func (x *examination) evidence(groups [][]any, columns ...string) (cells []string) {
	if !x.open {
		return nil
	}
	for _, g := range groups {
		row := g[:len(g)-1] // the last one is the number of rows
		parts := make([]string, min(len(row), maxParts))
		for i := range parts {
			text := identifier.MaskAll(tabular.Text(row[i]), x.today)
			if i < len(columns) && x.hidden[columns[i]] && text != "" {
				text = "***"
			}
			r := []rune(text)
			if len(r) > maxCell {
				r = append(r[:maxCell:maxCell], '…')
			}
			parts[i] = string(r)
		}
		if len(row) > maxParts {
			parts = append(parts, "…")
		}
		cells = append(cells, strings.Join(parts, " | "))
	}
	return cells
}

// whole reports whether cells of the column are whole numbers.
func whole(c selection.Column) bool {
	return c.Type == selection.Integer || c.Type == selection.Decimal && c.Scale == 0
}
