package web

import (
	"fmt"
	"io"
	"testing"
)

func TestTheRevisionSeen(t *testing.T) {
	var got string
	ask := Route{Method: "POST", Path: "/see", Name: "a.see", Plain: true, Do: func(c *Context) error {
		if c.isUpload() {
			if err := c.Files(func(_, _ string, _ io.Reader) error { return nil }); err != nil {
				return err
			}
		}
		n, given, err := c.Seen()
		got = fmt.Sprint(n, given)
		return err
	}}
	b := newBench(t, nil, ask)
	const media = "application/x-www-form-urlencoded"
	form, mixed := parts(t, "", "", SeenField, "9")
	for _, x := range []struct{ match, media, body, want string }{
		{"", "", "", "0 false"},
		{"*", "", "", "0 false"},
		{`"7"`, "", "", "7 true"},
		{`"0"`, "", "", "0 true"},
		{`"7"`, media, "seen=8", "7 true"},
		{"", media, "seen=8&/a=b", "8 true"},
		{"", media, "/a=b", "0 false"},
		{"", mixed, form, "9 true"},
		{`7`, "", "", ""}, {`W/"7"`, "", "", ""}, {`"7", "8"`, "", "", ""}, {`"-1"`, "", "", ""}, {`"+1"`, "", "", ""}, {`""`, "", "", ""}, {`"`, "", "", ""},
		{`"99999999999"`, "", "", ""}, {"", media, "seen=", ""}, {"", media, "seen=x", ""}, {"", media, "seen=1&seen=1", ""},
	} {
		got = ""
		headers := []string{"Content-Type", x.media}
		if x.match != "" {
			headers = append(headers, "If-Match", x.match)
		}
		r := b.ask(t, "POST", "/see", x.body, headers...)
		if x.want == "" {
			if s := shape(t, r, 400); s.Code != "web.bad_revision" {
				t.Errorf("%+v: %s", x, s.Code)
			}
		} else if got != x.want {
			t.Errorf("%+v: got %s", x, got)
		}
	}
}
