package layout

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
)

// Form is a form as a person sees it: what stands in its fields, and what is
// wrong with it. Names are JSON pointers; see [web.Context.Form].
type Form struct {
	Wrong []Wrong // every fault, in the order told; for the summary on top

	values url.Values
	say    func(key string) string
}

// Wrong is one fault, told on top and beside its field.
type Wrong struct {
	Name  string // of the field; "" for the form as a whole
	Text  string
	Label string // of the field, once it is made
}

// ID is where the summary leads.
func (w Wrong) ID() string { return fieldID(w.Name) }

// Blank returns a form that shows the values of x, a struct; nil for none.
func Blank(c *web.Context, x any) Form {
	f := Form{values: url.Values{}, say: func(key string) string { return c.Say(key) }}
	if x == nil {
		return f
	}
	text, err := json.Marshal(x)
	if err != nil {
		panic(fmt.Sprintf("layout: a form of %T: %v", x, err)) // a plain struct
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var tree any
	if d.Decode(&tree) == nil {
		f.fill("", tree)
	}
	return f
}

func (f *Form) fill(at string, x any) {
	switch x := x.(type) {
	case map[string]any:
		for name, value := range x {
			f.fill(at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name), value)
		}
	case []any:
		for i, value := range x {
			if text, ok := value.(string); ok {
				f.values.Add(at+"/-", text)
				continue
			}
			f.fill(fmt.Sprintf("%s/%d", at, i), value)
		}
	case nil:
	default:
		f.values.Set(at, fmt.Sprint(x))
	}
}

// Kept returns a form that was half filled earlier: a draft.
func Kept(c *web.Context, values url.Values) Form {
	return Form{values: values, say: func(key string) string { return c.Say(key) }}
}

// Has reports whether the form has a field called name.
func (f Form) Has(name string) bool { return f.values.Has(name) }

// Tell adds what is wrong with the form.
func (f *Form) Tell(c *web.Context, p *problem.Error) {
	for i, e := range c.Shape(0, p).Errors {
		f.Wrong = append(f.Wrong, Wrong{Name: p.Fields[i].Pointer, Text: e.Detail})
	}
}

// Again returns the form that was sent, with what is wrong with it.
func Again(c *web.Context, p *problem.Error) Form {
	c.Typed("") // reads the form
	f := Form{values: c.Request.PostForm, say: func(key string) string { return c.Say(key) }}
	shape := c.Shape(0, p)
	for i, e := range shape.Errors {
		name := p.Fields[i].Pointer
		if name != "" && !f.values.Has(name) && f.values.Has(name+"/-") {
			name += "/-"
		}
		f.Wrong = append(f.Wrong, Wrong{Name: name, Text: e.Detail})
	}
	if len(shape.Errors) == 0 {
		f.Wrong = []Wrong{{Text: shape.Detail}}
	}
	return f
}

// Told returns the problem that the page of a form shows on the form itself:
// what a person can mend there. It is nil for anything else.
func Told(err error) *problem.Error {
	p := problem.As(err)
	if p == nil {
		return nil
	}
	switch p.Kind {
	case problem.Invalid, problem.Conflict, problem.TooLarge, problem.Unsupported, problem.TooMany:
		return p
	}
	if p.Kind == problem.Forbidden && strings.HasPrefix(p.Code, "flow.") {
		return p
	}
	return nil
}

// Status is the status of a page that shows a form with faults.
const Status = http.StatusUnprocessableEntity

// Value returns what stands in the field called name.
func (f Form) Value(name string) string { return f.values.Get(name) }

// Values returns what stands in the fields called name+"/-".
func (f Form) Values(name string) []string { return f.values[name+"/-"] }

// ListID is the id of what holds the boxes called name+"/-": where the summary
// leads for a fault of the list.
func (f Form) ListID(name string) string {
	if f.values.Has(name + "/-") {
		return fieldID(name + "/-")
	}
	return fieldID(name)
}

// ListFaults returns what is wrong with the boxes called name+"/-".
func (f Form) ListFaults(name string) []string { return append(f.Faults(name), f.Faults(name+"/-")...) }

// Faults returns what is wrong with the field called name.
func (f Form) Faults(name string) (all []string) {
	for _, w := range f.Wrong {
		if w.Name == name {
			all = append(all, w.Text)
		}
	}
	return all
}

// Field is one input with its label, for {{template "field" …}}.
type Field struct {
	Name, ID, Label, About string
	Kind                   string // "text", "email", "password", "date", "number", "area", "select", "switch", "choice"
	Value                  string
	Faults                 []string
	Options                []Option
	Fill                   string // autocomplete; "off" if ""
	Required               bool
	Short                  bool // a narrow field
	Most                   int  // characters; 0 for no limit
	More                   Link // where to read on, after About

	say func(key string) string
}

// Option is one choice of a field.
type Option struct {
	Value, Label string
	Chosen       bool
}

func fieldID(name string) string {
	return "f" + strings.NewReplacer("/", "-", "~", "_").Replace(name)
}

// Field returns the field called name, whose label is the message label; the
// summary on top names it by that label.
func (f Form) Field(kind, name, label string) Field {
	words := f.say(label)
	for i := range f.Wrong {
		if f.Wrong[i].Name == name && kind != "switch" { // a switch's label is a sentence
			f.Wrong[i].Label = words
		}
	}
	return Field{Name: name, ID: fieldID(name), Label: words, Kind: kind, Value: f.Value(name), Faults: f.Faults(name), say: f.say}
}

// Hint adds a sentence under the label.
func (f Field) Hint(key string) Field { f.About = f.say(key); return f }

// Read adds a link after the hint: where to read on.
func (f Field) Read(key, href string) Field { f.More = Link{Name: f.say(key), Href: href}; return f }

// Need marks the field as one that must be filled.
func (f Field) Need() Field { f.Required = true; return f }

// Auto names what browsers may fill in.
func (f Field) Auto(fill string) Field { f.Fill = fill; return f }

// Narrow makes the field short.
func (f Field) Narrow() Field { f.Short = true; return f }

// Max bounds the characters.
func (f Field) Max(n int) Field { f.Most = n; return f }

// Of gives the choices, and marks those that are chosen.
func (f Field) Of(options []Option) Field {
	f.Options = make([]Option, len(options))
	for i, o := range options {
		o.Chosen = o.Chosen && f.Value == "" || o.Value == f.Value && f.Value != ""
		f.Options[i] = o
	}
	return f
}

// Describes lists the ids of what describes the field, for aria-describedby.
func (f Field) Describes() template.HTMLAttr {
	var ids []string
	if f.About != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if len(f.Faults) > 0 {
		ids = append(ids, f.ID+"-fault")
	}
	if len(ids) == 0 {
		return ""
	}
	return template.HTMLAttr(`aria-describedby="` + template.HTMLEscapeString(strings.Join(ids, " ")) + `"`)
}

// AutoFill is the autocomplete attribute.
func (f Field) AutoFill() string {
	if f.Fill == "" {
		return "off"
	}
	return f.Fill
}
