package flowtest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// A tiny workflow: a letter is written, proposed, then sent or returned by
// another person, and falls overdue.

type stage string

type letter struct {
	Stage   stage             `json:"stage"`
	Title   string            `json:"title"`
	Text    string            `json:"text"`
	Due     time.Time         `json:"due"`
	Overdue bool              `json:"overdue"`
	Did     map[string]string `json:"did,omitempty"`
}

type facts struct {
	who permit.Actor
	now time.Time
}

type command interface{ Verb() string }

type (
	write struct{ Title, Text string }
	hand  struct{}
	send  struct{}
	back  struct{}
	late  struct{}
)

func (write) Verb() string { return "write" }
func (hand) Verb() string  { return "propose" }
func (send) Verb() string  { return "send" }
func (back) Verb() string  { return "return" }
func (late) Verb() string  { return "mark_overdue" }

type (
	written  struct{ Title, Text string }
	proposed struct {
		By  string    `json:"by"`
		Due time.Time `json:"due"`
	}
	sent     struct{}
	returned struct{}
	fellLate struct{}
)

var table = flow.Table[stage]{
	{Do: "write", From: []stage{"draft"}, By: permit.OpnEditor, Article: "9(2)"},
	{Do: "propose", From: []stage{"draft"}, To: "proposed", By: permit.OpnEditor},
	{Do: "send", From: []stage{"proposed"}, To: "sent", By: permit.OpnLead, Not: "propose", Article: "16(1)"},
	{Do: "return", From: []stage{"proposed"}, To: "draft", By: permit.OpnLead},
	{Do: "mark_overdue", From: []stage{"proposed"}, By: permit.Clock, Article: "19(2)"},
}

func decideLetter(f facts, l letter, c command) ([]any, error) {
	if err := table.Permit(l.Stage, c.Verb(), f.who, l.Did); err != nil {
		return nil, err
	}
	return decided(f, l, c)
}

func decided(f facts, l letter, c command) ([]any, error) {
	switch c := c.(type) {
	case write:
		var p problem.List
		p.Require("/title", c.Title)
		p.Require("/text", c.Text)
		if err := p.Err(); err != nil {
			return nil, err
		}
		return []any{written(c)}, nil
	case hand:
		if l.Title == "" {
			return nil, problem.New(problem.Conflict, "letter.blank")
		}
		return []any{proposed{By: f.who.Doer(), Due: f.now.AddDate(0, 0, 3)}}, nil
	case send:
		return []any{sent{}}, nil
	case back:
		return []any{returned{}}, nil
	case late:
		if l.Overdue || f.now.Before(l.Due) {
			return nil, nil
		}
		return []any{fellLate{}}, nil
	}
	panic("no rule for " + c.Verb())
}

func evolveLetter(l letter, event any) letter {
	switch e := event.(type) {
	case written:
		l.Title, l.Text = e.Title, e.Text
	case proposed:
		l.Stage, l.Due, l.Did = "proposed", e.Due, maps.Clone(l.Did)
		if l.Did == nil {
			l.Did = map[string]string{}
		}
		l.Did["propose"] = e.By
	case sent:
		l.Stage = "sent"
	case returned:
		l.Stage, l.Overdue = "draft", false
	case fellLate:
		l.Overdue = true
	default:
		panic(fmt.Sprintf("no evolution by %T", event))
	}
	return l
}

type workflow = Workflow[stage, letter, command, any, facts]

func letters(readme string) workflow {
	return workflow{
		Table: table, Decide: decideLetter, Evolve: evolveLetter, Readme: readme, Lives: 200,
		Stage:   func(l letter) stage { return l.Stage },
		Start:   letter{Stage: "draft"},
		Facts:   func(m Moment) facts { return facts{who: m.Who, now: m.Now} },
		Samples: []command{write{"title", "text"}, hand{}, send{}, back{}, late{}},
		Bad: []Bad[stage, command]{
			{At: "draft", By: permit.OpnEditor, Do: write{" ", ""}, Want: []string{"/title required", "/text required"}},
			{At: "draft", By: permit.OpnEditor, Do: write{"title", ""}, Want: []string{"/text required"}},
		},
		Always: []Law[letter]{{"what is proposed has a title", func(l letter) bool { return l.Stage == "draft" || l.Title != "" }}},
	}
}

