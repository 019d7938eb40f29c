// Package intake reads the files that publishers send. Every uploaded file is
// read in a worker process, the same binary started again, without network,
// in bounded memory and time; a file that breaks its reader breaks only that.
//
// Regulation: Articles 3, 9(3), 16(1), 25(1).
package intake

import (
	"time"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// Request asks for one file to be read.
type Request struct {
	Path   string  `json:"path"`   // of the stored original
	Name   string  `json:"name"`   // as the publisher called it
	Dir    string  `json:"dir"`    // an empty folder for the results
	Recipe *Recipe `json:"recipe"` // nil: guess
	Base   *Base   `json:"base"`   // nil, or the table that the rows are appended to
}

// Base is the table of the version before.
type Base struct {
	Parquet string             `json:"parquet"` // path
	Rows    int64              `json:"rows"`
	Columns []selection.Column `json:"columns"`
}

// Limits bound one worker.
type Limits struct {
	Memory int64         // bytes of resident memory; the worker is killed above it
	Time   time.Duration // wall time
}

// DefaultLimits suit a machine with 2 cores: 1.2 GiB and 30 minutes.
var DefaultLimits = Limits{Memory: 1200 << 20, Time: 30 * time.Minute}

// Recipe is how a file is read: data, versioned, readable in words. It stays
// with the dataset, so that the next file of the same make needs no question.
//
// A recipe without columns is a partial one: what it says is kept, "" and nil
// are guessed. In a full one, "" is the first choice of each.
type Recipe struct {
	Version     int            `json:"version"`             // of this structure; 1
	Format      string         `json:"format"`              // see formats: "csv" (any delimiter), "xlsx", "xls", "ods", "html", "json", …
	Entry       string         `json:"entry,omitempty"`     // path of the file within an archive; "" if the upload is no archive
	Encoding    string         `json:"encoding,omitempty"`  // "utf-8", "gb18030", "big5", "utf-16le", "utf-16be"; formats of text only
	Delimiter   string         `json:"delimiter,omitempty"` // one character; csv only
	Sheet       string         `json:"sheet,omitempty"`     // of a workbook; number of a table of a page of HTML, from 1; layer, list
	Head        *Head          `json:"head,omitempty"`      // never nil in a full recipe
	Totals      string         `json:"totals,omitempty"`    // rows at the end such as 合计: "data" (they are rows), "leave" them out
	Notes       string         `json:"notes,omitempty"`     // lines under the table: "data", "leave"
	Blanks      string         `json:"blanks,omitempty"`    // around text: "trim", "keep"
	Width       string         `json:"width,omitempty"`     // of letters and digits in text: "as_written", "half"
	Nulls       []string       `json:"nulls,omitempty"`     // words that say "nothing", in text too
	Mode        string         `json:"mode,omitempty"`      // of the next file: "replace" the table, "append" to it
	Coordinates *Coordinates   `json:"coordinates,omitempty"`
	Columns     []RecipeColumn `json:"columns"` // in the order of the file
}

// Head says what stands above the rows.
type Head struct {
	Above int `json:"above,omitempty"` // records above the header: titles, units
	Rows  int `json:"rows"`            // records that name the columns together; 0: none
}

// The choices of a recipe.
const (
	AsData, LeaveOut    = "data", "leave"
	Trim, KeepBlanks    = "trim", "keep"
	AsWritten, HalfWide = "as_written", "half"
	Replace, Append     = "replace", "append"
)

// RecipeColumn is one column of a recipe.
type RecipeColumn struct {
	Source string         `json:"source"` // header as it stands in the file; lines of it with blanks between
	Name   string         `json:"name"`   // as published
	Type   selection.Type `json:"type"`
	Scale  int            `json:"scale,omitempty"`
	Unit   string         `json:"unit,omitempty"` // that cells may carry behind their number
	Fill   string         `json:"fill,omitempty"` // empty cells: "" stay empty, "down" take the value above
	Drop   string         `json:"drop,omitempty"` // "drop": not published
}

// What a column may say.
const (
	FillDown   = "down"
	DropColumn = "drop"
)

// Coordinates says which columns are a place, and in which system. The system
// is asked, never guessed: on the map, a wrong one is off by 500 m.
type Coordinates struct {
	Longitude string `json:"longitude"` // names of columns, as published
	Latitude  string `json:"latitude"`
	System    string `json:"system,omitempty"` // see Systems; "" while nobody has said
}

// Result is what came out of a file.
// RowsIn = RowsOut + RowsSetAside always holds.
type Result struct {
	Recipe        Recipe              `json:"recipe"` // as used
	Geometry      *selection.Geometry `json:"geometry,omitempty"`
	RowsIn        int64               `json:"rows_in"` // records of the file; what is in Outside, headers and blank records left out
	RowsOut       int64               `json:"rows_out"`
	RowsSetAside  int64               `json:"rows_set_aside"`        // whole rows that could not be read
	CellsSetAside int64               `json:"cells_set_aside"`       // cells of rows that are out, empty in the table
	Parquet       string              `json:"parquet"`               // path of the canonical file in Dir
	SetAside      string              `json:"set_aside"`             // path of an NDJSON file of [SetAside] in Dir; "" if nothing was
	Repeated      int64               `json:"repeated"`              // rows that are out and equal an earlier one, cell by cell; -1 if not counted
	RowsBefore    int64               `json:"rows_before,omitempty"` // of the table that these were appended to; they are in Parquet too
	Outside       []Outside           `json:"outside,omitempty"`     // lines that are no rows, at most 200
	Remarks       []Word              `json:"remarks,omitempty"`     // what of the file is not in the table, whatever the recipe
	Head          []Line              `json:"head"`                  // the first records as they stand, at most 20
	Rows          [][]string          `json:"rows"`                  // the first rows as they came out, at most 20; "" is null
	Sheets        []string            `json:"sheets,omitempty"`      // of the workbook: what Recipe.Sheet may be
	Profile       tabular.Profile     `json:"profile"`
}

// Schema returns the columns and the geometry of the table that came out.
func (r Result) Schema() selection.Schema {
	return selection.Schema{Columns: r.Recipe.columns(), Geometry: r.Geometry}
}

// SetAside is one thing that did not fit.
type SetAside struct {
	Row    int64  `json:"row"`              // record number in the file, counted from 1 after the header
	Line   int64  `json:"line,omitempty"`   // first line of the record in a text file, counted from 1
	Column string `json:"column,omitempty"` // "" for a whole row
	Text   string `json:"text"`             // as it stands in the file, at most 2,000 characters
	Code   string `json:"code"`             // message key of the reason, e.g. "intake.not_a_number"
}
