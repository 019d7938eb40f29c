package agreement

import (
	"fmt"
	"slices"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// change decides what is asked of the optional clauses, before and after the
// signatures.
func change(f Facts, a Agreement, c Command) ([]Event, error) {
	by, side := f.Who.Doer(), Side(f.Who)
	switch c := c.(type) {
	case Propose:
		var p problem.List
		checkEdits(&p, a, c.Edits)
		need(&p, "/reason", c.Reason)
		if err := p.Err(); err != nil {
			return nil, err
		}
		return []Event{Proposed{By: by, Change: Change{Side: side, Edits: c.Edits, Reason: c.Reason, SHA256: f.Next, On: f.Today}}}, nil
	case Amend:
		var p problem.List
		checkEdits(&p, a, c.Edits)
		need(&p, "/reason", c.Reason)
		whole(&p, f, a)
		agreed(&p, f, c.Read)
		if err := p.Err(); err != nil {
			return nil, err
		}
		return []Event{Amending{Change: Change{Side: side, Edits: c.Edits, Reason: c.Reason, SHA256: f.Next, On: f.Today}, Signature: signature(f, f.Next, a.Edition+1, side)}}, nil
	case Agree:
		if err := otherSide(f, a); err != nil {
			return nil, err
		}
		return []Event{Agreed{By: by}}, nil
	case Accept:
		if err := otherSide(f, a); err != nil {
			return nil, err
		}
		if err := signing(f, a, c.Signing, a.Change.SHA256); err != nil {
			return nil, err
		}
		return []Event{Amended{Signature: signature(f, a.Change.SHA256, a.Edition+1, opposite(a.Change.Side))}}, nil
	case Decline:
		return reasoned(c.Reason, Declined{By: by, Reason: c.Reason})
	case Reject:
		return reasoned(c.Reason, Rejected{By: by, Reason: c.Reason})
	}
	panic("agreement: no rule for " + c.Verb())
}

func opposite(side string) string {
	if side == SideUser {
		return SidePublisher
	}
	return SideUser
}

// otherSide refuses whoever is of the side that asked for the change only.
func otherSide(f Facts, a Agreement) error {
	may := f.Who.Has(permit.OpnLead)
	if a.Change.Side == SidePublisher {
		may = f.Who.HasAny(permit.Person, permit.OrgAdmin)
	}
	if !may {
		return problem.New(problem.Forbidden, "agreement.other_side")
	}
	return nil
}

// checkEdits adds every fault of a change: only optional clauses are edited,
// and what the data is for takes a new application (SM-10).
func checkEdits(p *problem.List, a Agreement, edits []Edit) {
	if len(edits) == 0 {
		p.Add("/edits", "required")
		return
	}
	changed := false
	for i, e := range edits {
		at := fmt.Sprintf("/edits/%d", i)
		j := slices.IndexFunc(a.Clauses, func(c Clause) bool { return c.Code == e.Code })
		switch {
		case e.Code == "scenario":
			p.Add(at+"/code", "agreement.new_application")
		case j < 0:
			p.Add(at+"/code", "agreement.no_clause", "code", e.Code)
		case a.Clauses[j].Mandatory:
			p.Add(at+"/code", "agreement.not_optional")
		case slices.ContainsFunc(edits[:i], func(x Edit) bool { return x.Code == e.Code }):
			p.Add(at+"/code", "agreement.clause_twice")
		default:
			changed = changed || a.Clauses[j].Text.ZH != e.Text
		}
		short(p, at+"/text", e.Text)
	}
	if !changed && p.Err() == nil {
		p.Add("/edits", "agreement.no_change")
	}
}

// With returns the clauses of a with edits. What a side writes stands in its
// own words; there is no translation of it.
func (a Agreement) With(edits []Edit) []Clause {
	clauses := slices.Clone(a.Clauses)
	for _, e := range edits {
		for i, c := range clauses {
			if c.Code == e.Code && !c.Mandatory && c.Text.ZH != e.Text {
				clauses[i].Text = locale.Text{ZH: e.Text}
			}
		}
	}
	return clauses
}

// Signed returns the signatures to the text that is in force, or to be so.
func (a Agreement) Signed() (all []Signature) {
	for _, s := range a.Signatures {
		if s.Edition == a.Edition {
			all = append(all, s)
		}
	}
	return all
}

// Turn says whose turn it is: a side, or "" for nobody's.
func (a Agreement) Turn() string {
	switch a.Stage {
	case StageGenerated:
		return SideUser
	case StageSigned:
		return SidePublisher
	case StageNegotiating, StageAmended:
		return opposite(a.Change.Side)
	}
	return ""
}

// Evolve returns a as it stands after event.
func Evolve(a Agreement, event Event) Agreement {
	switch e := event.(type) {
	case Generated:
		a = Agreement{ID: e.ID, Number: e.Number, Subject: e.Subject, Stage: StageGenerated, Template: e.Template, Edition: 1, Clauses: e.Clauses, SHA256: e.SHA256, Clock: e.Clock}
	case Proposed:
		a.Stage, a.Change, a.Did = StageNegotiating, &e.Change, flow.Did(a.Did, "propose", e.By)
	case Agreed:
		a = a.changed()
		a.Stage = StageGenerated
	case Declined:
		a.Stage, a.Change = StageGenerated, nil
	case Signed:
		a.Stage, a.Clock, a.Signatures = StageSigned, e.Clock, append(slices.Clone(a.Signatures), e.Signature)
		a.Did = flow.Did(a.Did, "sign", e.Signature.By)
	case Effective:
		a.Stage, a.Clock, a.Signatures = StageEffective, e.Clock, append(slices.Clone(a.Signatures), e.Signature)
		a.Datasets, a.From, a.Until = e.Datasets, e.From, e.Until
		a.Did = flow.Did(a.Did, "countersign", e.Signature.By)
	case Amending:
		a.Stage, a.Change, a.Signatures = StageAmended, &e.Change, append(slices.Clone(a.Signatures), e.Signature)
		a.Did = flow.Did(a.Did, "amend", e.Signature.By)
	case Amended:
		a = a.changed()
		a.Stage, a.Signatures = StageEffective, append(slices.Clone(a.Signatures), e.Signature)
	case Rejected:
		a = a.unchanged()
		a.Stage = StageEffective
	case Breached:
		a = a.unchanged()
		a.Stage, a.Reason, a.Did = StageBreached, e.Reason, flow.Did(a.Did, "breach", e.By)
	case Restored:
		a.Stage, a.Reason = StageEffective, ""
	default:
		return evolveTime(a, event)
	}
	return a
}

func evolveTime(a Agreement, event Event) Agreement {
	switch e := event.(type) {
	case Terminated:
		a = a.unchanged()
		a.Stage, a.Reason, a.EndedOn, a.Clock = StageTerminated, e.Reason, e.On, a.Clock.Done(e.On)
	case Rang:
		a.Clock = a.Clock.Rung(e.Steps, e.Late)
	case Recounted:
		a.Clock = e.Clock
	case Expired:
		a = a.unchanged()
		a.Stage, a.EndedOn, a.Clock = StageExpired, e.On, a.Clock.Done(a.Until)
	case Lapsed:
		a.Stage, a.Change, a.EndedOn, a.Clock = StageLapsed, nil, e.On, a.Clock.Done(e.On)
	default:
		panic("agreement: cannot evolve by " + event.Kind())
	}
	return a
}

// changed puts the change into the text.
func (a Agreement) changed() Agreement {
	a.Clauses, a.SHA256, a.Edition, a.Change = a.With(a.Change.Edits), a.Change.SHA256, a.Edition+1, nil
	return a
}

// unchanged drops a change, and the signature to it.
func (a Agreement) unchanged() Agreement {
	a.Change = nil
	a.Signatures = slices.DeleteFunc(slices.Clone(a.Signatures), func(s Signature) bool { return s.Edition > a.Edition })
	return a
}