// recorder stands in for a *testing.T and keeps what it was told.
type recorder struct{ told []string }

func (*recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.told = append(r.told, fmt.Sprintf(format, args...))
}

func readme(t *testing.T, table flow.Table[stage]) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "README.md")
	text := "# letters\n\n" + table.Markdown() + "\n```mermaid\n" + table.Mermaid() + "```\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAGoodWorkflowPasses(t *testing.T) {
	w := letters(readme(t, table))
	w.Lives = 0
	Check(t, w)
}

// TestPlantedFaultsAreCaught plants one fault at a time; what Check tells must
// hold the words of caught.
func TestPlantedFaultsAreCaught(t *testing.T) {
	for _, tt := range []struct {
		name   string
		plant  func(w *workflow)
		caught string
	}{
		{"nobody asks the table", func(w *workflow) { w.Decide = decided }, "got <nil>, the table says"},
		{"stage is not asked", func(w *workflow) {
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				for _, s := range table.Stages() {
					if err := table.Permit(s, c.Verb(), f.who, l.Did); err == nil {
						return decided(f, l, c)
					}
				}
				return nil, table.Permit(l.Stage, c.Verb(), f.who, l.Did)
			}
		}, "the table says conflict"},
		{"four eyes lost in the state", func(w *workflow) {
			w.Evolve = func(l letter, e any) letter { l = evolveLetter(l, e); l.Did = nil; return l }
		}, "the table says forbidden: flow.four_eyes"},
		{"a deputy's work counts as his alone", func(w *workflow) {
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				events, err := decideLetter(f, l, c)
				for i, e := range events {
					if p, ok := e.(proposed); ok {
						p.By = f.who.Account
						events[i] = p
					}
				}
				return events, err
			}
		}, "send by everyone at \"proposed\": got <nil>, the table says forbidden: flow.four_eyes"},
		{"four eyes lost in the table", func(w *workflow) {
			lost := flow.Table[stage](append([]flow.Step[stage]{}, table...))
			lost[2].Not = ""
			w.Table = lost
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				if err := lost.Permit(l.Stage, c.Verb(), f.who, l.Did); err != nil {
					return nil, err
				}
				return decided(f, l, c)
			}
		}, "is out of date"},
		{"stage drift", func(w *workflow) {
			w.Evolve = func(l letter, e any) letter {
				if l = evolveLetter(l, e); l.Stage == "sent" {
					l.Stage = "posted"
				}
				return l
			}
		}, `it led to "posted"`},
		{"a row that nobody can live", func(w *workflow) {
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				if _, ok := c.(back); ok && f.who.Has(permit.OpnLead) && l.Stage == "proposed" {
					return nil, problem.New(problem.Conflict, "letter.never")
				}
				return decideLetter(f, l, c)
			}
		}, "was never lived"},
		{"guard missing", func(w *workflow) {
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				if bad, ok := c.(write); ok && bad.Text == "" {
					c = write{bad.Title + "x", "x"}
				}
				return decideLetter(f, l, c)
			}
		}, "want [\"/title required\" \"/text required\"]"},
		{"only the first fault is told", func(w *workflow) {
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				events, err := decideLetter(f, l, c)
				if p := problem.As(err); p != nil && len(p.Fields) > 1 {
					p.Fields = p.Fields[:1]
				}
				return events, err
			}
		}, "told [\"/title required\"]"},
		{"faults before who", func(w *workflow) {
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				if bad, ok := c.(write); ok && bad.Title == " " {
					return decided(f, l, c)
				}
				return decideLetter(f, l, c)
			}
			w.Samples = append(w.Samples, write{" ", ""})
		}, "got invalid: invalid_input"},
		{"an outsider learns the stage", func(w *workflow) {
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				if l.Stage == "sent" && len(f.who.Roles) > 3 {
					return nil, problem.New(problem.Conflict, "flow.not_at_this_stage")
				}
				return decideLetter(f, l, c)
			}
		}, "an outsider who asks to"},
		{"the clock may not repeat", func(w *workflow) {
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				l.Overdue = false
				return decideLetter(f, l, c)
			}
		}, "the clock repeated it"},
		{"broken law", func(w *workflow) {
			w.Always = append(w.Always, Law[letter]{"nothing falls overdue", func(l letter) bool { return !l.Overdue }})
		}, "broken: nothing falls overdue"},
		{"events beside an error", func(w *workflow) {
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				if events, err := decideLetter(f, l, c); err == nil {
					return events, nil
				} else {
					return []any{fellLate{}}, err
				}
			}
		}, "events beside an error"},
		{"a panic", func(w *workflow) {
			w.Decide = func(facts, letter, command) ([]any, error) { panic("oh") }
		}, "a fault: panic: oh"},
		{"a map changed in place", func(w *workflow) {
			w.Start.Did = map[string]string{}
			w.Evolve = func(l letter, e any) letter {
				if p, ok := e.(proposed); ok {
					l.Did["propose"] = p.By
					l.Stage, l.Due = "proposed", p.Due
					return l
				}
				return evolveLetter(l, e)
			}
		}, "the event changed the state before it in place"},
		{"a decision that changes the state", func(w *workflow) {
			w.Start.Did = map[string]string{}
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				l.Did[f.who.Account] = c.Verb()
				return decideLetter(f, l, c)
			}
		}, "the decision changed the state in place"},
		{"a replay that depends on more than the events", func(w *workflow) {
			n := 0
			w.Evolve = func(l letter, e any) letter { n++; l = evolveLetter(l, e); l.Text = fmt.Sprint(n); return l }
		}, "replay after event 1"},
		{"an event that loses a field when stored", func(w *workflow) {
			type kept struct {
				By  string    `json:"-"`
				Due time.Time `json:"due"`
			}
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				events, err := decideLetter(f, l, c)
				for i, e := range events {
					if p, ok := e.(proposed); ok {
						events[i] = kept(p)
					}
				}
				return events, err
			}
			w.Evolve = func(l letter, e any) letter {
				if k, ok := e.(kept); ok {
					e = proposed(k)
				}
				return evolveLetter(l, e)
			}
		}, "replay of the stored events"},
		{"README is stale", func(w *workflow) {
			text := strings.Replace(w.Table.Markdown(), "19(2)", "19(3)", 1)
			if err := os.WriteFile(w.Readme, []byte(text), 0o600); err != nil {
				panic(err)
			}
		}, "is out of date"},
		{"the diagram is stale", func(w *workflow) {
			if err := os.WriteFile(w.Readme, []byte(w.Table.Markdown()), 0o600); err != nil {
				panic(err)
			}
		}, "stateDiagram-v2"},
		{"four eyes never tried", func(w *workflow) {
			lone := flow.Table[stage](append([]flow.Step[stage]{}, table...))
			lone[2].Not = "write_off"
			w.Table = lone
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				if err := lone.Permit(l.Stage, c.Verb(), f.who, l.Did); err != nil {
					return nil, err
				}
				return decided(f, l, c)
			}
		}, `nobody who did "write_off" was ever there`},
		{"the clock has nothing to repeat", func(w *workflow) {
			w.Decide = func(f facts, l letter, c command) ([]any, error) {
				if _, ok := c.(late); ok && f.who.Has(permit.Clock) && l.Stage == "proposed" {
					return nil, nil
				}
				return decideLetter(f, l, c)
			}
		}, "mark_overdue: the clock never had anything to repeat"},
		{"no README", func(w *workflow) { w.Readme = "" }, "no README"},
		{"README is not there", func(w *workflow) { w.Readme += "x" }, "read README"},
		{"no sample", func(w *workflow) { w.Samples = w.Samples[:4] }, `no sample for "mark_overdue"`},
		{"no bad command", func(w *workflow) { w.Bad = nil }, `"write" carries fields`},
		{"no table", func(w *workflow) { w.Table, w.Samples = nil, nil }, "the table is empty"},
		{"a stage that no life reaches", func(w *workflow) { w.Bad[0].At = "lost" }, `no life reaches "lost"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := letters(readme(t, table))
			tt.plant(&w)
			var r recorder
			Check(&r, w)
			if told := strings.Join(r.told, "\n"); !strings.Contains(told, tt.caught) {
				t.Errorf("told %q, want in it %q", told, tt.caught)
			}
		})
	}
}

func TestUnguardedNeedsNoBadCommand(t *testing.T) {
	w := letters(readme(t, table))
	w.Bad, w.Unguarded = nil, []string{"write"}
	Check(t, w)
}
