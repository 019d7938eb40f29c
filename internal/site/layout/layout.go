package layout

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/infra/web"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed frame/*.html pages/*.html
var own embed.FS

// Layout is the look of the platform.
type Layout struct {
	words  *locale.Catalogue
	assets *web.AssetSet
	frames map[locale.Lang]*template.Template
	pages  *Pages

	// Mine lists what somebody who has signed in finds in the header; nil while
	// nobody can sign in.
	Mine func(c *web.Context) []Link
}

// New returns the look with the given words and files; see package assets.
func New(words *locale.Catalogue, files fs.FS) (*Layout, error) {
	set, err := web.Assets(files)
	if err != nil {
		return nil, err
	}
	l := &Layout{words: words, assets: set, frames: map[locale.Lang]*template.Template{}}
	for _, lang := range locale.Langs {
		l.frames[lang], err = template.New("frame").Funcs(funcs(words, lang)).ParseFS(own, "frame/*.html")
		if err != nil {
			return nil, fmt.Errorf("parse frame: %w", err)
		}
	}
	l.pages = l.Pages(own)
	return l, nil
}

// Pages are the templates of one package.
type Pages struct {
	layout *Layout
	sets   map[locale.Lang]map[string]*template.Template
}

// Pages reads pages/*.html of system: each file is a page of its name and
// defines "main"; files that begin with "_" are parts for all the others. It
// panics if one cannot be parsed, since templates are part of the program.
func (l *Layout) Pages(system fs.FS) *Pages {
	p := &Pages{layout: l, sets: map[locale.Lang]map[string]*template.Template{}}
	files, err := fs.Glob(system, "pages/*.html")
	if err != nil || len(files) == 0 {
		panic(fmt.Sprintf("layout: no pages: %v", err))
	}
	var parts, whole []string
	for _, f := range files {
		if strings.HasPrefix(path.Base(f), "_") {
			parts = append(parts, f)
		} else {
			whole = append(whole, f)
		}
	}
	for _, lang := range locale.Langs {
		p.sets[lang] = map[string]*template.Template{}
		for _, f := range whole {
			t := template.Must(l.frames[lang].Clone())
			p.sets[lang][strings.TrimSuffix(path.Base(f), ".html")] = template.Must(t.ParseFS(system, append(parts, f)...))
		}
	}
	return p
}

// Render answers with page name, filled with data, which embeds a [Page].
func (p *Pages) Render(c *web.Context, status int, name string, data any) error {
	body, err := p.execute(c.Lang, name, data)
	if err != nil {
		return err
	}
	c.Writer.Header().Add("Vary", "Cookie")
	return c.HTML(status, body)
}

func (p *Pages) execute(lang locale.Lang, name string, data any) ([]byte, error) {
	t := p.sets[lang][name]
	if t == nil {
		return nil, fmt.Errorf("render page: no page is called %s", name)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "frame", data); err != nil {
		return nil, fmt.Errorf("render page %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// Both returns r once per language: "{lang}" in its path is written out and
// its name ends in ".zh" or ".en". Written out, such paths never compete with
// /api/…, /assets/… or /problems/….
func Both(r web.Route) []web.Route {
	all := make([]web.Route, 0, len(locale.Langs))
	for _, l := range locale.Langs {
		one := r
		one.Path, one.Name = strings.Replace(r.Path, "{lang}", string(l), 1), r.Name+"."+string(l)
		all = append(all, one)
	}
	return all
}
