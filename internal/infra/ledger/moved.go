package ledger

import (
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Moved is the answer, with the message code, to whoever acts on what he saw of
// a stream after its event number seen, when others have followed: how many
// {steps}, what the {last} was, and {at} what time. The words of an event are
// "concept.event.name".
func Moved(words *locale.Catalogue, code string, lines []Line, seen int) error {
	p := problem.New(problem.Conflict, code, "steps", 0, "last", "", "at", "")
	if seen < len(lines) {
		last := lines[len(lines)-1]
		concept, event, _ := strings.Cut(last.Kind, ".")
		key := concept + ".event." + event
		what := locale.Text{ZH: words.Say(locale.ZH, key, nil), EN: words.Say(locale.EN, key, nil)}
		p.Args = map[string]any{"steps": len(lines) - seen, "last": what, "at": last.At.In(workday.Shanghai).Format("2006-01-02 15:04")}
	}
	return p
}
