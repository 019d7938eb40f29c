package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/open/grading"
)

// TestGradingIsToldWhatTheRowsHold: what the checks found in the newest version
// is suggested to the grader, by the message of the finding; what was ruled to
// hold no identifiers is not. Article 14.
func TestGradingIsToldWhatTheRowsHold(t *testing.T) {
	o := openOffice(t)
	const slug = "hourly-weather"
	editor, lead, grader := o.as("editor-weather"), o.as("lead-weather"), o.as("grader-weather")
	v := asked[grading.View](t, grader, "GET", gradingOf, nil, 200)
	column := v.Subject.Fields[0].Name
	sent := editor.upload(t, deskOf+slug+"/upload", "人.csv", strings.Replace(boats, "船名", column, 1), "/updated_on", "2026-11-01", "/kind", "full", declared, "true")
	sent.says(t, "sent", http.StatusSeeOther)
	at, _, _ := strings.Cut(sent.to, "?")
	suggestion := func() (grading.Suggestion, bool) {
		v := asked[grading.View](t, grader, "GET", gradingOf, nil, 200)
		i := slices.IndexFunc(v.Case.Suggestions, func(s grading.Suggestion) bool { return s.Field == column && s.Kind == "direct" })
		if i < 0 {
			return grading.Suggestion{}, false
		}
		return v.Case.Suggestions[i], true
	}
	until(t, "a suggestion", func() bool { _, ok := suggestion(); return ok })
	if s, _ := suggestion(); s.Levels.P != 3 || !strings.Contains(s.Why.ZH, "含姓名") || !strings.Contains(s.Why.EN, "names of persons") {
		t.Errorf("%+v", s)
	}
	lead.becomes(t, at, "认定某列不含标识符")
	lead.form(t, at+"/rule", "/column", column, "/reason", "以英模命名的船").says(t, "ruled", http.StatusSeeOther)
	until(t, "no suggestion", func() bool { _, ok := suggestion(); return !ok })
}
