package tabular

import (
	"context"

	"kaishu/internal/base/probe"
)

// Assessor answers the probes of quality rules. Engines that can do it
// implement it beside Engine; like [Examiner] it needs no serving copy and
// takes as long as it takes, in bounded memory.
type Assessor interface {
	// Assess answers probes, in their order. Rows are counted from 0 in the
	// order of the table's Parquet object. All but probe.Once are answered in
	// one reading of t; each probe.Once takes one of its columns. Known names
	// the tables that probe.Known asks for.
	//
	// A probe must fit the table; a regular expression that is none is a fault
	// of the caller's.
	Assess(ctx context.Context, t Table, probes []probe.Test, known map[string]Table) ([]probe.Answer, error)
	// Cells returns the cells of columns in the given rows, counted as in
	// Assess, in the order of rows; a row that is not there is left out.
	Cells(ctx context.Context, t Table, rows []int64, columns []string) ([][]Value, error)
}
