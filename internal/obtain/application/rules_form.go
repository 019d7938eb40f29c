package application

import (
	"fmt"
	"slices"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Incomplete returns every fault of a draft at once, and nil if it can be
// handed in. Pointers begin with the section, or with "/files" for a material.
func Incomplete(f Facts) error {
	var l problem.List
	for _, need := range []struct {
		code string
		met  bool
	}{{"application.not_proved", f.Proved}, {"application.rules_not_accepted", f.Rules}, {"application.closed_to_you", f.Standing}} {
		if !need.met {
			l.Add("/applicant", need.code)
		}
	}
	s := f.Draft.Scenario
	if !slices.Contains(f.Scenarios, s.Code) {
		l.Add("/scenario/code", "required")
	}
	need(&l, "/scenario/title", s.Title, 100)
	need(&l, "/scenario/purpose", s.Purpose, 2000)
	need(&l, "/scenario/serves", s.Serves, 500)
	need(&l, "/scenario/benefit", s.Benefit, 2000)
	tooLong(&l, "/scenario/external", s.External, 1000)
	checkDatasets(&l, f)
	need(&l, "/security/measures", f.Draft.Security.Measures, 2000)
	need(&l, "/security/where", f.Draft.Security.Where, 500)
	need(&l, "/security/access", f.Draft.Security.Access, 1000)
	checkFiles(&l, f)
	pledge := f.Draft.Pledge
	for _, one := range []struct {
		at    string
		given bool
	}{{"true", pledge.True}, {"cite", pledge.Cite}, {"report", pledge.Report}, {"checks", pledge.Checks}} {
		if !one.given {
			l.Add("/pledge/"+one.at, "application.pledge_needed")
		}
	}
	return l.Err()
}

func need(l *problem.List, at, text string, most int) {
	l.Require(at, text)
	tooLong(l, at, text, most)
}

func checkDatasets(l *problem.List, f Facts) {
	if n := len(f.Draft.Datasets); n == 0 {
		l.Add("/datasets", "application.needs_dataset")
	} else if n > MaxDatasets {
		l.Add("/datasets", "application.too_many_datasets", "most", MaxDatasets)
	}
	for i, w := range f.Draft.Datasets {
		at := fmt.Sprintf("/datasets/%d", i)
		ask, known := f.Asks[w.Dataset]
		twice := slices.ContainsFunc(f.Draft.Datasets[:i], func(o Wanted) bool { return o.Dataset == w.Dataset })
		switch {
		case twice:
			l.Add(at+"/dataset", "application.asked_twice")
			continue
		case !known || !ask.Conditional:
			l.Add(at+"/dataset", "application.nothing_to_apply_for", "dataset", w.Dataset)
			continue
		case ask.Excluded:
			l.Add(at+"/dataset", "application.excluded", "dataset", w.Dataset)
		}
		checkWanted(l, at, w, ask)
		if code := f.Draft.Scenario.Code; code != "" && !ask.Takes(code) {
			l.Add("/scenario/code", "application.other_scenarios", "dataset", w.Dataset)
		}
	}
}

// Takes reports whether the dataset is for a scenario (Article 15(1)(1)).
func (a Ask) Takes(code string) bool {
	return (len(a.Allow) == 0 || slices.Contains(a.Allow, code)) && !slices.Contains(a.Deny, code)
}

func checkWanted(l *problem.List, at string, w Wanted, ask Ask) {
	if len(w.Fields) == 0 {
		l.Add(at+"/fields", "application.needs_field")
	}
	for _, name := range w.Fields {
		if !slices.Contains(ask.Fields, name) {
			l.Add(at+"/fields", "application.unknown_field", "field", name)
		}
	}
	for _, d := range []struct {
		at  string
		day workday.Date
	}{{"/from", w.From}, {"/to", w.To}} {
		if d.day != "" && !d.day.Valid() {
			l.Add(at+d.at, "application.no_day")
		}
	}
	if w.From != "" && w.To != "" && w.To < w.From {
		l.Add(at+"/to", "application.ends_before_it_begins")
	}
	if !slices.Contains(Modes, w.Mode) || len(ask.Modes) > 0 && !slices.Contains(ask.Modes, w.Mode) {
		l.Add(at+"/mode", "application.mode_not_offered")
	}
	if w.Months < 1 || w.Months > MaxMonths {
		l.Add(at+"/months", "application.months", "most", MaxMonths)
	}
}

func checkFiles(l *problem.List, f Facts) {
	if len(f.Draft.Files) > MaxFiles {
		l.Add("/files", "application.too_many_files", "most", MaxFiles)
	}
	for _, w := range f.Draft.Datasets {
		for _, item := range f.Asks[w.Dataset].Items {
			at, files := "/files/"+pointer(item.ID), f.Draft.Of(item.ID)
			if item.Required && len(files) == 0 {
				l.Add(at, "application.no_file")
			}
			for _, file := range files {
				switch {
				case slices.Contains(f.Gone, file.ID):
					l.Add(at, "application.file_gone", "file", file.Name)
				case item.Expires && file.Until == "":
					l.Add(at, "application.no_expiry", "file", file.Name)
				case file.Until != "" && file.Until < f.Today:
					l.Add(at, "application.expired", "file", file.Name, "day", string(file.Until))
				}
			}
		}
	}
}

// State is how far a section of the form is.
type State string

// The states, as the task list shows them.
const (
	NotBegun State = "not_begun" // 未开始
	Begun    State = "begun"     // 未完成
	Whole    State = "whole"     // 已完成
)

// States says how far each of [Sections] is.
func States(f Facts) map[string]State {
	all := map[string]State{}
	for _, s := range Sections {
		all[s] = Whole
	}
	if p := problem.As(Incomplete(f)); p != nil {
		for _, fault := range p.Fields {
			section := SectionOf(fault.Pointer)
			all[section] = Begun
		}
	}
	d := f.Draft
	for section, empty := range map[string]bool{"scenario": d.Scenario == Scenario{}, "datasets": len(d.Datasets) == 0,
		"security": d.Security == Security{} && len(d.Files) == 0, "pledge": d.Pledge == Pledge{}} {
		if empty {
			all[section] = NotBegun
		}
	}
	return all
}

// SectionOf returns the section in which the fault at a pointer is mended.
func SectionOf(pointer string) string {
	section, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	switch {
	case section == "files" || section == "item" || section == "file" || section == "until":
		return "security"
	case !slices.Contains(Sections, section):
		return "applicant"
	}
	return section
}

// ItemOf returns the material that the fault at a pointer is about; ok is
// false if it is about none.
func ItemOf(pointer string) (item string, ok bool) {
	item, ok = strings.CutPrefix(pointer, "/files/")
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(item), ok
}

// Breadth says how much of a dataset is asked: "few", "many" or "all" of its
// columns, "none" if none is. The more is asked, the more can be learnt by
// joining, and the longer a review takes. [D]
func Breadth(chosen, all int) string {
	switch {
	case chosen == 0:
		return "none"
	case chosen >= all:
		return "all"
	case chosen*2 <= all:
		return "few"
	}
	return "many"
}
