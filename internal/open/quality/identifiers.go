package quality

import (
	"context"
	"strconv"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/open/version"
)

// identifiersCheck: no direct identifier of a person in data that is open to
// all. In other data it is noted; see version.Finding.Firm. Article 16(1),
// requirements SM-08 and A22.3.
var identifiersCheck = check{name: "identifiers", clause: "16(1)", since: "2022-12-31", severity: firmly, run: identifiers}

func identifiers(ctx context.Context, x *examination) (all []version.Finding, _ error) {
	columns, tallies, err := x.tallies(ctx)
	if err != nil {
		return nil, err
	}
	for i, c := range columns {
		all = append(all, x.judge(c, &tallies[i])...)
	}
	return all, nil
}

// tallies counts the numbers in every column that may hold some. The table is
// read once.
func (x *examination) tallies(ctx context.Context) (columns []selection.Column, all []tally, err error) {
	var names []string
	for _, c := range x.table.Columns {
		if roomy(c, x.profile[c.Name]) {
			columns, names = append(columns, c), append(names, c.Name)
		}
	}
	if len(columns) == 0 || x.table.Rows == 0 {
		return nil, nil, nil
	}
	all = make([]tally, len(columns))
	return columns, all, x.engine.Digits(ctx, x.table, names, func(column int, runs string) error {
		all[column].add(runs, x.today)
		return nil
	})
}

// roomy reports whether a column has cells that are long enough.
func roomy(c selection.Column, p tabular.ColumnProfile) bool {
	switch {
	case c.Type == selection.Text:
		return p.MaxChars >= tabular.MinDigits
	case whole(c):
		return digitsOf(p.Min) >= tabular.MinDigits || digitsOf(p.Max) >= tabular.MinDigits
	}
	return false
}

// digitsOf counts the digits of a whole number of a profile; JSON has made a
// float64 of it if it was no text.
func digitsOf(bound any) int {
	text, ok := bound.(string)
	if n, isNumber := bound.(float64); isNumber {
		text, ok = strconv.FormatFloat(n, 'f', 0, 64), true
	}
	if !ok {
		return 0
	}
	if text != "" && text[0] == '-' {
		return len(text) - 1
	}
	return len(text)
}

// codesOf are the message keys of the kinds.
var codesOf = [kinds]string{
	residentID: "quality.resident_id", oldResidentID: "quality.resident_id_old", mobileNumber: "quality.mobile", bankCard: "quality.bank_card",
}

// judge makes the findings of one column. Only the telephone of a body may be
// waived: see [office].
func (x *examination) judge(c selection.Column, t *tally) (all []version.Finding) {
	item, _ := x.Entry.Item(c.Name)
	for k := range kinds {
		if !t.holdsKind(k, c, item, x.filled(c.Name)) {
			continue
		}
		f := hold(codesOf[k], c.Name, map[string]any{"n": t.cells[k], "share": percent(t.cells[k], x.filled(c.Name))})
		f.Firm, f.Note = k != mobileNumber || !office(item), !x.open
		if f.Cells = t.shown[k]; !x.open {
			f.Cells = nil
		}
		all = append(all, f)
	}
	return all
}
