package assessment

import (
	"fmt"
	"strconv"
	"strings"

	"kaishu/internal/infra/web"
)

// fieldsOf names the fields of a rule, in one line.
func fieldsOf(r Rule) string { return strings.Join(r.Fields, "、") }

// Name is what a check is called.
func Name(c *web.Context, k Kind) string { return c.Say("assessment.rule." + string(k)) }

// Says is a rule in one sentence.
func Says(c *web.Context, r Rule) string {
	said := string(r.Kind)
	switch {
	case r.Kind == filled.Kind && r.Share > 0:
		said = "filled_share"
	case r.Kind == within.Kind && r.Low == "", r.Kind == length.Kind && r.Least == 0:
		said += "_high"
	case r.Kind == within.Kind && r.High == "", r.Kind == length.Kind && r.Most == 0:
		said += "_low"
	}
	args := map[string]any{"fields": fieldsOf(r), "low": r.Low, "high": r.High, "least": r.Least, "most": r.Most, "share": percent(r.Share), "pattern": r.Pattern,
		"values": strings.Join(r.Values, "、"), "when": r.When, "then": r.Then, "dataset": r.Dataset, "among": r.Among, "unit": r.Unit, "first": "", "second": ""}
	if len(r.Fields) > 1 {
		args["first"], args["second"] = r.Fields[0], r.Fields[1]
	}
	if r.Form != "" {
		args["form"] = c.Say("assessment.form." + r.Form)
	}
	return c.SayWith("assessment.says."+said, args)
}

func percent(share float64) string {
	return strconv.FormatFloat(100*share, 'f', -1, 64) + "%"
}

// Found says what a result found, in one line.
func Found(c *web.Context, r Result, counted bool) string {
	switch {
	case r.Note != "":
		return c.Say(r.Note)
	case !counted && r.Passed:
		return c.Say("assessment.found_kept")
	case !counted:
		return c.Say("assessment.found_broken")
	case r.Failed == 0:
		return c.Say("assessment.found_none", "of", r.Checked)
	}
	return c.Say("assessment.found_some", "n", r.Failed, "of", r.Checked)
}

// Because says why a rule is suggested.
func Because(c *web.Context, s Suggestion) string { return c.SayWith(s.Because, s.Args) }

// PointsText writes points with one digit.
func PointsText(p float64) string { return fmt.Sprintf("%.1f", p) }
