package intake

import (
	"slices"
	"strings"
)

// Word is one sentence about a recipe: a message key and its arguments.
type Word struct {
	Code string         `json:"code"`
	Args map[string]any `json:"args,omitempty"`
}

func word(code string, args ...any) Word {
	w := Word{Code: code}
	for i := 0; i+1 < len(args); i += 2 {
		if w.Args == nil {
			w.Args = map[string]any{}
		}
		w.Args[args[i].(string)] = args[i+1]
	}
	return w
}

// Words says in sentences how a recipe reads a file, columns left out.
func (r Recipe) Words() (all []Word) {
	add := func(w Word) { all = append(all, w) }
	switch {
	case r.Delimiter != "":
		add(word("intake.says_text", "format", strings.ToUpper(r.Format), "encoding", encodingName(r.Encoding), "delimiter", delimiterName(r.Delimiter)))
	case r.Encoding != "":
		add(word("intake.says_encoded", "format", strings.ToUpper(r.Format), "encoding", encodingName(r.Encoding)))
	default:
		add(word("intake.says_format", "format", strings.ToUpper(r.Format)))
	}
	if r.Entry != "" {
		add(word("intake.says_entry", "entry", r.Entry))
	}
	if r.Sheet != "" {
		add(word("intake.says_sheet", "sheet", r.Sheet))
	}
	if r.Head != nil {
		if r.Head.Above > 0 {
			add(word("intake.says_above", "n", r.Head.Above))
		}
		switch r.Head.Rows {
		case 0:
			add(word("intake.says_no_header"))
		case 1:
			if r.declares() {
				break
			}
			add(word("intake.says_header", "line", r.Head.Above+1))
		default:
			add(word("intake.says_headers", "from", r.Head.Above+1, "to", r.Head.Above+r.Head.Rows))
		}
	}
	if r.Notes == LeaveOut {
		add(word("intake.says_notes"))
	}
	if r.Totals == LeaveOut {
		add(word("intake.says_totals"))
	}
	if len(r.Nulls) > 0 {
		add(word("intake.says_nulls", "words", strings.Join(r.Nulls, "  ")))
	}
	if r.Width == HalfWide {
		add(word("intake.says_half"))
	}
	if r.Blanks == KeepBlanks {
		add(word("intake.says_blanks"))
	}
	if c := r.Coordinates; c != nil && c.System != "" {
		add(word("intake.says_place", "longitude", c.Longitude, "latitude", c.Latitude, "system", systemName(c.System)))
		if c.converts() {
			lon, lat := c.convertedNames()
			add(word("intake.says_converted", "longitude", lon, "latitude", lat))
		}
	}
	if r.Mode == Append {
		add(word("intake.says_append"))
	}
	return all
}

// declares reports whether files of this format name their columns themselves.
func (r Recipe) declares() bool {
	return slices.Contains([]string{"json", "ndjson", "geojson", "parquet", "dbf", "shapefile", "arrow"}, r.Format)
}

// encodingName is an encoding as people write it.
func encodingName(e string) string {
	switch e {
	case gb18030Name:
		return "GB18030（GBK）"
	case big5Name:
		return "Big5"
	}
	return strings.ToUpper(e)
}

func delimiterName(d string) string {
	switch d {
	case "\t":
		return "⇥ Tab"
	case " ":
		return "␠"
	case "\x01":
		return "␁ SOH"
	case "\x1f":
		return "␟ US"
	}
	return d
}

func systemName(s string) string {
	return map[string]string{WGS84: "WGS-84", CGCS2000: "CGCS2000", GCJ02: "GCJ-02", BD09: "BD-09"}[s]
}

// Asked is a question that the file does not answer and nobody may guess. The
// table comes out without the answer; what depends on it does not.
type Asked struct {
	Code    string         `json:"code"` // message key
	Args    map[string]any `json:"args,omitempty"`
	Pointer string         `json:"pointer"` // the place in the recipe that answers it
	Choices []string       `json:"choices"`
}

// Asks returns the questions that a recipe leaves open.
func (r Recipe) Asks() (all []Asked) {
	if c := r.Coordinates; c != nil && c.System == "" {
		w := word("intake.asks_system", "longitude", c.Longitude, "latitude", c.Latitude)
		all = append(all, Asked{Code: w.Code, Args: w.Args, Pointer: "/coordinates/system", Choices: Systems})
	}
	return all
}

// Check returns every fault of a recipe that can be seen without a file.
func (r Recipe) Check() error { return checkRecipe(r) }
