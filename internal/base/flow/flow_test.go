package flow

import (
	"slices"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

type stage string

var table = Table[stage]{
	{Do: "write", From: []stage{""}, To: "draft", By: permit.OpnEditor, Article: "9(2)"},
	{Do: "publish", From: []stage{"draft"}, To: "published", By: permit.OpnLead, Not: "write", Article: "9(1)"},
	{Do: "suspend", From: []stage{"published"}, To: "suspended", By: permit.OpnReviewer},
	{Do: "suspend", From: []stage{"published"}, To: "suspended", By: permit.CtrOps},
	{Do: "note", From: []stage{"published", "suspended"}, By: permit.Clock},
	{Do: "object", From: []stage{"published"}, By: permit.Visitor, Article: "16(2)"},
}

func actor(account string, roles ...permit.Role) permit.Actor {
	return permit.Actor{Account: account, Roles: roles}
}

func TestPermit(t *testing.T) {
	did := map[string]string{"write": "ann"}
	for _, tt := range []struct {
		name string
		at   stage
		do   string
		who  permit.Actor
		want string
	}{
		{"the right person at the right stage", "draft", "publish", actor("bob", permit.OpnLead), ""},
		{"the first stage is none", "", "write", actor("ann", permit.OpnEditor), ""},
		{"whoever wrote it may not publish it", "draft", "publish", actor("ann", permit.OpnLead), "forbidden: flow.four_eyes"},
		{"nor with every role there is", "draft", "publish", actor("ann", permit.Roles...), "forbidden: flow.four_eyes"},
		{"the right person too late", "published", "publish", actor("bob", permit.OpnLead), "conflict: flow.not_at_this_stage"},
		{"whoever wrote it learns only that it is too late", "published", "publish", actor("ann", permit.OpnLead), "conflict: flow.not_at_this_stage"},
		{"another role", "draft", "publish", actor("bob", permit.OpnEditor), "forbidden: flow.not_your_step"},
		{"another role, too late: the same answer", "published", "publish", actor("bob", permit.OpnEditor), "forbidden: flow.not_your_step"},
		{"nobody", "draft", "publish", permit.Actor{}, "forbidden: flow.not_your_step"},
		{"nor may whoever acts for him", "draft", "publish", permit.Actor{Account: "bob", Behalf: "ann", Roles: []permit.Role{permit.OpnLead}}, "forbidden: flow.four_eyes"},
		{"who acts for a third may", "draft", "publish", permit.Actor{Account: "bob", Behalf: "eve", Roles: []permit.Role{permit.OpnLead}}, ""},
		{"either of two roles", "published", "suspend", actor("eve", permit.CtrOps), ""},
		{"anybody, where the public may", "published", "object", permit.Actor{}, ""},
		{"the clock has no other rights", "draft", "publish", permit.Platform, "forbidden: flow.not_your_step"},
		{"an unknown verb", "draft", "burn", actor("bob", permit.Roles...), "forbidden: flow.not_your_step"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := table.Permit(tt.at, tt.do, tt.who, did); err != nil {
				if problem.As(err) == nil {
					t.Fatalf("a fault: %v", err)
				}
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestFourEyesOverADelegation: what bob wrote for ann, neither may publish, nor
// whoever acts for one of them.
func TestFourEyesOverADelegation(t *testing.T) {
	deputy := permit.Actor{Account: "bob", Behalf: "ann", Roles: []permit.Role{permit.OpnEditor}}
	did := map[string]string{"write": deputy.Doer()}
	for who, barred := range map[[2]string]bool{{"ann"}: true, {"bob"}: true, {"bob", "ann"}: true, {"bob", "eve"}: true, {"eve", "ann"}: true, {"eve", "bob"}: true,
		{"eve"}: false, {"eve", "carl"}: false} {
		a := permit.Actor{Account: who[0], Behalf: who[1], Roles: []permit.Role{permit.OpnLead}}
		err := table.Permit("draft", "publish", a, did)
		if p := problem.As(err); (p != nil && p.Code == "flow.four_eyes") != barred || !barred && err != nil {
			t.Errorf("%s publishes: %v", a.Doer(), err)
		}
		if why := table.Explain("draft", "publish", a, did); (len(why[0].Barred) > 0) != barred {
			t.Errorf("%s publishes, explained as %+v", a.Doer(), why)
		}
	}
}

// TestFourEyesOfOneRow: a second row that allows the step without four eyes
// counts.
func TestFourEyesOfOneRow(t *testing.T) {
	two := append(slices.Clone(table), Step[stage]{Do: "publish", From: []stage{"draft"}, To: "published", By: permit.CtrOps})
	did := map[string]string{"write": "ann"}
	if err := two.Permit("draft", "publish", actor("ann", permit.OpnLead, permit.CtrOps), did); err != nil {
		t.Errorf("refused: %v", err)
	}
}

// TestExplainAgreesWithPermit: some row holds, is at its time and bars nobody
// exactly if the verb is permitted.
func TestExplainAgreesWithPermit(t *testing.T) {
	did := map[string]string{"write": "ann"}
	for _, at := range append(table.Stages(), "") {
		for _, step := range table {
			for _, who := range []permit.Actor{{}, actor("ann", permit.Roles...), actor("bob", permit.OpnLead), actor("eve", permit.CtrOps), permit.Platform} {
				all := table.Explain(at, step.Do, who, did)
				fits := slices.ContainsFunc(all, func(w Why) bool { return w.Held && w.AtTime && len(w.Barred) == 0 })
				if may := table.Permit(at, step.Do, who, did) == nil; may != fits {
					t.Errorf("%s at %q as %q: permitted %t, explained as %+v", step.Do, at, who.Account, may, all)
				}
			}
		}
	}
	all := table.Explain("draft", "publish", actor("ann", permit.OpnLead), did)
	if len(all) != 1 || !slices.Equal(all[0].Barred, []string{"write"}) || all[0].To != "published" || all[0].Article != "9(1)" {
		t.Errorf("four eyes are explained as %+v", all)
	}
}

func TestOpen(t *testing.T) {
	for _, tt := range []struct {
		at   stage
		who  permit.Actor
		want []string
	}{
		{"published", actor("eve", permit.OpnReviewer, permit.CtrOps), []string{"suspend", "object"}},
		{"draft", actor("ann", permit.OpnLead), nil},
		{"draft", actor("bob", permit.OpnLead), []string{"publish"}},
		{"suspended", permit.Platform, []string{"note"}},
		{"nowhere", actor("bob", permit.Roles...), nil},
	} {
		if got := table.Open(tt.at, tt.who, map[string]string{"write": "ann"}); !slices.Equal(got, tt.want) {
			t.Errorf("%s at %q may %q, want %q", tt.who.Account, tt.at, got, tt.want)
		}
	}
}

func TestStages(t *testing.T) {
	if got, want := table.Stages(), []stage{"draft", "published", "suspended"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMarkdown(t *testing.T) {
	want := `| from | who | does | to | but not whoever did | article |
|---|---|---|---|---|---|
| (none) | opn_editor | write | draft |  | 9(2) |
| draft | opn_lead | publish | published | write | 9(1) |
| published | opn_reviewer | suspend | suspended |  |  |
| published | ctr_ops | suspend | suspended |  |  |
| published, suspended | clock | note |  |  |  |
| published | visitor | object |  |  | 16(2) |
`
	if got := table.Markdown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMermaid(t *testing.T) {
	want := `stateDiagram-v2
    [*] --> draft: opn_editor · write · art. 9(2)
    draft --> published: opn_lead · publish · art. 9(1)
    published --> suspended: opn_reviewer · suspend
    published --> suspended: ctr_ops · suspend
    published --> published: clock · note
    suspended --> suspended: clock · note
    published --> published: visitor · object · art. 16(2)
`
	if got := table.Mermaid(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestEveryColumnIsPrinted: a change in any column changes the printed table,
// so that no rule changes without a reader.
func TestEveryColumnIsPrinted(t *testing.T) {
	for name, change := range map[string]func(s *Step[stage]){
		"Do": func(s *Step[stage]) { s.Do = "x" }, "From": func(s *Step[stage]) { s.From = []stage{"x"} },
		"To": func(s *Step[stage]) { s.To = "x" }, "By": func(s *Step[stage]) { s.By = "x" },
		"Not": func(s *Step[stage]) { s.Not = "x" }, "Article": func(s *Step[stage]) { s.Article = "x" },
	} {
		other := slices.Clone(table)
		change(&other[1])
		if other.Markdown() == table.Markdown() {
			t.Errorf("%s is not printed", name)
		}
	}
	if short := table[1:]; short.Markdown() == table.Markdown() {
		t.Error("a lost row is not noticed")
	}
}
