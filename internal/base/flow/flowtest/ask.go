package flowtest

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// stranger holds every role there is but those that may do the verb.
func stranger[S ~string, St any, C Command, E any, F any](w Workflow[S, St, C, E, F], verb string) permit.Actor {
	who := permit.Actor{Account: "stranger", Organisation: "elsewhere"}
	for _, r := range append(slices.Clone(permit.Roles), permit.Clock) {
		may := false
		for _, row := range w.Table {
			may = may || row.Do == verb && row.By == r
		}
		if !may {
			who.Roles = append(who.Roles, r)
		}
	}
	return who
}

// everybody reports whether any visitor may do the verb.
func everybody[S ~string, St any, C Command, E any, F any](w Workflow[S, St, C, E, F], verb string) bool {
	for _, row := range w.Table {
		if row.Do == verb && row.By == permit.Visitor {
			return true
		}
	}
	return false
}

// checkOutsiders sends good and bad commands in the name of somebody with
// every other role, at every stage: the answer must always be the same.
func checkOutsiders[S ~string, St any, C Command, E any, F any](t T, w Workflow[S, St, C, E, F], s *seen[S, St]) {
	t.Helper()
	commands := slices.Clone(w.Samples)
	for _, b := range w.Bad {
		commands = append(commands, b.Do)
	}
	told := map[string]bool{}
	for _, c := range commands {
		verb := c.Verb()
		if everybody(w, verb) || told[verb] {
			continue
		}
		for stage, cases := range s.at {
			for _, m := range cases {
				for _, who := range []permit.Actor{stranger(w, verb), {}} {
					events, err := decide(w, Moment{Who: who, Now: m.now, Random: rand.New(rand.NewPCG(0, 0))}, m.state, c)
					want := w.Table.Permit(stage, verb, who, nil)
					if told[verb] || len(events) == 0 && err != nil && problem.Is(err, problem.Forbidden) && err.Error() == want.Error() {
						continue
					}
					told[verb] = true
					t.Errorf("an outsider who asks to %s at %q learns %v; always answer %v", verb, stage, err, want)
				}
			}
		}
	}
}

// checkBad sends each bad command in the right hands at the right stage.
func checkBad[S ~string, St any, C Command, E any, F any](t T, w Workflow[S, St, C, E, F], s *seen[S, St]) {
	t.Helper()
	for _, b := range w.Bad {
		cases := s.at[b.At]
		if len(cases) == 0 {
			t.Errorf("bad %s: no life reaches %q", b.Do.Verb(), b.At)
			continue
		}
		who := permit.Actor{Account: "a-third", Organisation: "home", Roles: []permit.Role{b.By}}
		if b.By == permit.Clock {
			who = permit.Platform
		}
		m := cases[0]
		events, err := decide(w, Moment{Who: who, Now: m.now, Random: rand.New(rand.NewPCG(0, 0))}, m.state, b.Do)
		var got []string
		if p := problem.As(err); p != nil {
			for _, f := range p.Fields {
				got = append(got, f.Pointer+" "+f.Code)
			}
		}
		if len(events) > 0 || !problem.Is(err, problem.Invalid) || !slices.Equal(got, b.Want) {
			t.Errorf("bad %s at %q, %+v: told %q (%v), want %q", b.Do.Verb(), b.At, b.Do, got, err, b.Want)
		}
	}
}

// checkReadme: the printed twin notices a row that was changed or lost.
func checkReadme[S ~string, St any, C Command, E any, F any](t T, w Workflow[S, St, C, E, F]) {
	t.Helper()
	if w.Readme == "" {
		t.Errorf("no README shows the table")
		return
	}
	text, err := os.ReadFile(w.Readme)
	if err != nil {
		t.Errorf("read README: %v", err)
		return
	}
	for _, want := range []string{w.Table.Markdown(), w.Table.Mermaid()} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is out of date; want in it:\n%s", w.Readme, want)
		}
	}
}
