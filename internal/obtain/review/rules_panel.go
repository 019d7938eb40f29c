package review

import (
	"fmt"
	"slices"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

func rank(c Rank, by string) ([]Event, error) {
	var p problem.List
	for _, n := range []struct {
		at    string
		score int
	}{{"/livelihood", c.Livelihood}, {"/economy", c.Economy}, {"/replicable", c.Replicable}} {
		if n.score < 0 || n.score > 3 {
			p.Add(n.at, "review.score")
		}
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return []Event{Ranked{Score: c.Score, By: by}}, nil
}

func assess(c Assess, by string) ([]Event, error) {
	var p problem.List
	need(&p, "/linked", c.Linked, 2000)
	for _, l := range []struct {
		at    string
		level Level
	}{{"/person", c.Person}, {"/secret", c.Secret}, {"/public", c.Public}} {
		if !slices.Contains(Levels, l.level) {
			p.Add(l.at, "required")
		}
	}
	if c.Highest() != Low {
		need(&p, "/measures", c.Measures, 2000)
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return []Event{Assessed{Risk: c.Risk, By: by}}, nil
}

func consult(f Facts, o Order, c Consult) ([]Event, error) {
	var p problem.List
	there := o.spoken()
	if len(there)+len(c.Experts) < LeastExperts || len(c.Experts) == 0 {
		p.Add("/experts", "review.few_experts", "least", LeastExperts)
	}
	for i, e := range c.Experts {
		at := fmt.Sprintf("/experts/%d", i)
		switch {
		case slices.Contains(c.Experts[:i], e) || slices.ContainsFunc(o.Experts, func(x Expert) bool { return x.Account == e && x.Advice != "" }):
			p.Add(at, "review.expert_twice")
		case !slices.Contains(f.Experts, e) || slices.Contains(o.Recused, e) || slices.Contains(f.Own, e):
			p.Add(at, "review.no_expert", "account", e)
		}
	}
	need(&p, "/reason", c.Reason, 2000)
	if err := p.Err(); err != nil {
		return nil, err
	}
	return []Event{Consulted{Experts: c.Experts, Reason: c.Reason, By: f.Who.Doer()}}, nil
}

func opine(f Facts, o Order, c Opine) ([]Event, error) {
	i := slices.IndexFunc(o.Experts, func(e Expert) bool { return e.Account == f.Who.Account })
	if i < 0 || o.Experts[i].Advice != "" {
		return nil, problem.New(problem.Forbidden, "flow.not_your_step")
	}
	var p problem.List
	if !slices.Contains(Advices, c.Advice) {
		p.Add("/advice", "required")
	}
	need(&p, "/opinion", c.Opinion, 5000)
	if err := p.Err(); err != nil {
		return nil, err
	}
	events := []Event{Opined{Advice: c.Advice, Opinion: c.Opinion, On: f.Today, By: f.Who.Account}}
	if after := Evolve(o, events[0]); !slices.ContainsFunc(after.Experts, func(e Expert) bool { return e.Advice == "" }) && after.Opinions() >= LeastExperts {
		events = append(events, Resumed{})
	}
	return events, nil
}

// spoken returns the experts who have given an opinion: they stay when others
// are asked in the place of those who could not.
func (o Order) spoken() (all []Expert) {
	for _, e := range o.Experts {
		if e.Advice != "" && e.Advice != "conflict" {
			all = append(all, e)
		}
	}
	return all
}

// Opinions returns how many experts have spoken without a conflict.
func (o Order) Opinions() int { return len(o.spoken()) }

func resume(o Order) ([]Event, error) {
	if o.Opinions() < LeastExperts {
		return nil, problem.New(problem.Conflict, "review.few_opinions", "least", LeastExperts, "there", o.Opinions())
	}
	return []Event{Resumed{}}, nil
}

// checkPeriod returns every fault of a period of days.
func checkPeriod(from, to workday.Date) error {
	var p problem.List
	if !from.Valid() {
		p.Add("?from", "review.no_day")
	}
	if !to.Valid() || from.Valid() && to < from {
		p.Add("?to", "review.no_day")
	}
	return p.Err()
}
