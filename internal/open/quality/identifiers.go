package quality

import (
	"context"
	"strconv"
	"strings"

	"kaishu/internal/base/identifier"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/open/openlist"
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
	spelled, err := x.spelled(ctx)
	return append(all, spelled...), err
}

// tallies counts the numbers in every column that may hold some. The table is
// read once.
func (x *examination) tallies(ctx context.Context) (columns []selection.Column, all []identifier.Tally, err error) {
	var names []string
	for _, c := range x.table.Columns {
		if roomy(c, x.profile[c.Name]) {
			columns, names = append(columns, c), append(names, c.Name)
		}
	}
	if len(columns) == 0 || x.table.Rows == 0 {
		return nil, nil, nil
	}
	all = make([]identifier.Tally, len(columns))
	return columns, all, x.engine.Digits(ctx, x.table, names, func(column int, runs string) error {
		all[column].AddRuns(runs, x.today)
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

// numberKinds are the identifiers that an engine's runs of digits can hold,
// with their message keys.
var numberKinds = []struct {
	kind identifier.Kind
	code string
}{
	{identifier.ResidentID, "quality.resident_id"}, {identifier.OldResidentID, "quality.resident_id_old"},
	{identifier.MobileNumber, "quality.mobile"}, {identifier.BankCard, "quality.bank_card"},
}

// spelled finds the identifiers that are no runs of digits: names, homes,
// plates, permits, addresses of mail and of devices. Every cell counts; an
// engine hands over those that may be some.
func (x *examination) spelled(ctx context.Context) (all []version.Finding, _ error) {
	columns, tallies, err := x.spellings(ctx)
	if err != nil {
		return nil, err
	}
	for i, c := range columns {
		all = append(all, x.tell(c, tallies[i])...)
	}
	return all, nil
}

func (x *examination) spellings(ctx context.Context) (columns []selection.Column, all []*identifier.Tally, _ error) {
	var names []string
	for _, c := range x.table.Columns {
		if x.filled(c.Name) > 0 && x.mayBeSpelled(c) {
			columns, names, all = append(columns, c), append(names, c.Name), append(all, identifier.NewTally(x.today))
		}
	}
	if len(columns) == 0 {
		return nil, nil, nil
	}
	err := x.engine.Matching(ctx, x.table, names, identifier.Pattern, func(column int, cell string, times int64) error {
		all[column].AddTimes(cell, times)
		return nil
	})
	for i, c := range columns {
		all[i].Of(x.filled(c.Name))
	}
	return columns, all, err
}

// mayBeSpelled reports whether a column is of texts, or of whole numbers that
// are described as those of passports or permits.
func (x *examination) mayBeSpelled(c selection.Column) bool {
	item, _ := x.Entry.Item(c.Name)
	return c.Type == selection.Text && x.profile[c.Name].MaxChars > 1 || whole(c) && described(c, item).Permits()
}

// spelledCodes are the message keys of the kinds of [identifier.Spelled].
var spelledCodes = map[identifier.Kind]string{
	identifier.Plate: "quality.plate", identifier.Passport: "quality.passport", identifier.HongKongMacau: "quality.hong_kong_macau_permit",
	identifier.Taiwan: "quality.taiwan_permit", identifier.Email: "quality.email", identifier.IP: "quality.ip", identifier.MAC: "quality.mac",
	identifier.PersonName: "quality.person_name", identifier.HomeAddress: "quality.home_address",
}

// tell makes the findings of one column. Addresses of mail and of devices may
// be those of bodies, unless the column is described as one of persons: only
// those may be waived.
func (x *examination) tell(c selection.Column, t *identifier.Tally) (all []version.Finding) {
	item, _ := x.Entry.Item(c.Name)
	about := described(c, item)
	for _, e := range t.Evidence(about) {
		code := spelledCodes[e.Kind]
		if code == "" {
			continue
		}
		if x.hidden == nil {
			x.hidden = map[string]bool{}
		}
		x.hidden[c.Name] = true
		f := hold(code, c.Name, map[string]any{"n": e.Cells, "share": percent(e.Cells, x.filled(c.Name))})
		f.Evidence = e.Kind.String() + "/" + string(e.Confidence)
		f.Firm, f.Note = e.Kind.Group() == identifier.Person || about.Personal(), !x.open
		if x.open {
			f.Cells = e.Examples
		}
		all = append(all, f)
	}
	return all
}

// judge makes the findings of one column. Only the telephone of a body may be
// waived: see [office].
func (x *examination) judge(c selection.Column, t *identifier.Tally) (all []version.Finding) {
	item, _ := x.Entry.Item(c.Name)
	for _, k := range numberKinds {
		if !t.Holds(k.kind, described(c, item), x.filled(c.Name)) {
			continue
		}
		n := t.Cells[k.kind]
		f := hold(k.code, c.Name, map[string]any{"n": n, "share": percent(n, x.filled(c.Name))})
		f.Evidence = k.kind.String()
		f.Firm, f.Note = k.kind != identifier.MobileNumber || !office(item), !x.open
		if f.Cells = t.Shown[k.kind]; !x.open {
			f.Cells = nil
		}
		all = append(all, f)
	}
	return all
}

// described returns what is known of a column: its name, and what the
// dictionary says of it.
func described(c selection.Column, item openlist.Item) identifier.Column {
	return identifier.Column{Header: c.Name, Whole: whole(c),
		Description: strings.Join([]string{item.Title.ZH, item.Title.EN, item.Description.ZH, item.Description.EN}, "\n")}
}

// office reports whether the dictionary describes a column as the telephone of
// a body and of no person. The zero item, of a column that the dictionary does
// not know, is nobody's office.
func office(item openlist.Item) bool {
	return described(selection.Column{Name: item.Name}, item).Office()
}
