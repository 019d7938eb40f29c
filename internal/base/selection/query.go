package selection

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"kaishu/internal/base/paging"
	"kaishu/internal/base/problem"
)

// Limits is what a caller allows and gives when nothing is asked.
type Limits struct {
	Default int // rows when limit is absent; 0 for no limit
	Max     int // most rows that may be asked for; 0 for any number
}

// Parse reads a query from the parameters of a URL: select, where, order,
// limit, group and aggregate. README.md has their grammar. Lists may be given
// in several values; empty values are left aside. The answer has passed
// [Check]. It fails with problem.Invalid and every fault of every parameter.
func Parse(values map[string][]string, schema Schema, limits Limits) (Select, error) {
	r := &reader{values: values, schema: schema, told: map[string]int{}}
	var s Select
	s.Limit = r.limit(limits)
	var err error
	if text, ok := r.one("where"); ok {
		s.Where, err = ParseWhere(text)
	}
	if err := r.faults.Merge(err); err != nil {
		return Select{}, err
	}
	for _, item := range r.list("group") {
		s.Group = append(s.Group, r.name("?group", item))
	}
	for _, item := range r.list("aggregate") {
		if a, ok := r.aggregate(item); ok {
			s.Aggregates = append(s.Aggregates, a)
		} else {
			r.add("?aggregate", "selection.bad_aggregate", "value", cut(item))
		}
	}
	r.selected(&s)
	for _, item := range r.list("order") {
		s.Order = append(s.Order, r.order(item))
	}
	checked, err := Check(s, schema)
	if err := r.faults.Merge(err); err != nil {
		return Select{}, err
	}
	if err := r.faults.Err(); err != nil {
		return Select{}, err
	}
	return checked, nil
}

type reader struct {
	values map[string][]string
	schema Schema
	faults problem.List
	told   map[string]int
}

func (r *reader) add(pointer, code string, args ...any) {
	if r.told[pointer]++; r.told[pointer] <= maxFaults {
		r.faults.Add(pointer, code, args...)
	}
}

// one returns the only value of a parameter that is not empty.
func (r *reader) one(key string) (string, bool) {
	given := slices.DeleteFunc(slices.Clone(r.values[key]), func(v string) bool { return strings.TrimSpace(v) == "" })
	if len(given) > 1 {
		r.add("?"+key, "selection.repeated")
	}
	if len(given) != 1 {
		return "", false
	}
	return given[0], true
}

func (r *reader) limit(limits Limits) int {
	text, ok := r.one("limit")
	if !ok {
		return limits.Default
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err == nil && n >= 1 && (n <= limits.Max || limits.Max == 0) {
		return n
	}
	if limits.Max == 0 {
		r.add("?limit", "selection.bad_limit")
	} else {
		r.add("?limit", "selection.bad_limit_max", "max", limits.Max)
	}
	return 0
}

// list returns the items of a parameter, cut at commas outside of quotes.
func (r *reader) list(key string) []string {
	var items []string
	text := strings.Join(r.values[key], ",")
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		r.add("?"+key, "selection.bad_text")
		return nil
	case utf8.RuneCountInString(text) > MaxText:
		r.add("?"+key, "selection.too_long", "max", MaxText)
		return nil
	case strings.Count(text, `"`)%2 == 1:
		r.add("?"+key, "selection.open_quotes")
		return nil
	}
	from, within := 0, false
	for i, c := range text + "," {
		within = within != (c == '"')
		if c != ',' || within {
			continue
		}
		if item := strings.TrimSpace(text[from:i]); item != "" {
			items = append(items, item)
		}
		from = i + 1
	}
	return items
}

// name reads a column's name, which may be in double quotes.
func (r *reader) name(pointer, item string) string {
	if _, ok := r.schema.Column(item); ok {
		return item
	}
	if n, ok := unquote(item); ok {
		return n
	}
	if strings.ContainsRune(item, '，') {
		r.add(pointer, "selection.fullwidth_comma", "near", cut(item))
	}
	return item
}

func unquote(item string) (string, bool) {
	if len(item) < 3 || item[0] != '"' || item[len(item)-1] != '"' {
		return "", false
	}
	inner := item[1 : len(item)-1]
	if strings.Contains(strings.ReplaceAll(inner, `""`, ""), `"`) {
		return "", false
	}
	return strings.ReplaceAll(inner, `""`, `"`), true
}

