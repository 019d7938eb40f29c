package flowtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// moment is one case at one time, with who last did each verb.
type moment[St any] struct {
	state St
	now   time.Time
	did   map[string]string
}

// seen is what the lives have found.
type seen[S ~string, St any] struct {
	table    flow.Table[S]
	lived    map[[2]string]bool // row number and stage
	refused  map[int]bool       // rows whose four eyes were put to the test
	deputies map[int]bool       // of them, those where another had done it in his place
	repeated map[string]bool    // clock verbs that were sent again
	at       map[S][]moment[St] // a few cases per stage
}

func newSeen[S ~string, St any](table flow.Table[S]) *seen[S, St] {
	return &seen[S, St]{table: table, lived: map[[2]string]bool{}, refused: map[int]bool{}, deputies: map[int]bool{}, repeated: map[string]bool{}, at: map[S][]moment[St]{}}
}

func (s *seen[S, St]) keep(stage S, m moment[St]) {
	if len(s.at[stage]) < several {
		s.at[stage] = append(s.at[stage], m)
	}
}

// missing tells what no life has tried.
func (s *seen[S, St]) missing() (faults []string) {
	for i, row := range s.table {
		for _, from := range row.From {
			if !s.lived[[2]string{fmt.Sprint(i), string(from)}] {
				faults = append(faults, fmt.Sprintf("row %d, %s by %s from %q, was never lived: no sample does it there", i+1, row.Do, row.By, from))
			}
		}
		if row.Not != "" && !s.refused[i] {
			faults = append(faults, fmt.Sprintf("row %d, %s: nobody who did %q was ever there to be refused", i+1, row.Do, row.Not))
		} else if row.Not != "" && !s.deputies[i] {
			faults = append(faults, fmt.Sprintf("row %d, %s: nobody for whom another did %q was ever there to be refused", i+1, row.Do, row.Not))
		}
		if row.By == permit.Clock && !s.repeated[row.Do] {
			faults = append(faults, fmt.Sprintf("%s: the clock never had anything to repeat", row.Do))
		}
	}
	return faults
}

// cast returns two people for every role of the table, one who holds them all,
// as in a body of one person, and a deputy who acts for that one (代办).
func cast[S ~string](table flow.Table[S]) (people []permit.Actor) {
	everyone := permit.Actor{Account: "everyone", Organisation: "home"}
	for _, row := range table {
		if row.By == permit.Clock || row.By == permit.Visitor || everyone.Has(row.By) {
			continue
		}
		everyone.Roles = append(everyone.Roles, row.By)
		for _, n := range []string{"one", "two"} {
			people = append(people, permit.Actor{Account: string(row.By) + "-" + n, Organisation: "home", Roles: []permit.Role{row.By}})
		}
	}
	deputy := everyone
	deputy.Account, deputy.Behalf = "deputy", everyone.Account
	return append(people, everyone, deputy, permit.Platform, permit.Actor{})
}

// life is one case from its start.
type life[S ~string, St any, C Command, E any, F any] struct {
	w       Workflow[S, St, C, E, F]
	seen    *seen[S, St]
	random  *rand.Rand
	people  []permit.Actor
	here    moment[St]
	states  []St // after each event
	history []E
}

// live leads one life and returns the first fault, or "".
func live[S ~string, St any, C Command, E any, F any](w Workflow[S, St, C, E, F], seed uint64, s *seen[S, St]) (fault string) {
	l := &life[S, St, C, E, F]{w: w, seen: s, random: rand.New(rand.NewPCG(seed, 0)), people: cast(w.Table),
		here: moment[St]{state: w.Start, now: start, did: map[string]string{}}}
	s.keep(w.Stage(w.Start), l.here)
	for range steps {
		l.here.now = l.here.now.Add(time.Duration(l.random.IntN(5*24)) * time.Hour)
		who, c := l.choose()
		if fault = l.step(who, c); fault != "" {
			return fault
		}
	}
	return l.replay()
}

