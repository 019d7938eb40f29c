package layout

import (
	"net/http"
	"net/url"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
)

// Page is what the frame needs to know. Embed it in the struct of a template.
type Page struct {
	Title   string      // of the window; "" for the service's name alone
	Heading locale.Text // the one h1; the zero Text if the page writes its own
	About   string      // one sentence for search engines and previews; may be ""
	Crumbs  []Crumb     // the way here, without the page itself; the first page is added
	Search  string      // what stands in the search box of the header
	Section string      // route name, without language, of the header's link that is current
	NoIndex bool        // search engines leave it out: one of endless filters, or a problem
	NoBox   bool        // the page has the search box itself

	c      *web.Context
	layout *Layout
}

// Link is one place of the header.
type Link struct {
	Name    string
	Href    string
	Count   int // shown beside the name; 0 for none
	Current bool
}

// Crumb is one step of the breadcrumb.
type Crumb struct {
	Name locale.Text
	Href string
}

// Page begins a page called title.
func (l *Layout) Page(c *web.Context, title string) Page {
	return Page{Title: title, Heading: locale.Text{ZH: title, EN: title}, c: c, layout: l}
}

// Lang is the page's language.
func (p Page) Lang() locale.Lang { return p.c.Lang }

// Other is the other language.
func (p Page) Other() locale.Lang { return p.c.Lang.Other() }

// URL returns the address of the route called name in the page's language;
// see [URL].
func (p Page) URL(name string, args ...any) string { return URL(p.c, name, args...) }

// URL returns the address of the page called name, without language, that was
// entered by [Both].
func URL(c *web.Context, name string, args ...any) string {
	return c.URL(name+"."+string(c.Lang), args...)
}

// Token ties a form to the sign-in; see [web.Context.Token].
func (p Page) Token() string { return p.c.Token() }

// Tell returns the words of a message; see [web.Context.Say].
func (p Page) Tell(key string, args ...any) string { return p.c.Say(key, args...) }

// TellWith is [Page.Tell] with the values by name.
func (p Page) TellWith(key string, args map[string]any) string { return p.c.SayWith(key, args) }

// Who is who reads the page.
func (p Page) Who() permit.Actor { return p.c.Actor }

// Links are what somebody who has signed in finds in the header.
func (p Page) Links() []Link {
	if p.layout.Mine == nil || !p.c.Actor.Known() || p.c.Actor.Session == "" {
		return nil
	}
	return p.layout.Mine(p.c)
}

// SignIn returns the address of the entrance of the public realm; "" if there
// is none.
func (p Page) SignIn() string {
	if p.layout.Mine == nil {
		return ""
	}
	return p.URL("account.enter") + "?" + url.Values{"back": {p.In(p.Lang())}}.Encode()
}

// Said is what was just done, from the address: a message whose last word
// begins with "said_".
func (p Page) Said() string {
	key := p.c.Query("said")
	if !strings.Contains(key, ".said_") || !p.layout.words.Has(key) {
		return ""
	}
	return p.c.Say(key)
}

// Dataset returns the address of the page of a dataset.
func (p Page) Dataset(slug string) string { return DatasetPath(p.c.Lang, slug) }

// DatasetPath returns the address of the page of a dataset.
func DatasetPath(l locale.Lang, slug string) string {
	return "/" + string(l) + "/datasets/" + url.PathEscape(slug)
}

// Asset returns the address of a file of package assets.
func (p Page) Asset(name string) string { return p.layout.assets.URL(name) }

// In returns the address of this page in language l: the same path and query.
func (p Page) In(l locale.Lang) string {
	u := p.c.Request.URL
	query := u.Query()
	for _, own := range locale.Langs {
		if rest, ok := strings.CutPrefix(u.Path, "/"+string(own)); ok && (rest == "" || rest[0] == '/') {
			return with((&url.URL{Path: "/" + string(l) + rest}).EscapedPath(), query)
		}
	}
	query.Set("lang", string(l))
	return with(u.EscapedPath(), query)
}

// Full is [Page.In] with scheme and host, for <link rel="alternate">.
func (p Page) Full(l locale.Lang) string { return p.c.Public(p.In(l)) }

func with(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// readingCookie holds the reading size that the reader chose.
const readingCookie = "kaishu_reading"

// Large reports whether the reader asked for large type and strong contrast.
func (p Page) Large() bool {
	cookie, err := p.c.Request.Cookie(readingCookie)
	return err == nil && cookie.Value == "large"
}

// Reading returns the address that switches the reading size and comes back.
func (p Page) Reading() string {
	size := "large"
	if p.Large() {
		size = "normal"
	}
	return p.URL("layout.reading") + "?" + url.Values{"size": {size}, "back": {p.In(p.Lang())}}.Encode()
}

// reading keeps the reading size in a cookie: a preference, nothing else.
func (l *Layout) reading(c *web.Context) error {
	cookie := &http.Cookie{Name: readingCookie, Value: "large", Path: "/", MaxAge: int(since.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if c.Query("size") != "large" {
		cookie.Value, cookie.MaxAge = "", -1
	}
	http.SetCookie(c.Writer, cookie)
	back := c.Query("back")
	c.Writer.Header().Set("Cache-Control", "no-store")
	return c.Redirect(http.StatusSeeOther, web.Local(back, "/"+string(c.Lang)+"/"))
}
