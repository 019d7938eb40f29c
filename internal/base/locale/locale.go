// Package locale holds words in Chinese and English: message catalogues of
// the same keys (house.md law 6), and texts that exist in one or both.
package locale

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Lang is a language of the platform.
type Lang string

// The two languages. Chinese is the source; legal texts are authentic in it.
const (
	ZH Lang = "zh"
	EN Lang = "en"
)

// Langs lists both languages, the source first.
var Langs = []Lang{ZH, EN}

// Tag returns the BCP 47 tag for the HTML lang attribute.
func (l Lang) Tag() string {
	if l == EN {
		return "en"
	}
	return "zh-CN"
}

// Other returns the other language.
func (l Lang) Other() Lang {
	if l == EN {
		return ZH
	}
	return EN
}

// Text is a text of a dataset or a body. EN may be missing; the Chinese is
// then shown and marked with its language.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en,omitempty"`
}

// Same is a text that both languages write alike, such as a day or a number.
func Same[S ~string](text S) Text { return Text{ZH: string(text), EN: string(text)} }

// In returns the text in l, or the Chinese if there is none.
func (t Text) In(l Lang) string {
	if l == EN && t.EN != "" {
		return t.EN
	}
	return t.ZH
}

// LangIn returns the language that [Text.In] answers in.
func (t Text) LangIn(l Lang) Lang {
	if l == EN && t.EN != "" {
		return EN
	}
	return ZH
}

// Catalogue is every message of the platform in both languages.
type Catalogue struct {
	words map[Lang]map[string]string
}

// Load reads messages.zh.json and messages.en.json at the root of each of
// the given file systems. It fails, naming every fault, if a key is given
// twice, exists in one language only, or has other placeholders in the other.
func Load(systems ...fs.FS) (*Catalogue, error) {
	c := &Catalogue{words: map[Lang]map[string]string{ZH: {}, EN: {}}}
	var faults []string
	for _, system := range systems {
		for _, l := range Langs {
			data, err := fs.ReadFile(system, "messages."+string(l)+".json")
			if err != nil {
				return nil, fmt.Errorf("read messages: %w", err)
			}
			var m map[string]string
			if err := json.Unmarshal(data, &m); err != nil {
				return nil, fmt.Errorf("decode messages.%s.json with %q: %w", l, path.Clean(string(data[:min(60, len(data))])), err)
			}
			for k, v := range m {
				if _, twice := c.words[l][k]; twice {
					faults = append(faults, string(l)+" "+k+" is given twice")
				}
				c.words[l][k] = v
			}
		}
	}
	faults = append(faults, c.faults()...)
	if len(faults) > 0 {
		slices.Sort(faults)
		return nil, fmt.Errorf("messages:\n%s", strings.Join(faults, "\n"))
	}
	return c, nil
}

func (c *Catalogue) faults() []string {
	var faults []string
	for k, zh := range c.words[ZH] {
		en, ok := c.words[EN][k]
		if !ok {
			faults = append(faults, "en lacks "+k)
		} else if a, b := placeholders(zh), placeholders(en); !slices.Equal(a, b) {
			faults = append(faults, fmt.Sprintf("%s: zh has %v, en has %v", k, a, b))
		}
	}
	for k := range c.words[EN] {
		if _, ok := c.words[ZH][k]; !ok {
			faults = append(faults, "zh lacks "+k)
		}
	}
	return faults
}

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

func placeholders(s string) []string {
	all := placeholder.FindAllString(s, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// Keys returns every key, sorted.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.words[ZH])) }

// Has reports whether key has words.
func (c *Catalogue) Has(key string) bool { _, ok := c.words[ZH][key]; return ok }

// Say returns the words of key in l with {placeholders} replaced by args. An
// unknown key is returned as it is, so that it can be seen and mended.
func (c *Catalogue) Say(l Lang, key string, args map[string]any) string {
	s, ok := c.words[l][key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return s
	}
	return placeholder.ReplaceAllStringFunc(s, func(p string) string {
		v, ok := args[p[1:len(p)-1]]
		if !ok {
			return p
		}
		switch v := v.(type) {
		case int:
			return Count(int64(v))
		case int64:
			return Count(v)
		case float64: // a count that came back from JSON
			if n := int64(v); float64(n) == v {
				return Count(n)
			}
		case Text:
			return v.In(l)
		}
		return fmt.Sprint(v)
	})
}

// Count writes n with thousands separators: 1234567 → "1,234,567".
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
