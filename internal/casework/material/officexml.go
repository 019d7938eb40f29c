package material

import (
	"bytes"
	"encoding/xml"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of the XML that is read mark by mark.
const (
	mostListed = 4 << 20  // bytes of a list of types or relations
	mostMarked = 48 << 20 // bytes of a part with fields or formulas
)

// plainXML reports whether data is XML in UTF-8 that defines no words of its
// own. Whoever looks for a mark in it by its bytes finds it.
func plainXML(data []byte) bool {
	if !utf8.Valid(data) || bytes.ContainsRune(data, 0) || bytes.Contains(data, []byte("<!DOCTYPE")) {
		return false
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !bytes.HasPrefix(data, []byte("<?xml")) {
		return true
	}
	declared, _, whole := bytes.Cut(data, []byte("?>"))
	m := encoding.FindSubmatch(declared)
	return whole && (m == nil || strings.EqualFold(string(m[1]), "utf-8") || strings.EqualFold(string(m[1]), "us-ascii"))
}

var encoding = regexp.MustCompile(`encoding\s*=\s*["']([^"']*)["']`)

// element is one start of an element.
type element struct {
	name string
	xml.StartElement
}

// get returns an attribute by its local name; "" if there is none.
func (e element) get(name string) string {
	for _, a := range e.Attr {
		if strings.EqualFold(a.Name.Local, name) {
			return a.Value
		}
	}
	return ""
}

// readMarks calls begin for each start of an element, text for each piece of
// text with the element in which it stands, and end at each end. It reports
// whether data is well formed.
func readMarks(data []byte, begin func(e element), text func(in, s string), end func(name string)) bool {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // plainXML let it pass
	var open []string
	for {
		token, err := d.Token()
		if err == io.EOF {
			return len(open) == 0
		}
		if err != nil {
			return false
		}
		switch t := token.(type) {
		case xml.StartElement:
			open = append(open, t.Name.Local)
			begin(element{t.Name.Local, t})
		case xml.CharData:
			if len(open) > 0 {
				text(open[len(open)-1], string(t))
			}
		case xml.EndElement:
			open = open[:len(open)-1]
			end(t.Name.Local)
		}
	}
}

func noText(_, _ string) {}
func noEnd(string)       {}

// actingTypes are words in the content types of parts that act.
var actingTypes = map[string]string{
	"macro": "material.office_macros", "vba": "material.office_macros",
	"activex": "material.office_inside", "oleobject": "material.office_inside", "officedocument.package": "material.office_inside",
	"externallink": "material.office_fetches", "connections+xml": "material.office_fetches", "webextension": "material.office_fetches",
}

// actingType returns what is wrong with parts of a content type.
func actingType(kind string) (code string) {
	for word, wrong := range actingTypes {
		if strings.Contains(kind, word) && code != "material.office_macros" {
			code = wrong
		}
	}
	return code
}

// readTypes reads the list of content types.
func (o *office) readTypes(data []byte) string {
	if !plainXML(data) || len(data) > mostListed {
		return "material.office_hidden"
	}
	code := ""
	whole := readMarks(data, func(e element) {
		kind := strings.ToLower(e.get("ContentType"))
		switch e.name {
		case "Default":
			o.types = append(o.types, contentType{ending: e.get("Extension"), kind: kind})
		case "Override":
			o.types = append(o.types, contentType{part: e.get("PartName"), kind: kind})
			if wrong := actingType(kind); wrong != "" && code != "material.office_macros" {
				code = wrong
			}
		}
	}, noText, noEnd)
	if code == "" && !whole {
		code = "material.broken"
	}
	return code
}

// actingRelations are the ends of relations to parts that act.
var actingRelations = map[string]string{
	"vbaproject": "material.office_macros", "wordvbadata": "material.office_macros", "xlmacrosheet": "material.office_macros", "xlintlmacrosheet": "material.office_macros",
	"oleobject": "material.office_inside", "package": "material.office_inside", "control": "material.office_inside",
	"activexcontrolbinary": "material.office_inside", "afchunk": "material.office_inside",
	"attachedtemplate": "material.office_fetches", "externallink": "material.office_fetches", "externallinkpath": "material.office_fetches",
	"connections": "material.office_fetches", "extensibility": "material.office_fetches", "webextension": "material.office_fetches",
	"webextensiontaskpanes": "material.office_fetches", "subdocument": "material.office_fetches", "frame": "material.office_fetches",
}

// readRelations reads the relations of a part. Only links that a person
// follows may lead outside.
func (o *office) readRelations(name string, data []byte) string {
	if !plainXML(data) || len(data) > mostListed {
		return "material.office_hidden"
	}
	code := ""
	wrong := func(c string) {
		if code != "material.office_macros" && c != "" {
			code = c
		}
	}
	whole := readMarks(data, func(e element) {
		if e.name != "Relationship" {
			return
		}
		kind := strings.ToLower(path.Base(e.get("Type")))
		wrong(actingRelations[kind])
		target := e.get("Target")
		for _, a := range e.Attr {
			outside := strings.EqualFold(a.Name.Local, "TargetMode") && !strings.EqualFold(a.Value, "Internal")
			if outside && kind != "hyperlink" && target != "NULL" { // where a picture is lost
				wrong("material.office_fetches")
			}
		}
		if kind != "hyperlink" && (strings.Contains(target, ":") || strings.HasPrefix(target, `\`) || strings.HasPrefix(target, "//")) {
			wrong("material.office_fetches")
		}
		if name == "_rels/.rels" && kind == "officedocument" {
			o.main = append(o.main, path.Join("/", target))
		}
	}, noText, noEnd)
	if code == "" && !whole {
		code = "material.broken"
	}
	return code
}

// checkPart looks at a part of XML: its form, and the fields, formulas and
// actions in it.
func checkPart(name string, data []byte) string {
	if !plainXML(data) {
		return "material.office_hidden"
	}
	if strings.HasSuffix(name, ".vml") || strings.HasSuffix(name, ".svg") {
		return ""
	}
	if !slices.ContainsFunc(marks, func(sign string) bool { return bytes.Contains(data, []byte(sign)) }) {
		return ""
	}
	if len(data) > mostMarked {
		return "material.office_too_deep"
	}
	var s seeker
	if !readMarks(data, s.begin, s.text, s.end) {
		return "material.broken"
	}
	if s.acts {
		return "material.office_fields"
	}
	return ""
}

// marks stand in each part that has fields of Word, actions of PowerPoint,
// links or formulas of Excel.
var marks = []string{"instr", "action", "ddeLink", "oleLink", "ddeService",
	"<f>", "<f ", "<f\t", "<f\r", "<f\n", ":f>", ":f ", ":f\t", ":f\r", ":f\n", "ormula", "definedName"}

// seeker looks for fields, formulas and actions that reach outside by
// themselves.
type seeker struct {
	acts   bool
	fields []string        // how those that are open begin, innermost last; Word may cut one into many pieces
	whole  strings.Builder // the formula that is open
}

func (s *seeker) begin(e element) {
	s.whole.Reset()
	switch e.name {
	case "fldSimple":
		s.field(e.get("instr"))
	case "fldChar":
		switch e.get("fldCharType") {
		case "begin":
			s.fields = append(s.fields, "")
		case "end":
			s.fields = s.fields[:max(0, len(s.fields)-1)]
		}
	case "ddeLink", "oleLink", "ddeService":
		s.acts = true
	}
	for _, a := range e.Attr {
		value := strings.ToLower(a.Value)
		if a.Name.Local == "action" && strings.HasPrefix(value, "ppaction://") &&
			(strings.Contains(value, "//program") || strings.Contains(value, "//macro") || strings.Contains(value, "//ole")) {
			s.acts = true
		}
	}
}

// mostBegun is how many bytes of a field are kept: its name stands first.
const mostBegun = 256

func (s *seeker) text(in, text string) {
	switch in {
	case "instrText", "delInstrText":
		if len(s.fields) == 0 { // outside of all marks
			s.fields = append(s.fields, "")
		}
		last := &s.fields[len(s.fields)-1]
		if len(*last) < mostBegun {
			*last = strings.TrimLeft(*last+text[:min(len(text), mostBegun)], " \t\r\n\u00a0\"")
			s.field(*last)
			s.acts = s.acts || len(s.fields) > 1 && spelled.MatchString(*last)
		}
	case "f", "formula", "formula1", "formula2", "definedName", "calculatedColumnFormula", "totalsRowFormula", "oleFormula":
		s.whole.WriteString(text)
	}
}

// end judges the formula that ends.
func (s *seeker) end(string) {
	if s.whole.Len() > 0 {
		s.formula(s.whole.String())
		s.whole.Reset()
	}
}

// reaching are the fields that bring in what lies outside when the document is
// opened or printed. A picture's field is none: it waits for a person, and
// comes with each page that is pasted.
var reaching = regexp.MustCompile(`(?i)^[\s"]*(DDE|DDEAUTO|LINK|INCLUDETEXT|IMPORT)\b`)

// spelled is a field that gives another one its letters.
var spelled = regexp.MustCompile(`(?i)^QUOTE\b`)

func (s *seeker) field(instruction string) { s.acts = s.acts || reaching.MatchString(instruction) }

// quoted are the texts in a formula, which do nothing.
var quoted = regexp.MustCompile(`"[^"]*"`)

// formula finds the bar that calls another program, cmd|'…'!A1, and functions
// that fetch.
func (s *seeker) formula(text string) {
	text = quoted.ReplaceAllString(text, "")
	s.acts = s.acts || strings.Contains(text, "|") || strings.Contains(strings.ToUpper(text), "WEBSERVICE")
}
