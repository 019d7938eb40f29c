package review_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// TestStories plays testdata/*.story: deadlines and the order of real life, as
// a lawyer can read them. A line is a comment (#), a moment and what is done
// then ("2026-02-09 23:59 accept"), or what must be so after it:
//
//	due 2026-02-28 [provisional]   the last day of the review
//	intake 2026-02-12              the last day of the completeness check
//	left 3                         working days left of the review, as shown
//	stage in_review                of the order; case accepted, of the application
//	told lead review.overdue       somebody was told, since the line before
//	quiet                          nobody was told anything
//	overdue 1                      the public counter
//	refused flow.not_at_this_stage the step above was refused, with that code
//	forget 2027                    the notice of a year is not out yet
//	enter 2027                     it comes out: due days are counted anew
//	unwork 2026-02-14              an amended notice: the day is not worked
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.story")
	if err != nil || len(files) < 6 {
		t.Fatalf("stories: %v %v", files, err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".story"), func(t *testing.T) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			s := &story{house: newHouse(t), years: years()}
			for n, line := range strings.Split(string(text), "\n") {
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
					s.line(n+1, strings.Fields(line))
				}
			}
			if s.refused != "" {
				t.Errorf("the last step was refused: %s", s.refused)
			}
			for what, replay := range map[string]func() (int, error){
				"applications": func() (int, error) { return s.applications.Replay(t.Context(), permit.Platform) },
				"orders":       func() (int, error) { return s.orders.Replay(t.Context(), permit.Platform) },
			} {
				if _, err := replay(); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

type story struct {
	*house
	years   []workday.Notice
	refused string   // code of the last step
	news    []string // what people were told by the last step
}

func (s *story) line(n int, w []string) {
	s.Helper()
	if at, err := time.ParseInLocation("2006-01-02 15:04", strings.Join(w[:min(2, len(w))], " "), workday.Shanghai); err == nil {
		if s.refused != "" {
			s.Errorf("line %d: the step before was refused: %s", n, s.refused)
		}
		s.at(at)
		s.refused = ""
		if err := s.do(w[2]); err != nil {
			p := problem.As(err)
			if p == nil {
				s.Fatalf("line %d: %s: %v", n, w[2], err)
			}
			s.refused = p.Code
			for _, f := range p.Fields {
				s.refused = f.Code
			}
		}
		s.news = s.told()
		return
	}
	s.expect(n, w)
}

func (s *story) expect(n int, w []string) {
	s.Helper()
	same := func(got, want any) {
		s.Helper()
		if got != want {
			s.Errorf("line %d: %s: %v", n, strings.Join(w, " "), got)
		}
	}
	switch w[0] {
	case "due":
		o := s.order()
		same(string(o.Clock.Due.Day), w[1])
		same(o.Clock.Due.Provisional, len(w) > 2)
	case "intake":
		v, err := s.applications.View(s.Context(), people["applicant"], s.caseID)
		s.must(err)
		same(string(v.Case.Clock.Due.Day), w[1])
	case "left":
		l, err := s.order().Clock.Left(s.book.Calendar(), s.now())
		s.must(err)
		same(itoa(l.Days), w[1])
	case "stage":
		same(string(s.order().Stage), w[1])
	case "case":
		v, err := s.applications.View(s.Context(), people["applicant"], s.caseID)
		s.must(err)
		same(string(v.Case.Stage), w[1])
	case "told":
		if i := slices.Index(s.news, strings.Join(w[1:], " ")); i >= 0 {
			s.news = slices.Delete(s.news, i, i+1)
			return
		}
		s.Errorf("line %d: %s: told were %v", n, strings.Join(w, " "), s.news)
	case "quiet":
		if len(s.news) > 0 {
			s.Errorf("line %d: quiet: told were %v", n, s.news)
		}
	case "overdue":
		st, err := s.orders.Statistics(s.Context(), permit.Actor{}, s.now(), s.now())
		s.must(err)
		same(itoa(st.Overdue), w[1])
	case "refused":
		same(s.refused, w[1])
		s.refused = ""
	default:
		s.amend(n, w)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// amend changes the calendar, as an entered notice does.
func (s *story) amend(n int, w []string) {
	s.Helper()
	year := func(x workday.Notice) bool { return itoa(x.Year) == w[1][:4] }
	switch w[0] {
	case "forget":
		s.years = slices.DeleteFunc(s.years, year)
		s.know(s.years...)
		return
	case "enter":
		s.years = append(s.years, workday.Notice{Year: 2027, Off: []workday.Date{"2027-01-01", "2027-01-02", "2027-01-03"}})
	case "unwork":
		i := slices.IndexFunc(s.years, year)
		s.years[i].Worked = slices.DeleteFunc(slices.Clone(s.years[i].Worked), func(d workday.Date) bool { return string(d) == w[1] })
	default:
		s.Fatalf("line %d: nobody understands %q", n, w[0])
	}
	s.know(s.years...)
	s.write(func(tx *database.Tx) error {
		if _, err := s.applications.Recompute(permit.Platform)(s.Context(), tx, s.book.Calendar()); err != nil {
			return err
		}
		_, err := s.orders.Recompute(permit.Platform)(s.Context(), tx, s.book.Calendar())
		return err
	})
}
