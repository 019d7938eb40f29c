package openlist

import (
	"slices"
	"strings"
	"unicode"
)

// blank reports whether s says nothing.
func blank(s string) bool { return strings.TrimSpace(s) == "" }

// RepeatsTitle reports whether an abstract only repeats the name (Article
// 9(2)): the two are the same, letter by letter, when blanks and a full stop
// at the end are left out.
func RepeatsTitle(title, abstract string) bool {
	clean := func(s string) string {
		return strings.TrimRight(strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, s), "。.")
	}
	return clean(title) == clean(abstract)
}

// saysLittle reports whether the two differ in nothing but punctuation, case
// and words that every name could have.
func saysLittle(title, abstract string) bool { return plain(title) == plain(abstract) }

// fillers are words that tell no dataset from another.
var fillers = strings.NewReplacer("基本信息", "", "信息", "", "数据集", "", "数据", "", "情况", "", "相关", "", "有关", "", "列表", "", "一览表", "", "明细", "", "的", "")

// emptyWords reports whether a name is made of words that every name could
// have.
func emptyWords(title string) bool { return plain(title) == "" }

// plain is s without punctuation, case and fillers.
func plain(s string) string { return fillers.Replace(letters(s)) }

// letters is s in lower case, without what is neither letter nor digit.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// Abbreviates reports whether the name of a field is an abbreviation, or its
// Chinese title holds one: a run of two to eight capitals, digits among them,
// or a name of consonants only, as initials of pinyin are (Article 9(2)).
func Abbreviates(i Item) bool {
	for _, text := range []string{i.Name, i.Title.ZH} {
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if capitals(word) || initials(word) {
				return true
			}
		}
	}
	return false
}

func capitals(word string) bool {
	n := 0
	for _, r := range word {
		if unicode.IsUpper(r) {
			n++
		} else if unicode.IsLower(r) {
			return false
		}
	}
	return n >= 2 && len(word) <= 8
}

func initials(word string) bool {
	return len(word) >= 2 && len(word) <= 8 && strings.Trim(strings.ToLower(word), "bcdfghjklmnpqrstvwxyz") == ""
}

// repeats reports whether a text says no more than one of others.
func repeats(text string, others ...string) bool {
	return slices.ContainsFunc(others, func(o string) bool { return letters(text) == letters(o) })
}

// openFormats can be read by software of anybody's; proprietary ones need that
// of one maker (Article 9(3)). The lists are ours. [D]
var (
	openFormats        = []string{"csv", "tsv", "txt", "json", "ndjson", "jsonl", "geojson", "xml", "rdf", "ttl", "jsonld", "xlsx", "ods", "odt", "docx", "parquet", "arrow", "html", "pdf", "shp", "gpkg", "kml", "gml", "tif", "tiff", "png", "jpg", "jpeg", "zip", "api", "wms", "wfs", "netcdf", "grib"}
	proprietaryFormats = []string{"xls", "doc", "ppt", "mdb", "accdb", "dwg", "dgn", "gdb", "mxd", "mapinfo", "tab", "wps", "et", "rar", "sav", "dta", "sas7bdat", "dbf", "psd", "rvt", "mpp", "vsd"}
)

// OpenFormat reports whether a format is a general one that anybody can read.
func OpenFormat(f string) bool { return slices.Contains(openFormats, format(f)) }

// Proprietary reports whether a format needs software of one maker.
func Proprietary(f string) bool { return slices.Contains(proprietaryFormats, format(f)) }

func format(f string) string { return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(f)), ".") }

// division reports whether code can be that of a division: 2, 4, 6, 9 or 12
// digits (GB/T 2260, GB/T 10114).
func division(code string) bool {
	return slices.Contains([]int{2, 4, 6, 9, 12}, len(code)) && strings.Trim(code, "0123456789") == ""
}

// address reports whether s is the address of a document.
func address(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	host, _, _ := strings.Cut(rest, "/")
	return ok && strings.Contains(host, ".") && !strings.ContainsAny(s, " \t\n\"<>")
}

// StaticCode is the frequency of data that is no longer updated (Article 9(5)).
const StaticCode = "static"

// Static reports whether the data is declared static (静态数据).
func (d Description) Static() bool { return d.Frequency == StaticCode }

// slower reports whether data that comes to be at one frequency is published
// at a slower one (Article 9(5)): its window is longer, or it has none though
// the other has.
func (c Codes) slower(published, produced string) bool {
	p, ok := c.Frequency(published)
	q, also := c.Frequency(produced)
	if !ok || !also || q.Window == 0 {
		return false
	}
	return p.Window == 0 || p.Window > q.Window
}
