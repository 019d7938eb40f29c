package layout

import (
	"fmt"
	"html/template"
	"strconv"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
)

// funcs are the functions of every template. No other logic belongs there.
func funcs(words *locale.Catalogue, l locale.Lang) template.FuncMap {
	return template.FuncMap{
		"t":     func(key string, args ...any) string { return words.Say(l, key, named(args)) },
		"num":   func(n any) (string, error) { return number(n) },
		"day":   func(d workday.Date) string { return Day(l, d) },
		"bytes": Bytes,
		"at":    func(at time.Time) string { return Moment(l, at) },
		"text":  func(t locale.Text) template.HTML { return text(l, t) },
		"plain": func(t locale.Text) string { return t.In(l) },
		"doer":  func(doer string) string { return Doer(words, l, doer) },
		"key":   web.NewKey, // of a form, see [web.KeyField]
		"badge": func(tone Tone, word string) Badge { return Badge{tone, word} },
	}
}

// Doer writes who did something, as permit.Actor.Doer recorded it: bob（代ann）,
// bob for ann.
func Doer(words *locale.Catalogue, l locale.Lang, doer string) string {
	account, behalf := permit.Doers(doer)
	if behalf == "" {
		return account
	}
	return words.Say(l, "layout.doer", map[string]any{"account": account, "behalf": behalf})
}

func named(args []any) map[string]any {
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[fmt.Sprint(args[i])] = args[i+1]
	}
	return m
}

func number(n any) (string, error) {
	switch n := n.(type) {
	case int:
		return locale.Count(int64(n)), nil
	case int64:
		return locale.Count(n), nil
	}
	return "", fmt.Errorf("num takes an integer, not %T", n)
}

// Day writes d for reading: 2026年3月5日, 5 March 2026. Tables show d as it is.
func Day(l locale.Lang, d workday.Date) string {
	at := d.Time()
	switch {
	case !d.Valid():
		return ""
	case l == locale.EN:
		return at.Format("2 January 2006")
	}
	return fmt.Sprintf("%d年%d月%d日", at.Year(), at.Month(), at.Day())
}

// Moment writes an instant as people in Shanghai read it: 3月5日 14:02.
func Moment(l locale.Lang, at time.Time) string {
	at = at.In(workday.Shanghai)
	if l == locale.EN {
		return at.Format("2 January 15:04")
	}
	return fmt.Sprintf("%d月%d日 %s", at.Month(), at.Day(), at.Format("15:04"))
}

// Bytes writes a size with two or three figures: 812 B, 1.4 MB, 36 MB. Units
// are decimal.
func Bytes(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	size, units := float64(n), []string{"B", "KB", "MB", "GB", "TB"}
	i := 0
	for size >= 999.5 && i < len(units)-1 {
		size, i = size/1000, i+1
	}
	if size < 9.95 {
		return strconv.FormatFloat(size, 'f', 1, 64) + " " + units[i]
	}
	return strconv.FormatFloat(size, 'f', 0, 64) + " " + units[i]
}

// text shows t, marked with its language if that is not the page's.
func text(l locale.Lang, t locale.Text) template.HTML {
	shown := template.HTMLEscapeString(t.In(l))
	if in := t.LangIn(l); in != l && shown != "" {
		return template.HTML(`<span lang="` + in.Tag() + `">` + shown + `</span>`)
	}
	return template.HTML(shown)
}

// Tone is the meaning of a badge, always said by its word too.
type Tone string

// The tones.
const (
	Plain Tone = "plain"
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
	Info  Tone = "info"
)

// Badge is a word with a meaning, for {{template "badge" …}}.
type Badge struct {
	Tone Tone
	Word string
}

// Run is a piece of text, marked if it matched a search.
type Run struct {
	Text string
	Hit  bool
}

// Runs cuts s at the given half-open byte ranges, which are in order. Ranges
// that do not fit s are left out.
func Runs(s string, marks [][2]int) []Run {
	var all []Run
	at := 0
	for _, m := range marks {
		if m[0] < at || m[1] > len(s) || m[0] >= m[1] {
			continue
		}
		if m[0] > at {
			all = append(all, Run{Text: s[at:m[0]]})
		}
		all = append(all, Run{Text: s[m[0]:m[1]], Hit: true})
		at = m[1]
	}
	if at < len(s) {
		all = append(all, Run{Text: s[at:]})
	}
	return all
}

// since is how long a cookie of ours is kept.
const since = 365 * 24 * time.Hour
