package web

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/problem"
)

func listRoute() Route {
	return Route{Method: "GET", Path: "/api/v1/lines", Name: "bus.list", API: true, Query: []Param{
		{Name: "limit", Type: "integer", Default: "20"}, {Name: "where", Type: "string"}, {Name: "exact", Type: "boolean"}},
		Do: func(c *Context) error {
			n := c.Int("limit", 20, 1, 200)
			if err := c.Wrong(); err != nil {
				return err
			}
			return c.JSON(200, n)
		}}
}

func codes(s Shape) (all []string) {
	for _, e := range s.Errors {
		all = append(all, e.Pointer+" "+e.Code)
	}
	return all
}

func TestEveryBadParameterIsNamedAtOnce(t *testing.T) {
	b := newBench(t, nil, listRoute())
	s := shape(t, b.ask(t, "GET", "/api/v1/lines?zzzz=1&wher=x&limit=ten&exact=yes&where=a&where=b&lang=fr", ""), 422)
	want := []string{"?exact web.not_a_boolean", "?lang web.unknown_language", "?limit web.not_an_integer", "?wher web.unknown_parameter_near",
		"?where web.given_twice", "?zzzz web.unknown_parameter"}
	if got := codes(s); !slices.Equal(got, want) {
		t.Errorf("faults %v, want %v", got, want)
	}
	if got := s.Errors[3].Detail; got != "不认识参数wher，是不是where？可以用的参数有：limit, where, exact。" {
		t.Error(got)
	}
	en := shape(t, b.ask(t, "GET", "/api/v1/lines?wher=x&lang=en", ""), 422)
	if got := en.Errors[0].Detail; got != "Unknown parameter wher; did you mean where? The parameters are: limit, where, exact." {
		t.Error(got)
	}
	if s := shape(t, b.ask(t, "GET", "/api/v1/lines?limit=%zz", ""), 400); s.Code != "web.bad_query" {
		t.Errorf("%+v", s)
	}
	for query, want := range map[string]string{"": "20", "?limit=": "20", "?limit=7&exact=true&where=x": "7"} {
		if got := read(t, b.ask(t, "GET", "/api/v1/lines"+query, "")); got != want+"\n" {
			t.Errorf("%q gives %q", query, got)
		}
	}
	if got := codes(shape(t, b.ask(t, "GET", "/api/v1/lines?limit=201", ""), 422)); !slices.Equal(got, []string{"?limit web.out_of_range"}) {
		t.Error(got)
	}
}

func TestPagesCollectTheirOwnFaults(t *testing.T) {
	b := newBench(t, nil, get("/zh/lines", "a.page", func(c *Context) error {
		limit, page := c.Int("limit", 20, 1, 200), c.Int("page", 1, 1, 9)
		if err := c.Wrong(); err != nil {
			return err
		}
		return c.JSON(200, []int{limit, page})
	}))
	if got := codes(shape(t, b.ask(t, "GET", "/zh/lines?limit=ten&page=10&unknown=1", ""), 422)); !slices.Equal(got, []string{"?limit web.not_an_integer", "?page web.out_of_range"}) {
		t.Error(got)
	}
	if got := read(t, b.ask(t, "GET", "/zh/lines?page=9&utm_source=x", "")); got != "[20,9]\n" {
		t.Error(got)
	}
}

func TestNeededOpenAndManyParameters(t *testing.T) {
	r := listRoute()
	r.Query = []Param{{Name: "limit", Type: "integer", Needed: true}, {Name: "line", Type: "string", Many: true}}
	r.Do = func(c *Context) error { return c.JSON(200, c.Request.URL.Query()) }
	b := newBench(t, nil, r)
	if got := codes(shape(t, b.ask(t, "GET", "/api/v1/lines?other=1", ""), 422)); !slices.Equal(got, []string{"?limit required", "?other web.unknown_parameter"}) {
		t.Error(got)
	}
	if r := b.ask(t, "GET", "/api/v1/lines?limit=1&line=a&line=b", ""); r.StatusCode != 200 {
		t.Error("a parameter that may be repeated is refused")
	}
	r.Query = []Param{{Name: "where", Type: "string", Open: true}}
	b = newBench(t, nil, r)
	if r := b.ask(t, "GET", "/api/v1/lines?theme=x&theme=y", ""); r.StatusCode != 200 {
		t.Error("a facet is refused")
	}
	r.Query = nil
	b = newBench(t, nil, r)
	if got := codes(shape(t, b.ask(t, "GET", "/api/v1/lines?theme=x", ""), 422)); !slices.Equal(got, []string{"?theme web.no_parameters"}) {
		t.Error(got)
	}
}

type line struct {
	Name  string    `json:"name"`
	Stops []stop    `json:"stops"`
	At    time.Time `json:"at"`
	Extra any       `json:"extra"`
	Next  *line     `json:"next"`
	Fares map[string]float64
	own   string
}

