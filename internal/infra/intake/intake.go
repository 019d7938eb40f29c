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
type Recipe struct {
	Version   int            `json:"version"`             // of this structure; 1
	Format    string         `json:"format"`              // "csv" (any delimiter) or "xlsx"
	Encoding  string         `json:"encoding,omitempty"`  // "utf-8", "gb18030"; csv only
	Delimiter string         `json:"delimiter,omitempty"` // one character; csv only
	Sheet     string         `json:"sheet,omitempty"`     // xlsx only
	Header    bool           `json:"header"`              // the first row names the columns
	Columns   []RecipeColumn `json:"columns"`             // in the order of the file
}

// RecipeColumn is one column of a recipe.
type RecipeColumn struct {
	Source string         `json:"source"` // header as it stands in the file
	Name   string         `json:"name"`   // as published
	Type   selection.Type `json:"type"`
	Scale  int            `json:"scale,omitempty"`
}

// Result is what came out of a file.
// RowsIn = RowsOut + RowsSetAside always holds.
type Result struct {
	Recipe        Recipe              `json:"recipe"` // as used
	Geometry      *selection.Geometry `json:"geometry,omitempty"`
	RowsIn        int64               `json:"rows_in"` // records of the file, header and blank lines left out
	RowsOut       int64               `json:"rows_out"`
	RowsSetAside  int64               `json:"rows_set_aside"`  // whole rows that could not be read
	CellsSetAside int64               `json:"cells_set_aside"` // cells of rows that are out, empty in the table
	Parquet       string              `json:"parquet"`         // path of the canonical file in Dir
	SetAside      string              `json:"set_aside"`       // path of an NDJSON file of [SetAside] in Dir; "" if nothing was
	Profile       tabular.Profile     `json:"profile"`
}

// Schema returns the columns and the geometry of the table that came out.
func (r Result) Schema() selection.Schema {
	s := selection.Schema{Geometry: r.Geometry}
	for _, c := range r.Recipe.Columns {
		s.Columns = append(s.Columns, selection.Column{Name: c.Name, Type: c.Type, Scale: c.Scale})
	}
	return s
}

// SetAside is one thing that did not fit.
type SetAside struct {
	Row    int64  `json:"row"`              // record number in the file, counted from 1 after the header
	Line   int64  `json:"line,omitempty"`   // first line of the record in a text file, counted from 1
	Column string `json:"column,omitempty"` // "" for a whole row
	Text   string `json:"text"`             // as it stands in the file, at most 2,000 characters
	Code   string `json:"code"`             // message key of the reason, e.g. "intake.not_a_number"
}
