package intake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// parquetReader reads the CSV that the engine has made of a Parquet file, and
// knows the columns that the file declares.
type parquetReader struct{ all []selection.Column }

func (p *parquetReader) padded() bool { return false }

func (p *parquetReader) coordinates() *Coordinates { return nil }

func (p *parquetReader) columns() (all []RecipeColumn) {
	for _, c := range p.all {
		all = append(all, RecipeColumn{Source: c.Name, Type: c.Type, Scale: c.Scale})
	}
	return all
}

// unfold lets the engine write the rows into a file of ours.
func (p *parquetReader) unfold(ctx context.Context, f *os.File, dir string, loader Loader) (*os.File, error) {
	path := filepath.Join(dir, "parquet.csv")
	var err error
	p.all, err = loader.Unfold(ctx, f.Name(), path, maxColumns, maxUnpacked)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, tabular.ErrTooLarge):
		return nil, problem.New(problem.Invalid, "intake.unpacks_too_large")
	case err != nil:
		reason := strings.NewReplacer(f.Name(), "…", path, "…", filepath.Dir(f.Name()), "…", dir, "…").Replace(err.Error())
		return nil, problem.New(problem.Invalid, "intake.parquet_broken", "reason", cut(reason))
	}
	if err := tooMany(len(p.all)); err != nil {
		return nil, err
	}
	rows, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open rows of Parquet: %w", err)
	}
	return rows, nil
}

func (p *parquetReader) look(_ context.Context, _ *os.File, given *Recipe) (Recipe, error) {
	form := Recipe{Format: "parquet"}
	return form, sheetFormat(given, form.Format)
}

func (p *parquetReader) open(f *os.File, _ Recipe) (rows, error) {
	pass, err := (&textReader{eol: '\n'}).open(f, Recipe{Encoding: utf8Name, Delimiter: ","})
	return &declaredRows{pass: pass, columns: p.all}, err
}

// declaredRows is a pass that begins with the names of the columns.
type declaredRows struct {
	pass    rows
	columns []selection.Column
	opened  bool
}

func (d *declaredRows) next(r *row) error {
	if d.opened {
		err := d.pass.next(r)
		r.line = 0 // of no file that anybody sent
		return err
	}
	d.opened = true
	*r = row{}
	for _, c := range d.columns {
		r.fields = append(r.fields, []byte(c.Name))
	}
	return nil
}
