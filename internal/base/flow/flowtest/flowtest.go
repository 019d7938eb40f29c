// Package flowtest holds the tests that every workflow owes (house.md B.5). A
// package with a table calls [Check] once:
//
//	func TestWorkflow(t *testing.T) {
//		flowtest.Check(t, flowtest.Workflow[Stage, Entry, Command, Event, Facts]{
//			Table: Table, Decide: Decide, Evolve: Evolve,
//			Stage:   func(e Entry) Stage { return e.Stage },
//			Start:   Entry{Stage: StageDraft},
//			Facts:   func(m flowtest.Moment) Facts { return Facts{Who: m.Who, Now: m.Now} },
//			Samples: []Command{Describe{…}, Publish{}, …},
//			Bad:     []flowtest.Bad[Stage, Command]{{At: StageDraft, By: permit.OpnEditor, Do: Describe{}, Want: []string{"/title required"}}},
//			Always:  []flowtest.Law[Entry]{{Says: "withdrawn with a reason", Holds: func(e Entry) bool { … }}},
//			Readme:  "README.md",
//		})
//	}
//
// It learns the workflow by living it: 2,000 lives from Start, in which people
// of every role send the samples, at the right stage and at the wrong one.
// What it finds on the way, it holds against the table:
//
//   - the table tells the truth: every row is lived, and lands where it says
//   - who and when: whatever the table forbids is refused, with its code
//   - an outsider learns nothing: one refusal, whatever the stage or the fields
//   - four eyes: whoever did the verb in Not, or had it done in his place (代办),
//     is refused, and that was tried
//   - the clock may repeat: its command, sent again, gives no second event
//   - invariants hold after every step, no events beside an error, no faults
//   - replay gives the same state, in memory and through JSON as stored
//   - bad commands are told the full list of fields
//   - the README shows the table, all columns, and the diagram
package flowtest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"time"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
)

// T is what Check needs of a *testing.T.
type T interface {
	Helper()
	Errorf(format string, args ...any)
}

// Command is a request to move a case; it knows its verb in the table.
type Command interface{ Verb() string }

// Moment is what facts are made of.
type Moment struct {
	Who    permit.Actor
	Now    time.Time
	Random *rand.Rand // for facts that vary from step to step; never nil
}

// Bad is a faulty command, and every field that it must be told about, in
// form order, as "pointer code".
type Bad[S ~string, C any] struct {
	At   S           // a stage that the lives reach
	By   permit.Role // who may do it there
	Do   C
	Want []string
}

// Law is something that must always hold.
type Law[St any] struct {
	Says  string
	Holds func(St) bool
}

// Workflow is a workflow and what is needed to test it. S is the type of its
// stages, St of its state, C of its commands, E of its events (structs that
// survive JSON) and F of its facts.
type Workflow[S ~string, St any, C Command, E any, F any] struct {
	Table  flow.Table[S]
	Decide func(F, St, C) ([]E, error)
	Evolve func(St, E) St
	Stage  func(St) S
	Start  St
	Facts  func(Moment) F
	// Samples holds good commands: at least one per verb, and more where a
	// row can only be lived with other content.
	Samples []C
	Bad     []Bad[S, C]
	// Unguarded names verbs whose commands carry fields of which none can be
	// wrong. Every other verb with fields owes an entry in Bad.
	Unguarded []string
	Always    []Law[St]
	Readme    string // path; "" is a fault
	Lives     int    // 0 for 2,000
}

const (
	lives = 2000
	steps = 40
	// several is how many cases per stage are kept for closer questions.
	several = 4
)

// start is when every life begins: 2026-02-09 10:00 in Shanghai, the week
// before a Spring Festival with two worked Saturdays.
var start = time.Date(2026, 2, 9, 2, 0, 0, 0, time.UTC)

// Check holds w to the tests that every workflow owes.
func Check[S ~string, St any, C Command, E any, F any](t T, w Workflow[S, St, C, E, F]) {
	t.Helper()
	if w.Lives == 0 {
		w.Lives = lives
	}
	if !checkSamples(t, w) {
		return
	}
	seen := newSeen[S, St](w.Table)
	for seed := range uint64(w.Lives) {
		if fault := live(w, seed, seen); fault != "" {
			t.Errorf("life %d: %s", seed, fault)
			return
		}
	}
	for _, fault := range seen.missing() {
		t.Errorf("%s", fault)
	}
	checkOutsiders(t, w, seen)
	checkBad(t, w, seen)
	checkReadme(t, w)
}

// checkSamples asks for the pieces without which nothing can be tried.
func checkSamples[S ~string, St any, C Command, E any, F any](t T, w Workflow[S, St, C, E, F]) bool {
	t.Helper()
	ok, verbs, samples := true, map[string]bool{}, map[string]bool{}
	for _, row := range w.Table {
		verbs[row.Do] = true
	}
	for _, c := range w.Samples {
		samples[c.Verb()] = true
		if !verbs[c.Verb()] {
			t.Errorf("sample %q is in no row of the table", c.Verb())
			ok = false
		}
	}
	for _, row := range w.Table {
		if !samples[row.Do] {
			t.Errorf("no sample for %q", row.Do)
			samples[row.Do], ok = true, false
		}
	}
	bad := map[string]bool{}
	for _, b := range w.Bad {
		bad[b.Do.Verb()] = true
	}
	for _, verb := range w.Unguarded {
		bad[verb] = true
	}
	for _, c := range w.Samples {
		if fields(c) && !bad[c.Verb()] {
			t.Errorf("%q carries fields, but no bad command was tried; add one to Bad, or name it in Unguarded", c.Verb())
			bad[c.Verb()] = true
		}
	}
	if len(w.Table) == 0 {
		t.Errorf("the table is empty")
		ok = false
	}
	return ok
}

func fields(c any) bool {
	typ := reflect.TypeOf(c)
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	return typ.Kind() != reflect.Struct || typ.NumField() > 0
}

// decide calls w.Decide; a panic becomes a fault, with what was asked.
func decide[S ~string, St any, C Command, E any, F any](w Workflow[S, St, C, E, F], m Moment, state St, c C) (events []E, err error) {
	defer func() {
		if r := recover(); r != nil {
			events, err = nil, fmt.Errorf("panic: %v", r)
		}
	}()
	return w.Decide(w.Facts(m), state, c)
}
