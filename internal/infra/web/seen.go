package web

import (
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
)

// SeenField is the name of the input, not displayed, in which a form carries
// the revision of the thing that it was made from.
const SeenField = "seen"

// Seen returns the revision of the thing that the sender saw: If-Match: "7",
// or what a form carries in the input [SeenField]. given is false if he does
// not say, or says by * that any will do. It fails with problem.Malformed
// "web.bad_revision" if that is no whole number from 0 on, or several. Of a
// form with files ask after [Context.Files].
func (c *Context) Seen() (revision int, given bool, err error) {
	if tags := c.Request.Header.Values("If-Match"); len(tags) > 0 {
		all := strings.TrimSpace(strings.Join(tags, ", "))
		if all == "*" {
			return 0, false, nil
		}
		tag, opened := strings.CutPrefix(all, `"`)
		tag, closed := strings.CutSuffix(tag, `"`)
		if !opened || !closed {
			tag = ""
		}
		return revisionOf(tag, all)
	}
	if c.isForm() {
		if err := c.parseForm(); err != nil {
			return 0, false, err
		}
	}
	typed := c.Request.PostForm[SeenField]
	if len(typed) == 0 {
		return 0, false, nil
	}
	return revisionOf(strings.Join(typed, ", "), typed[0])
}

func revisionOf(digits, shown string) (int, bool, error) {
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || strings.Trim(digits, "0123456789") != "" {
		return 0, false, problem.New(problem.Malformed, "web.bad_revision", "value", clip(shown))
	}
	return int(n), true, nil
}
