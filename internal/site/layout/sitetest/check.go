package sitetest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/infra/web"
)

// CheckPage fails t for every rule that the page breaks.
func CheckPage(t testing.TB, l locale.Lang, page string) {
	t.Helper()
	for _, fault := range Faults(l, page) {
		t.Error(fault)
	}
}

var (
	tag       = regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>`)
	rawKey    = regexp.MustCompile(`\b(administration|calendar|codelist|organisation|layout|catalogue|home|dataset|desk|openlist|version|quality|access|web|download|query|platformrules|rulebook|notice|inbox|material|proof|roster|membership|people|account|auth|draft)\.[a-z_]+(\.[a-z_]+)*\b`)
	unfilled  = regexp.MustCompile(`\{[a-z_]+\}`)
	inlineDo  = regexp.MustCompile(`(?i)<[^>]*\s(style|on[a-z]+)=`)
	inlineTag = regexp.MustCompile(`(?i)<style|<script(>|\s[^>]*>[^<]|[^>]*\sstyle)`)
)

// Faults names every rule of ui.md and house.md B.8 that a page breaks.
func Faults(l locale.Lang, page string) (faults []string) {
	add := func(fault string) { faults = append(faults, fault) }
	if !strings.HasPrefix(page, "<!doctype html>\n<html lang=\""+l.Tag()+`"`) {
		add("the page does not say its language " + l.Tag())
	}
	text := html.UnescapeString(tag.ReplaceAllString(page, " "))
	if key := rawKey.FindString(text); key != "" {
		add("words are missing for " + key)
	}
	if gap := unfilled.FindString(text); gap != "" {
		add("a placeholder is not filled: " + gap)
	}
	if bad := inlineDo.FindString(page); bad != "" {
		add("inline style or script: " + bad)
	}
	if bad := inlineTag.FindString(page); bad != "" {
		add("inline style or script: " + bad)
	}
	return append(faults, structure(page)...)
}

// structure reads the page as a tree and returns what is wrong with it.
func structure(page string) (faults []string) {
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(page, "<!doctype html>")))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var o outline
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			o.add("not well formed: " + err.Error())
			break
		}
		if e, ok := token.(xml.StartElement); ok {
			o.element(e)
		}
	}
	return o.end()
}

// outline is what is known of a page while it is read.
type outline struct {
	faults              []string
	h1, mains, level    int
	ids, labels, inputs []string
	keys                []string // of its forms
	tied                int      // its forms that are tied to a sign-in
}

func (o *outline) add(fault string) { o.faults = append(o.faults, fault) }

func (o *outline) element(e xml.StartElement) {
	if id := attr(e, "id"); id != "" {
		if slices.Contains(o.ids, id) {
			o.add("two elements have the id " + id)
		}
		o.ids = append(o.ids, id)
	}
	switch name := strings.ToLower(e.Name.Local); name {
	case "h1", "h2", "h3", "h4":
		now := int(name[1] - '0')
		if now > o.level+1 {
			o.add("a heading " + name + " skips a level")
		}
		if o.level = now; now == 1 {
			o.h1++
		}
	case "main":
		o.mains++
	case "label":
		o.labels = append(o.labels, attr(e, "for"))
	case "input", "select", "textarea":
		o.hidden(e)
		if attr(e, "type") != "hidden" && attr(e, "type") != "checkbox" && attr(e, "type") != "radio" && attr(e, "aria-label") == "" {
			o.inputs = append(o.inputs, attr(e, "id"))
		}
	case "img":
		if !has(e, "alt") {
			o.add("an image has no alt: " + attr(e, "src"))
		}
	case "a":
		if attr(e, "href") == "" {
			o.add("a link leads nowhere")
		}
	}
}

// hidden counts the forms that are tied to a sign-in, and their keys.
func (o *outline) hidden(e xml.StartElement) {
	switch value := attr(e, "value"); attr(e, "name") {
	case web.TokenField:
		if value != "" {
			o.tied++
		}
	case web.KeyField:
		if value == "" || slices.Contains(o.keys, value) {
			o.add("a form has the key of another, or none: " + value)
		}
		o.keys = append(o.keys, value)
	}
}

func (o *outline) end() []string {
	if o.tied != len(o.keys) {
		o.add(fmt.Sprintf("%d forms have %d keys", o.tied, len(o.keys)))
	}
	if o.h1 != 1 || o.mains != 1 {
		o.add("the page must have one h1 and one main")
	}
	for _, id := range o.inputs {
		if id == "" || !slices.Contains(o.labels, id) {
			o.add("an input has no label: " + id)
		}
	}
	return o.faults
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func has(e xml.StartElement, name string) bool {
	return slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == name })
}
