package review

import (
	"fmt"
	"slices"

	"kaishu/internal/base/problem"
)

// checkVerdicts returns every fault of a decision at once: each dataset of the
// order is decided, once; what is approved meets its conditions, and whatever
// is less than applied for has its reason; what is refused has all its reasons
// and says what would make it approvable (Article 19(3), 一次性告知).
func checkVerdicts(f Facts, o Order, all []Verdict) error {
	var p problem.List
	for i, v := range all {
		at := fmt.Sprintf("/verdicts/%d", i)
		want, known := o.Want(v.Dataset)
		switch {
		case !known:
			p.Add(at+"/dataset", "review.not_asked", "dataset", v.Dataset)
		case slices.ContainsFunc(all[:i], func(x Verdict) bool { return x.Dataset == v.Dataset }):
			p.Add(at+"/dataset", "review.decided_twice")
		case v.Approve:
			checkApproval(&p, at, f, o, want, v)
		default:
			checkRefusal(&p, at, v)
		}
	}
	for _, w := range o.Datasets {
		if !slices.ContainsFunc(all, func(v Verdict) bool { return v.Dataset == w.Dataset }) {
			p.Add("/verdicts", "review.not_decided", "dataset", w.Dataset)
		}
	}
	return p.Err()
}

func checkApproval(p *problem.List, at string, f Facts, o Order, w Wanted, v Verdict) {
	if f.Outside[v.Dataset] {
		p.Add(at+"/approve", "review.outside")
	}
	if f.Expired[v.Dataset] {
		p.Add(at+"/approve", "review.expired")
	}
	switch {
	case o.NeedsRisk() && o.Risk == nil:
		p.Add(at+"/approve", "review.assess_first")
	case o.Risk != nil && !o.Risk.Acceptable:
		p.Add(at+"/approve", "review.risk_too_high")
	}
	if len(v.Fields) == 0 {
		p.Add(at+"/fields", "review.no_field")
	}
	for _, name := range v.Fields {
		if !slices.Contains(w.Fields, name) {
			p.Add(at+"/fields", "review.wider", "field", name)
		}
	}
	if v.From < w.From || w.To != "" && (v.To == "" || v.To > w.To) {
		p.Add(at+"/from", "review.wider_period")
	}
	if v.To != "" && v.To < v.From {
		p.Add(at+"/to", "review.ends_before_it_begins")
	}
	if v.Months < 1 || v.Months > w.Months {
		p.Add(at+"/months", "review.wider_months", "most", w.Months)
	}
	if !slices.Contains(modes, v.Mode) {
		p.Add(at+"/mode", "required")
	}
	for _, n := range Narrowed(w, v) {
		need(p, at+"/narrow/"+n, v.Narrow[n], 1000)
	}
}

// modes are the ways of handing over; see package application.
var modes = []string{"file", "api", "sandbox"}

// Narrowed returns in what v gives less than w asks, of [Narrowings].
func Narrowed(w Wanted, v Verdict) (all []string) {
	for _, n := range []struct {
		name string
		less bool
	}{{"fields", len(v.Fields) < len(w.Fields)}, {"period", v.From != w.From || v.To != w.To}, {"mode", v.Mode != w.Mode}, {"months", v.Months < w.Months}} {
		if n.less {
			all = append(all, n.name)
		}
	}
	return all
}

func checkRefusal(p *problem.List, at string, v Verdict) {
	if len(v.Reasons) == 0 {
		p.Add(at+"/reasons", "review.needs_reason")
	}
	for i, r := range v.Reasons {
		one := fmt.Sprintf("%s/reasons/%d", at, i)
		if !slices.Contains(ReasonCodes, r.Code) {
			p.Add(one+"/code", "required")
		}
		need(p, one+"/text", r.Text, 1000)
	}
	need(p, at+"/remedy", v.Remedy, 1000)
}

// Want returns what was applied for of the dataset called slug.
func (s Subject) Want(slug string) (Wanted, bool) {
	i := slices.IndexFunc(s.Datasets, func(w Wanted) bool { return w.Dataset == slug })
	if i < 0 {
		return Wanted{}, false
	}
	return s.Datasets[i], true
}