// choose picks anybody and anything, or, three times in four, a row that may
// be done now and somebody who holds its role: whoever did its Not, if any, as
// often as another.
func (l *life[S, St, C, E, F]) choose() (permit.Actor, C) {
	who, c := pick(l.random, l.people), pick(l.random, l.w.Samples)
	if l.random.IntN(4) == 0 {
		return who, c
	}
	var rows []flow.Step[S]
	for _, row := range l.w.Table {
		if slices.Contains(row.From, l.w.Stage(l.here.state)) {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return who, c
	}
	row := pick(l.random, rows)
	var able, did []permit.Actor
	for _, p := range l.people {
		if p.Has(row.By) {
			able = append(able, p)
			if row.Bars(p, l.here.did) {
				did = append(did, p)
			}
		}
	}
	if who = pick(l.random, able); len(did) > 0 && l.random.IntN(2) == 0 {
		who = pick(l.random, did)
	}
	var samples []C
	for _, sample := range l.w.Samples {
		if sample.Verb() == row.Do {
			samples = append(samples, sample)
		}
	}
	return who, pick(l.random, samples)
}

func pick[X any](r *rand.Rand, all []X) X { return all[r.IntN(len(all))] }

// step sends one command and returns what is wrong with the answer, or "".
func (l *life[S, St, C, E, F]) step(who permit.Actor, c C) (fault string) {
	from := l.w.Stage(l.here.state)
	asked := fmt.Sprintf("%s by %s at %q: ", c.Verb(), cmp.Or(who.Account, "a visitor"), from)
	facts := Moment{Who: who, Now: l.here.now, Random: l.random}
	before, was := l.here.state, asJSON(l.here.state)
	events, err := decide(l.w, facts, l.here.state, c)
	if asJSON(before) != was {
		return asked + "the decision changed the state in place"
	}
	if err != nil && len(events) > 0 {
		return asked + "events beside an error"
	}
	if err != nil && problem.As(err) == nil {
		return asked + "a fault: " + err.Error()
	}
	if allowed := l.w.Table.Permit(from, c.Verb(), who, l.here.did); allowed != nil {
		if problem.As(allowed).Code == "flow.four_eyes" {
			l.tried(from, c.Verb(), who)
		}
		if err == nil || err.Error() != allowed.Error() {
			return asked + fmt.Sprintf("got %v, the table says %v", err, allowed)
		}
		return ""
	}
	if err != nil || len(events) == 0 {
		return ""
	}
	if fault = l.evolve(events, who, c.Verb()); fault != "" {
		return asked + fault
	}
	if asJSON(before) != was {
		return asked + "the event changed the state before it in place"
	}
	if fault = l.landed(from, c.Verb(), who); fault != "" {
		return asked + fault
	}
	if slices.Contains(who.Roles, permit.Clock) {
		l.seen.repeated[c.Verb()] = true
		if again, _ := decide(l.w, facts, l.here.state, c); len(again) > 0 {
			return asked + fmt.Sprintf("the clock repeated it and got %d more events", len(again))
		}
	}
	return ""
}

// tried notes that four eyes were put to the test.
func (l *life[S, St, C, E, F]) tried(from S, verb string, who permit.Actor) {
	for i, row := range l.w.Table {
		if row.Do == verb && slices.Contains(row.From, from) && row.Bars(who, l.here.did) {
			l.seen.refused[i] = true
			own := row.Bars(who, l.himself())
			l.seen.deputies[i] = l.seen.deputies[i] || !own && who.Behalf == ""
		}
	}
}

// himself names the accounts that last did each verb, for whomever.
func (l *life[S, St, C, E, F]) himself() map[string]string {
	did := maps.Clone(l.here.did)
	for verb, doer := range did {
		did[verb], _ = permit.Doers(doer)
	}
	return did
}

// evolve takes the events into the state, and holds it to the laws.
func (l *life[S, St, C, E, F]) evolve(events []E, who permit.Actor, verb string) (fault string) {
	for _, e := range events {
		l.here.state = l.w.Evolve(l.here.state, e)
		l.states = append(l.states, l.here.state)
	}
	l.history = append(l.history, events...)
	l.here.did = maps.Clone(l.here.did)
	l.here.did[verb] = who.Doer()
	for _, law := range l.w.Always {
		if !law.Holds(l.here.state) {
			return "broken: " + law.Says
		}
	}
	return ""
}

// landed notes the rows that were lived and says if the case stands where no
// row says.
func (l *life[S, St, C, E, F]) landed(from S, verb string, who permit.Actor) (fault string) {
	at := l.w.Stage(l.here.state)
	l.seen.keep(at, l.here)
	var want []S
	found := false
	for i, row := range l.w.Table {
		if row.Do != verb || !who.Has(row.By) || !slices.Contains(row.From, from) {
			continue
		}
		to := cmp.Or(row.To, from)
		want = append(want, to)
		if to == at {
			found, l.seen.lived[[2]string{fmt.Sprint(i), string(from)}] = true, true
		}
	}
	if !found {
		return fmt.Sprintf("it led to %q, the table says %q", at, want)
	}
	return ""
}

// replay evolves the history again, as it was and as it would come back from
// the ledger, and compares every state on the way.
func (l *life[S, St, C, E, F]) replay() (fault string) {
	again, stored := l.w.Start, l.w.Start
	for i, e := range l.history {
		again = l.w.Evolve(again, e)
		if !reflect.DeepEqual(again, l.states[i]) {
			return fmt.Sprintf("replay after event %d, %T, gives %+v; the case stood at %+v", i+1, e, again, l.states[i])
		}
		back, err := throughJSON(e)
		if err != nil {
			return fmt.Sprintf("event %T cannot be stored: %v", e, err)
		}
		stored = l.w.Evolve(stored, back)
	}
	if got, want := asJSON(stored), asJSON(again); got != want {
		return fmt.Sprintf("replay of the stored events gives\n%s\nthe case stood at\n%s", got, want)
	}
	return ""
}

func throughJSON[E any](e E) (back E, err error) {
	text, err := json.Marshal(e)
	if err != nil {
		return back, err
	}
	into := reflect.New(reflect.TypeOf(e))
	if err := json.Unmarshal(text, into.Interface()); err != nil {
		return back, err
	}
	return into.Elem().Interface().(E), nil
}

func asJSON(x any) string {
	text, err := json.Marshal(x)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
