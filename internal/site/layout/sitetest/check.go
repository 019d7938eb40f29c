package sitetest

import (
	"encoding/xml"
	"errors"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
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
	rawKey    = regexp.MustCompile(`\b(layout|catalogue|home|dataset|openlist|version|access|web|download|query)\.[a-z_]+(\.[a-z_]+)*\b`)
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
	add := func(fault string) { faults = append(faults, fault) }
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(page, "<!doctype html>")))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	h1, mains, level := 0, 0, 0
	ids, labels, inputs := []string{}, []string{}, []string{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			add("not well formed: " + err.Error())
			break
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		name := strings.ToLower(e.Name.Local)
		if id := attr(e, "id"); id != "" {
			if slices.Contains(ids, id) {
				add("two elements have the id " + id)
			}
			ids = append(ids, id)
		}
		switch name {
		case "h1", "h2", "h3", "h4":
			now := int(name[1] - '0')
			if now > level+1 {
				add("a heading " + name + " skips a level")
			}
			if level = now; now == 1 {
				h1++
			}
		case "main":
			mains++
		case "label":
			labels = append(labels, attr(e, "for"))
		case "input", "select", "textarea":
			if attr(e, "type") != "hidden" && attr(e, "aria-label") == "" {
				inputs = append(inputs, attr(e, "id"))
			}
		case "img":
			if !has(e, "alt") {
				add("an image has no alt: " + attr(e, "src"))
			}
		case "a":
			if attr(e, "href") == "" {
				add("a link leads nowhere")
			}
		}
	}
	if h1 != 1 || mains != 1 {
		add("the page must have one h1 and one main")
	}
	for _, id := range inputs {
		if id == "" || !slices.Contains(labels, id) {
			add("an input has no label: " + id)
		}
	}
	return faults
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
