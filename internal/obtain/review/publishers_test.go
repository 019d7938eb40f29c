package review_test

import (
	"slices"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
)

// handed applies for datasets of two publishers and has it accepted.
func handed(t *testing.T, datasets ...string) *house {
	h := newHouse(t)
	v, err := h.applications.Open(t.Context(), people["applicant"], content(datasets...))
	h.must(err)
	h.caseID = v.Case.ID
	h.must(h.do("submit"))
	h.must(h.do("accept"))
	return h
}

// of returns the order of a publisher.
func (h *house) of(who string) string {
	h.Helper()
	page, err := h.orders.Queue(h.Context(), people[who], "", 10)
	h.must(err)
	if len(page.Items) != 1 {
		h.Fatalf("%s has %d orders", who, len(page.Items))
	}
	return page.Items[0].ID
}

func approve(dataset string) review.Verdict {
	return review.Verdict{Dataset: dataset, Approve: true, Fields: []string{"day", "pm25"}, Mode: "file", Months: 6}
}

// decide has two persons decide an order.
func (h *house) decide(reviewer, lead, order string, all ...review.Verdict) error {
	h.Helper()
	for _, step := range []struct {
		who string
		c   review.Command
	}{{reviewer, review.Take{Free: true}}, {reviewer, review.Assess{Risk: review.Risk{Linked: "日期", Person: review.Low, Secret: review.Low, Public: review.Low, Acceptable: true}}},
		{reviewer, review.Propose{Verdicts: all}}, {lead, review.Confirm{Free: true}}} {
		if _, err := h.orders.Do(h.Context(), people[step.who], order, 0, step.c); err != nil {
			return err
		}
	}
	return nil
}

// TestSeveralPublishers: one application, an order for each, a decision per
// dataset, one view for the applicant.
func TestSeveralPublishers(t *testing.T) {
	h := handed(t, "air", "bus", "rain")
	weather, transport := h.of("reviewer"), h.of("reviewer-2")
	v, err := h.orders.View(t.Context(), people["reviewer"], weather)
	h.must(err)
	if len(v.Order.Datasets) != 2 || !v.Order.NeedsRisk() || len(v.Others) != 1 || v.Others[0].ID != transport {
		t.Errorf("the order of the weather service: %+v", v.Order)
	}
	for _, x := range []struct{ who, order string }{{"reviewer", transport}, {"lead-2", weather}, {"expert-1", weather}, {"applicant", weather}} {
		if _, err := h.orders.View(t.Context(), people[x.who], x.order); !problem.Is(err, problem.NotFound) {
			t.Errorf("%s sees %s: %v", x.who, x.order, err)
		}
	}
	refused := review.Verdict{Dataset: "rain", Reasons: []review.Reason{{Code: "security", Text: "没有加密"}, {Code: "excess", Text: "不需要"}}, Remedy: "加密"}
	h.must(h.decide("reviewer", "lead", weather, approve("air"), refused))
	mine, err := h.orders.Of(t.Context(), people["applicant"], h.caseID)
	h.must(err)
	i := slices.IndexFunc(mine, func(p review.Progress) bool { return p.ID == weather })
	if len(mine) != 2 || len(mine[i].Verdicts) != 2 || len(mine[i].Verdicts[1].Reasons) != 2 || mine[1-i].Verdicts != nil {
		t.Errorf("one decided, one waits: %+v", mine)
	}
	about, err := h.applications.View(t.Context(), people["applicant"], h.caseID)
	h.must(err)
	if about.Case.Stage != application.StageAccepted {
		t.Errorf("concluded before the last publisher: %s", about.Case.Stage)
	}
	h.must(h.decide("reviewer-2", "lead-2", transport, approve("bus")))
	about, err = h.applications.View(t.Context(), people["applicant"], h.caseID)
	h.must(err)
	if about.Case.Stage != application.StageApproved {
		t.Errorf("after the last publisher: %s", about.Case.Stage)
	}
	all, err := h.orders.Decisions(t.Context(), permit.Actor{}, "", 10)
	h.must(err)
	if len(all) != 3 {
		t.Errorf("%d public decisions", len(all))
	}
	for _, o := range []string{weather, transport} {
		if _, _, err := h.orders.Letter(t.Context(), people["applicant"], o); err != nil {
			t.Errorf("letter %s: %v", o, err)
		}
		if _, _, err := h.orders.Letter(t.Context(), people["expert-1"], o); !problem.Is(err, problem.NotFound) {
			t.Errorf("a stranger's letter %s: %v", o, err)
		}
	}
}

// TestWithdrawalLeavesWhatIsDecided: an order that was decided stays so.
func TestWithdrawalLeavesWhatIsDecided(t *testing.T) {
	h := handed(t, "air", "bus")
	weather, transport := h.of("reviewer"), h.of("reviewer-2")
	h.must(h.decide("reviewer", "lead", weather, approve("air")))
	h.must(h.do("withdraw"))
	for id, want := range map[string]review.Stage{weather: review.StageDecided, transport: review.StageWithdrawn} {
		v, err := h.orders.View(t.Context(), people["authority"], id)
		h.must(err)
		if v.Order.Stage != want {
			t.Errorf("%s is %s, want %s", id, v.Order.Stage, want)
		}
	}
	if err := h.decide("reviewer-2", "lead-2", transport, approve("bus")); err == nil {
		t.Error("a withdrawn order is decided")
	}
	if _, err := h.orders.Replay(t.Context(), permit.Platform); err != nil {
		t.Error(err)
	}
}

// TestQueueIsByDayThenByScenario: Article 19(2)(2) orders the queue, among
// orders of one day.
func TestQueueIsByDayThenByScenario(t *testing.T) {
	h := handed(t, "air")
	first := h.of("reviewer")
	var later []string
	for range 5 {
		h.caseID = ""
		h.must(h.do("submit"))
		h.must(h.do("accept"))
	}
	page, err := h.orders.Queue(t.Context(), people["reviewer"], "", 10)
	h.must(err)
	for _, b := range page.Items {
		if b.ID != first {
			later = append(later, b.ID)
		}
	}
	_, err = h.orders.Do(t.Context(), people["reviewer"], later[3], 0, review.Rank{Score: review.Score{Livelihood: 3}})
	h.must(err)
	var seen []string
	for after := ""; ; { // two at a time
		page, err := h.orders.Queue(t.Context(), people["reviewer"], after, 2)
		h.must(err)
		for _, b := range page.Items {
			seen = append(seen, b.ID)
		}
		if page.Count != 6 {
			t.Errorf("count %d", page.Count)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	want := append([]string{later[3], first}, slices.Delete(slices.Clone(later), 3, 4)...)
	if !slices.Equal(seen, want) {
		t.Errorf("%v, want %v", seen, want)
	}
}
