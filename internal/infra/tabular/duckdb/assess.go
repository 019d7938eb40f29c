package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/probe"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

var _ tabular.Assessor = (*Engine)(nil)

// Assess implements tabular.Assessor.
func (e *Engine) Assess(ctx context.Context, t tabular.Table, probes []probe.Test, known map[string]tabular.Table) ([]probe.Answer, error) {
	all := make([]probe.Answer, len(probes))
	db, err := e.lying(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	from, err := e.scanOf(t, ", file_row_number=true")
	if err != nil {
		return nil, err
	}
	a := &assessing{statement: statement{schema: t.Schema, geometry: t.Geometry}, used: map[int]bool{}, tables: map[string]string{}}
	for name, other := range known {
		if a.tables[name], err = e.scanOf(other, ""); err != nil {
			return nil, err
		}
	}
	for i, p := range probes {
		if _, ok := p.(probe.Once); !ok {
			a.places = append(a.places, i)
			a.ask(p, known)
		}
	}
	if len(a.places) > 0 {
		if err := a.run(ctx, db, from, all); err != nil {
			return nil, told(ctx, err)
		}
	}
	return all, told(ctx, once(ctx, db, from, t, probes, all))
}

// once answers every probe.Once, those of few columns first: where a key names
// each row once, rows that hold it cannot be the same.
func once(ctx context.Context, db *sql.DB, from string, t tabular.Table, probes []probe.Test, all []probe.Answer) (err error) {
	var places []int
	for i, p := range probes {
		if _, ok := p.(probe.Once); ok {
			places = append(places, i)
		}
	}
	of := func(place int) probe.Once { return probes[place].(probe.Once) }
	slices.SortStableFunc(places, func(a, b int) int { return len(of(a).Columns) - len(of(b).Columns) })
	var keys [][]string
	for _, i := range places {
		p := of(i)
		named := func(key []string) bool {
			return !slices.ContainsFunc(key, func(c string) bool { return !slices.Contains(p.Columns, c) })
		}
		if p.Nulls && slices.ContainsFunc(keys, named) {
			all[i] = probe.Answer{Looked: t.Rows}
			continue
		}
		if all[i], err = repeated(ctx, db, from, t.Schema, p); err != nil {
			return err
		}
		if all[i].Failed == 0 && all[i].Looked == t.Rows {
			keys = append(keys, p.Columns)
		}
	}
	return nil
}

// assessing is the one query under way.
type assessing struct {
	statement                   // parameters
	used      map[int]bool      // places of the columns that are read
	tables    map[string]string // scans of known tables
	places    []int             // of the probes asked
	flags     []string          // two conditions per probe: looked, holds
}

// ask adds one probe: which rows it looks at, and the condition that holds in
// rows that do not fail.
func (a *assessing) ask(p probe.Test, known map[string]tabular.Table) {
	looked, holds := "TRUE", "TRUE"
	switch p := p.(type) {
	case probe.Filled:
		holds = a.value(p.Column) + " IS NOT NULL"
		if c, _ := a.schema.Column(p.Column); c.Type == selection.Text {
			holds = "nullif(trim(" + a.value(p.Column) + ", ' \t\r\n\u00a0\u3000'), '') IS NOT NULL"
		}
	case probe.Holds:
		looked, holds = a.condition(p)
	case probe.Matching:
		a.args = append(a.args, p.Pattern)
		looked, holds = a.there(p.Column), "regexp_full_match("+a.written(p.Column)+", CAST(? AS VARCHAR))"
	case probe.Long:
		length := "length(" + a.written(p.Column) + ")"
		looked, holds = a.there(p.Column), length+" >= "+strconv.Itoa(p.Least)
		if p.Most > 0 {
			holds = "(" + holds + " AND " + length + " <= " + strconv.Itoa(p.Most) + ")"
		}
	case probe.Ordered:
		first, second := a.value(p.First), a.value(p.Second)
		looked, holds = a.there(p.First)+" AND "+a.there(p.Second), first+" <= "+second
	case probe.Reads:
		looked, holds = a.there(p.Column), a.reads(p)
	case probe.Rounded:
		cell := a.value(p.Column)
		looked, holds = a.there(p.Column), fmt.Sprintf("round(%s, %d) = %s", cell, p.Most, cell)
	case probe.Known:
		among := columnsOf(known[p.In].Schema, []string{p.Among})[0]
		looked = a.there(p.Column)
		holds = a.written(p.Column) + " IN (SELECT CAST(" + output(among, quote(among.Name)) + " AS VARCHAR) FROM " + a.tables[p.In] + " WHERE " + quote(among.Name) + " IS NOT NULL)"
	default:
		panic(fmt.Sprintf("duckdb: no SQL for %T", p))
	}
	a.flags = append(a.flags, "("+looked+")", "("+holds+")")
}

// condition writes the two sides of probe.Holds. What is looked at is written
// first, since parameters are counted by their place in the text.
func (a *assessing) condition(p probe.Holds) (looked, holds string) {
	looked = "TRUE"
	if p.Column != "" {
		looked = a.there(p.Column)
	}
	a.read(p.When)
	a.read(p.Then)
	if p.When != nil {
		looked += " AND coalesce(" + a.where(p.When) + ", FALSE)"
	}
	return looked, a.where(p.Then)
}

// value returns the SQL name of a column and has it read.
func (a *assessing) value(column string) string {
	for i, c := range a.schema.Columns {
		if c.Name == column {
			a.used[i] = true
			return stored(i)
		}
	}
	panic("duckdb: no column " + column + ": the probe was not checked")
}

func (a *assessing) there(column string) string { return a.value(column) + " IS NOT NULL" }

// written returns the cell as text.
func (a *assessing) written(column string) string {
	c, _ := a.schema.Column(column)
	if c.Type == selection.Text {
		return a.value(column)
	}
	return "CAST(" + output(c, a.value(column)) + " AS VARCHAR)"
}

// forms are regular expressions that the forms of a cell match.
var forms = map[probe.Form]string{
	probe.Integer:      `[-+]?[0-9]+`,
	probe.Number:       `[-+]?[0-9]+(\.[0-9]+)?`,
	probe.Date:         `[0-9]{4}-[0-9]{2}-[0-9]{2}`,
	probe.DateTime:     `[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?`,
	probe.URL:          `https?://[^\s/]+(/\S*)?`,
	probe.CreditCode:   `[0-9A-HJ-NPQRTUWXY]{18}`,
	probe.DivisionCode: `[0-9]{6}([0-9]{3}|[0-9]{6})?`,
}

// inForm are the column types whose cells are of a form by themselves.
var inForm = map[probe.Form][]selection.Type{
	probe.Integer: {selection.Integer}, probe.Number: {selection.Integer, selection.Number, selection.Decimal},
	probe.Date: {selection.Date}, probe.DateTime: {selection.DateTime},
}

func (a *assessing) reads(p probe.Reads) string {
	c, _ := a.schema.Column(p.Column)
	for _, t := range inForm[p.As] {
		if c.Type == t {
			return "TRUE"
		}
	}
	cell := a.written(p.Column)
	holds := "regexp_full_match(" + cell + ", " + text(forms[p.As]) + ")"
	switch p.As {
	case probe.Date:
		holds += " AND TRY_CAST(" + cell + " AS DATE) IS NOT NULL"
	case probe.DateTime:
		holds += " AND TRY_CAST(" + cell + " AS TIMESTAMP) IS NOT NULL"
	}
	return holds
}

// run puts the query together: columns by their place, then the conditions,
// then what is counted of them.
func (a *assessing) run(ctx context.Context, db *sql.DB, from string, all []probe.Answer) error {
	columns := []string{"file_row_number AS n"}
	for i, c := range a.schema.Columns {
		if a.used[i] {
			columns = append(columns, quote(c.Name)+" AS "+stored(i))
		}
	}
	flags, counts := []string{"n"}, make([]string, 0, len(a.flags)*3/2)
	for i := range len(a.flags) / 2 {
		flags = append(flags, fmt.Sprintf("%s AS l%d, %s AS h%d", a.flags[2*i], i, a.flags[2*i+1], i))
		fails := fmt.Sprintf("FILTER (l%d AND h%d IS NOT TRUE)", i, i)
		counts = append(counts, fmt.Sprintf("count(*) FILTER (l%d)", i), "count(*) "+fails, fmt.Sprintf("min(n, %d) %s", probe.Shown, fails))
	}
	query := "SELECT " + strings.Join(counts, ", ") + " FROM (SELECT " + strings.Join(flags, ", ") + " FROM (SELECT " + strings.Join(columns, ", ") + " FROM " + from + "))"
	into := make([]any, len(counts))
	cells := make([]any, len(counts))
	for i := range cells {
		into[i] = &cells[i]
	}
	if err := db.QueryRowContext(ctx, query, a.args...).Scan(into...); err != nil {
		return fmt.Errorf("assess table: %w", err)
	}
	for i, place := range a.places {
		all[place] = probe.Answer{Looked: cells[3*i].(int64), Failed: cells[3*i+1].(int64), Rows: numbers(cells[3*i+2])}
	}
	return nil
}

// numbers reads a list of row numbers.
func numbers(cell any) (all []int64) {
	list, _ := cell.([]any)
	for _, n := range list {
		all = append(all, n.(int64))
	}
	return all
}

// repeated answers probe.Once. Rows are told apart by a hash of 64 bits first;
// only those that share one are compared.
func repeated(ctx context.Context, db *sql.DB, from string, schema selection.Schema, p probe.Once) (a probe.Answer, err error) {
	named, plain, filled := make([]string, len(p.Columns)), make([]string, len(p.Columns)), make([]string, len(p.Columns))
	for i, c := range columnsOf(schema, p.Columns) {
		named[i], plain[i], filled[i] = quote(c.Name)+" AS "+stored(i), stored(i), stored(i)+" IS NOT NULL"
	}
	row := strings.Join(plain, ", ")
	where := ""
	if !p.Nulls {
		where = " WHERE " + strings.Join(filled, " AND ")
	}
	rows := func(also string) string {
		return "(SELECT hash(" + row + ") AS h, * FROM (SELECT " + strings.Join(append(named, also), ", ") + " FROM " + from + ")" + where + ")"
	}
	if c, ok := schema.Column(p.Columns[0]); ok && len(p.Columns) == 1 && c.Type == selection.Integer {
		if a.Looked, ok, err = marked(ctx, db, from, quote(c.Name)); ok && !p.Nulls || err != nil {
			return a, err
		}
	}
	// To be alone, rows need only be as many as their hashes.
	var hashes int64
	if err := db.QueryRowContext(ctx, "SELECT CAST(coalesce(sum(n), 0) AS BIGINT), count(*) FROM (SELECT count(*) AS n FROM "+rows("0 AS z")+" GROUP BY h)").Scan(&a.Looked, &hashes); err != nil {
		return a, fmt.Errorf("count repeats: %w", err)
	}
	if a.Looked == hashes {
		return a, nil
	}
	var first any
	err = db.QueryRowContext(ctx, "SELECT count(*), min(n, "+strconv.Itoa(probe.Shown)+") FROM (SELECT n, row_number() OVER (PARTITION BY "+row+" ORDER BY n) AS place FROM "+
		rows("file_row_number AS n")+" WHERE h IN (SELECT h FROM "+rows("0 AS z")+" GROUP BY h HAVING count(*) > 1)) WHERE place > 1").Scan(&a.Failed, &first)
	a.Rows = numbers(first)
	return a, err
}

// maxMarks is the range of whole numbers of which each is marked by a bit:
// 32 MiB of them.
const maxMarks = 1 << 28

// marked counts the filled cells of a column of whole numbers, and reports
// whether they are proved to differ: by a bit for each number of their range,
// if that is not too wide. It takes a fraction of the time of a hash of each.
func marked(ctx context.Context, db *sql.DB, from, column string) (filled int64, differ bool, err error) {
	var low, high sql.NullInt64
	if err := db.QueryRowContext(ctx, "SELECT count("+column+"), min("+column+"), max("+column+") FROM "+from).Scan(&filled, &low, &high); err != nil {
		return 0, false, fmt.Errorf("count repeats: %w", err)
	}
	span := uint64(high.Int64) - uint64(low.Int64) // right even if the difference needs 64 bits
	if filled == 0 || span >= maxMarks || span+1 < uint64(filled) {
		return filled, filled == 0, nil
	}
	var marks int64
	query := fmt.Sprintf("SELECT bit_count(bitstring_agg(%s, %d::BIGINT, %d::BIGINT)) FROM %s", column, low.Int64, high.Int64, from)
	if err := db.QueryRowContext(ctx, query).Scan(&marks); err != nil {
		return 0, false, fmt.Errorf("count repeats: %w", err)
	}
	return filled, marks == filled, nil
}

// Cells implements tabular.Assessor.
func (e *Engine) Cells(ctx context.Context, t tabular.Table, rows []int64, columns []string) (all [][]tabular.Value, err error) {
	db, err := e.lying(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	from, err := e.scanOf(t, ", file_row_number=true")
	if err != nil || len(rows) == 0 || len(columns) == 0 {
		return nil, err
	}
	kinds := columnsOf(t.Schema, columns)
	list := make([]string, len(kinds))
	for i, c := range kinds {
		list[i] = output(c, quote(c.Name)) + " AS " + stored(i)
	}
	wanted := make([]string, len(rows))
	for i, n := range rows {
		wanted[i] = strconv.FormatInt(n, 10)
	}
	found, err := db.QueryContext(ctx, "SELECT "+strings.Join(list, ", ")+", file_row_number FROM "+from+" WHERE file_row_number IN ("+strings.Join(wanted, ", ")+")")
	if err != nil {
		return nil, told(ctx, err)
	}
	defer found.Close()
	byRow := map[int64][]tabular.Value{}
	err = scanAll(found, len(kinds)+1, func(row []any) error {
		cellsOf(kinds, row[:len(kinds)])
		byRow[row[len(kinds)].(int64)] = row[:len(kinds):len(kinds)]
		return nil
	})
	for _, n := range rows {
		if row, ok := byRow[n]; ok {
			all = append(all, row)
		}
	}
	return all, told(ctx, err)
}

// read has the columns read that a condition names.
func (a *assessing) read(e selection.Expr) {
	var parts []selection.Expr
	switch e := e.(type) {
	case selection.And:
		parts = e
	case selection.Or:
		parts = e
	case selection.Not:
		parts = []selection.Expr{e.Part}
	case selection.Compare:
		a.value(e.Column)
	case selection.Between:
		a.value(e.Column)
	case selection.In:
		a.value(e.Column)
	case selection.Like:
		a.value(e.Column)
	case selection.IsNull:
		a.value(e.Column)
	case selection.Intersects:
		a.value(a.geometry.Longitude)
		a.value(a.geometry.Latitude)
	}
	for _, part := range parts {
		a.read(part)
	}
}