// aggregate reads "sum(客流量)" or "count(*)".
func (r *reader) aggregate(item string) (Aggregate, bool) {
	function, rest, ok := strings.Cut(item, "(")
	inner, closed := strings.CutSuffix(rest, ")")
	inner = strings.TrimSpace(inner)
	if !ok || !closed || inner == "" || strings.ContainsRune(function, '"') {
		return Aggregate{}, false
	}
	a := Aggregate{Function: Function(strings.ToLower(strings.TrimSpace(function)))}
	if inner != "*" {
		a.Column = r.name("?aggregate", inner)
	}
	return a, true
}

// selected reads select: columns, and in a grouped query also aggregates.
func (r *reader) selected(s *Select) {
	var columns []string
	for _, item := range r.list("select") {
		a, ok := r.aggregate(item)
		_, column := r.schema.Column(item)
		if ok && !column && slices.Contains(Functions, a.Function) {
			s.Aggregates = append(s.Aggregates, a)
		} else {
			columns = append(columns, r.name("?select", item))
		}
	}
	if !s.Grouped() {
		s.Columns = columns
		return
	}
	for _, n := range columns {
		if slices.Contains(s.Group, n) {
			continue
		}
		if _, ok := r.schema.Column(n); ok {
			r.add("?select", "selection.not_grouped", "column", n)
		} else {
			r.add("?select", "selection.unknown_column", "column", cut(n))
		}
	}
}

// order reads "列", "列 desc", "列 asc" or "-列".
func (r *reader) order(item string) Order {
	if _, ok := r.schema.Column(item); ok {
		return Order{Column: item}
	}
	var o Order
	rest, minus := strings.CutPrefix(item, "-")
	o.Descending = minus
	if i := strings.LastIndexAny(rest, " \t"); i > 0 && !minus {
		if way := strings.ToLower(rest[i+1:]); way == "asc" || way == "desc" {
			rest, o.Descending = rest[:i], way == "desc"
		}
	}
	rest = strings.TrimSpace(rest)
	a, ok := r.aggregate(rest)
	if _, column := r.schema.Column(rest); ok && !column {
		o.Column = a.Name()
	} else {
		o.Column = r.name("?order", rest)
	}
	return o
}

// Values writes s, which has been checked, as the parameters that [Parse]
// reads, canonically; parameters that say nothing are left out, and so is
// After.
func Values(s Select) map[string][]string {
	values := map[string][]string{}
	put := func(key string, items []string) {
		if len(items) > 0 {
			values[key] = []string{strings.Join(items, ",")}
		}
	}
	put("select", listed(s.Columns))
	put("group", listed(s.Group))
	named := map[string]string{} // text of each aggregate by its name
	var aggregates, order []string
	for _, a := range s.Aggregates {
		text := string(a.Function) + "(*)"
		if a.Column != "" {
			text = string(a.Function) + "(" + listName(a.Column) + ")"
		}
		named[a.Name()] = text
		aggregates = append(aggregates, text)
	}
	put("aggregate", aggregates)
	for _, o := range s.Order {
		text, ok := named[o.Column]
		if !ok {
			text = listName(o.Column)
		}
		if o.Descending {
			text += " desc"
		}
		order = append(order, text)
	}
	put("order", order)
	if s.Where != nil {
		put("where", []string{Where(s.Where)})
	}
	if s.Limit > 0 {
		put("limit", []string{strconv.Itoa(s.Limit)})
	}
	return values
}

func listed(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = listName(n)
	}
	return out
}

// listName writes a name for a list, in quotes unless it is plain.
func listName(column string) string {
	if plain(column) {
		return column
	}
	return `"` + strings.ReplaceAll(column, `"`, `""`) + `"`
}

// Fingerprint names the query s, which has been checked, for cursors. Limit
// and After are left out: pages of one query may differ in size. Add in of
// whatever else a cursor is bound to, such as the hash of the table.
func Fingerprint(s Select, of ...string) string {
	values := Values(s)
	parts := slices.Clone(of)
	for _, key := range []string{"select", "where", "order", "group", "aggregate"} {
		parts = append(parts, key+"="+strings.Join(values[key], ","))
	}
	return paging.Fingerprint(parts...)
}
