package identifiertest

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"kaishu/internal/base/identifier"
)

// Figure is how well one kind is told. Cells count as found if their column is
// judged to hold the kind and they do by themselves.
type Figure struct {
	Kind           identifier.Kind
	Cells, Columns int64 // that hold it
	Found, Missed  int64 // cells that hold it
	False          int64 // cells that do not and were found
	Others         int64 // cells of all columns that do not hold it
	Told, Mistaken int64 // columns that hold it and were told so; that do not and were
}

// Recall and Precision are of cells, 0…1; of none they are 1.
func (f Figure) Recall() float64 { return share(f.Found, f.Found+f.Missed) }

// Precision: see Recall.
func (f Figure) Precision() float64 { return share(f.Found, f.Found+f.False) }

// Chance is how often a cell that is none is found, 0…1.
func (f Figure) Chance() float64 { return 1 - share(f.Others-f.False, f.Others) }

func share(n, of int64) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// Measure holds every column's verdict and every cell against its label.
func Measure(all []Column) (figures [identifier.Kinds]Figure) {
	for k := range figures {
		figures[k].Kind = identifier.Kind(k)
	}
	for _, c := range all {
		column := identifier.NewTally(Today)
		for _, cell := range c.Cells {
			column.Add(cell.Text)
		}
		held := [identifier.Kinds]bool{}
		for _, e := range column.Evidence(identifier.Column{Header: c.Header}) {
			held[e.Kind] = true
		}
		for k := range identifier.Kinds {
			f := &figures[k]
			switch is := c.Kind == k; {
			case is && held[k]:
				f.Columns, f.Told = f.Columns+1, f.Told+1
			case is:
				f.Columns++
			case held[k]:
				f.Mistaken++
			}
		}
		for _, cell := range c.Cells {
			count(&figures, c, cell, held)
		}
	}
	return figures
}

func count(figures *[identifier.Kinds]Figure, c Column, cell Cell, held [identifier.Kinds]bool) {
	alone := Alone(cell.Text)
	for k := range identifier.Kinds {
		f, found := &figures[k], held[k] && alone[k]
		switch is := cell.Is && c.Kind == k; {
		case is && found:
			f.Cells, f.Found = f.Cells+1, f.Found+1
		case is:
			f.Cells, f.Missed = f.Cells+1, f.Missed+1
		case found:
			f.False, f.Others = f.False+1, f.Others+1
		default:
			f.Others++
		}
	}
}

// Alone tells which kinds a cell holds by itself. An address is a home's if
// its column says so.
func Alone(text string) (is [identifier.Kinds]bool) {
	t := identifier.NewTally(Today)
	t.Add(text)
	for k, n := range t.Cells {
		is[k] = n > 0
	}
	is[identifier.PersonName] = is[identifier.PersonName] || t.Told() > 0
	is[identifier.HomeAddress] = is[identifier.Address]
	return is
}

// Table writes the figures as a table of a document.
func Table(w io.Writer, figures [identifier.Kinds]Figure) error {
	if _, err := fmt.Fprint(w, "| kind | cells that hold it | recall | precision | false of all others | columns told | columns mistaken |\n|---|---|---|---|---|---|---|\n"); err != nil {
		return err
	}
	for _, f := range figures {
		if _, err := fmt.Fprintf(w, "| %s | %d | %.4f | %.4f | %d of %d | %d of %d | %d |\n", f.Kind, f.Cells, f.Recall(), f.Precision(), f.False, f.Others, f.Told, f.Columns, f.Mistaken); err != nil {
			return err
		}
	}
	return nil
}

// Write writes the columns as CSV, one cell a line, that says of itself that
// it is synthetic.
func Write(w io.Writer, all []Column) error {
	out := csv.NewWriter(w)
	lines := [][]string{{"synthetic", "column", "header", "kind", "is", "shape", "cell"}}
	for i, c := range all {
		for _, cell := range c.Cells {
			lines = append(lines, []string{"synthetic", strconv.Itoa(i), c.Header, c.Kind.String(), strconv.FormatBool(cell.Is), cell.Shape, cell.Text})
		}
	}
	return out.WriteAll(lines)
}

// Small returns the set that lies in the repository, testdata/synthetic.csv.
func Small() []Column { return Columns(20261125, 3, 24) }

// Large returns the set of 100,000 cells by which the figures are told.
func Large() []Column { return Columns(20261126, 125, 25) }

// Bounds are the least recall and precision of a kind: 0.999 of those with a
// check sign or a form of their own; of names and addresses what
// research/privacy.md section 7 asks. [D]
func Bounds(k identifier.Kind) (recall, precision float64) {
	switch k {
	case identifier.PersonName:
		return 0.985, 0.93
	case identifier.Address, identifier.HomeAddress:
		return 0.89, 0.89
	}
	return 0.999, 0.999
}