type stop struct {
	Order int  `json:"order"`
	Open  bool `json:"open"`
}

func TestBodyTellsEveryFaultByPointer(t *testing.T) {
	var got line
	r := Route{Method: "POST", Path: "/api/v1/lines", Name: "bus.add", API: true, Body: line{}, Do: func(c *Context) error {
		got = line{}
		if err := c.Body(&got); err != nil {
			return err
		}
		return c.JSON(200, got.Name)
	}}
	b := newBench(t, nil, r)
	good := `{"name":"71路","stops":[{"order":1,"open":true}],"at":"2026-03-05T08:00:00Z","extra":{"any":[1]},"next":{"name":"x","next":null},"Fares":{"a":1.5}}`
	if r := b.ask(t, "POST", "/api/v1/lines", good); read(t, r) != "\"71路\"\n" || got.Stops[0].Order != 1 || got.Next.Name != "x" || got.Fares["a"] != 1.5 {
		t.Errorf("read %+v", got)
	}
	bad := `{"name":1,"Name":"x","own":"y","stops":[{"order":1.5,"open":"yes"},{"a/b~":1},7],"at":"today","extra":1,"next":{"name":"a","name":"b","more":1},"Fares":{"a":"x"}}`
	want := []string{"#/name web.not_a_text", "#/Name web.unknown_field", "#/own web.unknown_field", "#/stops/0/order web.not_an_integer", "#/stops/0/open web.not_a_boolean",
		"#/stops/1/a~1b~0 web.unknown_field", "#/stops/2 web.not_an_object", "#/at web.wrong_value", "#/next/name web.given_twice", "#/next/more web.unknown_field", "#/Fares/a web.not_a_number"}
	if got := codes(shape(t, b.ask(t, "POST", "/api/v1/lines", bad), 422)); !slices.Equal(got, want) {
		t.Errorf("faults\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for body, want := range map[string]struct {
		status int
		code   string
	}{
		`{"name":`: {400, "web.not_json"}, `{} {}`: {400, "web.not_json"}, `[]`: {422, "invalid_input"}, `"x"`: {422, "invalid_input"},
		`{"stops":{}}`: {422, "invalid_input"}, `{"name":"` + strings.Repeat("x", maxBody) + `"}`: {413, "web.body_too_large"},
	} {
		if s := shape(t, b.ask(t, "POST", "/api/v1/lines", body), want.status); s.Code != want.code {
			t.Errorf("%.20s is %s", body, s.Code)
		}
	}
	for _, empty := range []string{"", " \n", "null", "{}"} {
		if r := b.ask(t, "POST", "/api/v1/lines", empty); r.StatusCode != 200 {
			t.Errorf("%q is refused with %d", empty, r.StatusCode)
		}
	}
}

func FuzzBodyAgreesWithJSON(f *testing.F) {
	f.Add(`{"name":"a","stops":[{"order":1}]}`)
	f.Add(`{"name":1,"x":[{}]}`)
	f.Add(`{"next":{"next":{"name":null}}}`)
	f.Fuzz(func(t *testing.T, body string) {
		var p problem.List
		if strings.TrimSpace(body) == "" || json.Unmarshal([]byte(body), new(json.RawMessage)) != nil {
			t.Skip()
		}
		compare(&p, "", reflect.TypeFor[*line](), []byte(body))
		var l line
		if err := json.Unmarshal([]byte(body), &l); err != nil && p.Err() == nil {
			t.Errorf("%q passed, but: %v", body, err)
		}
	})
}

func TestForm(t *testing.T) {
	form := func(text string) url.Values {
		values, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	got, err := FormJSON(form("/purpose=公交&/materials/plan=f1&/materials/a~1b=f2&/reasons/-=a&/reasons/-=b&/one/-=c&token=x&/empty="))
	if want := `{"empty":"","materials":{"a/b":"f2","plan":"f1"},"one":["c"],"purpose":"公交","reasons":["a","b"]}` + "\n"; err != nil || string(got) != want {
		t.Errorf("%s %v, want %s", got, err, want)
	}
	_, err = FormJSON(form("/a=1&/a/b=2&/a/b/c=3&/d=1&/d=2&/e/-=1&/e=2"))
	want := []problem.Field{{Pointer: "/a/b", Code: "web.name_clash"}, {Pointer: "/a/b/c", Code: "web.name_clash"}, {Pointer: "/d", Code: "web.given_twice"}, {Pointer: "/e/-", Code: "web.name_clash"}}
	if p := problem.As(err); p == nil || !slices.EqualFunc(p.Fields, want, func(a, b problem.Field) bool { return a.Pointer == b.Pointer && a.Code == b.Code }) {
		t.Errorf("faults %v", err)
	}
}
