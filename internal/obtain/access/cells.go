package access

import (
	"context"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/tabular"
)

// Cells returns the cells of columns in rows that a quality rule named, counted
// from 0 in the order of the table's object. The read is recorded before the
// first cell is (Article 26). Requirements A16.2.
func (r *Reading) Cells(ctx context.Context, rows []int64, columns []string) ([][]tabular.Value, error) {
	assessor, ok := r.tools.Engine.(tabular.Assessor)
	if !ok {
		return nil, problem.New(problem.Unsupported, "access.cannot_compare")
	}
	if err := r.Count(ctx, record.View, "json", int64(len(rows)), 0); err != nil {
		return nil, err
	}
	return assessor.Cells(ctx, r.Table(), rows, columns)
}
