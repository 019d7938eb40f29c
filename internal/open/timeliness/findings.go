package timeliness

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/people/organisation"
)

// detect runs the detectors, and writes down what is new, what is otherwise,
// what has ended, and which reasons have run out.
func (s *Service) detect(ctx context.Context, all []listed) (n int, err error) {
	w, err := s.world(ctx, all)
	if err != nil {
		return 0, err
	}
	var todo []string // ids
	found := map[string]Found{}
	for _, f := range Detect(w) {
		found[idOf(f)] = f
		todo = append(todo, idOf(f))
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		open, err := findings(tx, `WHERE stage IN ('open','kept') ORDER BY id`)
		for _, r := range open {
			if _, again := found[r.state.ID]; !again {
				todo = append(todo, r.state.ID)
			}
		}
		return err
	})
	for ; err == nil && len(todo) > 0; todo = todo[min(batch, len(todo)):] {
		err = s.DB.Write(ctx, func(tx *database.Tx) error {
			for _, id := range todo[:min(batch, len(todo))] {
				moved, err := s.settle(tx, id, found)
				if err != nil {
					return err
				}
				n += moved
			}
			return nil
		})
	}
	return n, err
}

// settle brings one finding to what the detectors say today.
func (s *Service) settle(tx *database.Tx, id string, found map[string]Found) (moved int, err error) {
	f, there := found[id]
	r, err := findingOrNone(tx, id)
	if err != nil {
		return 0, err
	}
	commands := []Command{Find{ID: id, Found: f}}
	if !there {
		commands = []Command{End{}}
	} else if r.state.Stage == StageKept {
		commands = append(commands, Lapse{})
	}
	for _, c := range commands {
		before := r.revision
		if r, err = s.move(tx, permit.Platform, r, c); err != nil {
			return moved, err
		}
		moved += r.revision - before
	}
	return moved, nil
}

func findingOrNone(tx *database.Tx, id string) (row[Finding], error) {
	all, err := findings(tx, `WHERE id = ?`, id)
	if err != nil || len(all) == 0 {
		return row[Finding]{}, err
	}
	return all[0], nil
}

// idOf is the id of a finding: the same problem, found again, is the same.
func idOf(f Found) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(f.Problem), f.Body, f.Subject}, "\x00")))
	return "fnd_" + hex.EncodeToString(sum[:10])
}

func (s *Service) world(ctx context.Context, all []listed) (w World, err error) {
	w = World{Today: s.today(), Thresholds: ThresholdsOn(s.today()), Areas: areasOf(organisation.Districts())}
	var uses map[string]int64
	known := false
	if s.Usage != nil {
		if uses, known, err = s.Usage(ctx, permit.Platform, w.Today.AddMonths(-w.Thresholds["unused.months"])); err != nil {
			return w, err
		}
	}
	for _, x := range all {
		if x.entry.Stage == openlist.StageSuspended {
			continue // nobody may use it or is to mend it while it is stopped
		}
		subject, err := s.subject(ctx, x)
		if err != nil {
			return w, err
		}
		if known {
			n := uses[x.Slug]
			subject.Uses = &n
		}
		w.Subjects = append(w.Subjects, subject)
	}
	return w, nil
}

func (s *Service) subject(ctx context.Context, x listed) (Subject, error) {
	e := x.entry
	u := Subject{Slug: e.Slug, Body: e.Publisher, Title: e.Title.ZH, Conditional: e.Opening == openlist.Conditional, Promise: x.promise,
		Listed: e.FirstPublishedOn, Items: len(e.Items), Released: x.latest != nil}
	if x.latest == nil {
		return u, nil
	}
	all, err := s.Versions.Readable(ctx, permit.Platform, e.Slug)
	if err != nil {
		return u, err
	}
	for _, v := range all {
		if v.Kind != version.Full || v.Outcome == nil {
			continue
		}
		if !u.Full {
			u.Full, u.Rows = true, v.Outcome.Rows
		}
		u.Contents = append(u.Contents, Content{Day: v.UpdatedOn, Hash: v.Outcome.Parquet})
	}
	return u, nil
}

func (s *Service) move(tx *database.Tx, who permit.Actor, r row[Finding], c Command) (row[Finding], error) {
	f := Facts{Who: who.For(r.state.Body), Today: s.today()}
	f.Most = ThresholdsOn(f.Today)["keep.days"]
	events, err := Decide(f, r.state, c)
	if err != nil || len(events) == 0 {
		return r, err
	}
	from := r.revision
	for _, e := range events {
		r.state = EvolveFinding(r.state, e)
	}
	r.revision += len(events)
	if err := saveFinding(tx, r.state, from, r.revision); err != nil {
		return r, err
	}
	return r, ledger.Append(tx, FindingStream(r.state.ID), from, who, s.Clock.Now(), id.Trace(tx.Context()), events)
}

// foundOn gathers, per publisher, the datasets of which something was found on
// day, for the first time or again.
func foundOn(tx *database.Tx, day workday.Date) (all []news, err error) {
	rows, err := findings(tx, `WHERE found_on = ? AND stage = 'open' ORDER BY body_id, id`, day)
	for _, r := range rows {
		if n := len(all); n == 0 || all[n-1].body != r.state.Body {
			all = append(all, news{body: r.state.Body})
		}
		last := &all[len(all)-1]
		for _, slug := range r.state.Datasets {
			if !slices.Contains(last.datasets, slug) {
				last.datasets = append(last.datasets, slug)
			}
		}
	}
	return all, err
}

// View is a finding as somebody who may see it sees it.
type View struct {
	Finding
	Revision int           `json:"revision"`          // to be named by whoever acts on it
	Name     locale.Text   `json:"name"`              // of the publisher
	Titles   []locale.Text `json:"titles"`            // of the datasets, in their order
	Can      []string      `json:"can"`               // verbs that are open to the reader
	History  []Line        `json:"history,omitempty"` // of one finding, oldest first
}

// Wanted says which findings are wanted; "" for any.
type Wanted struct {
	Problem, Body string
	Stage         string // "" for open and kept ones
}

// Check tells every fault of q.
func (q Wanted) Check() error {
	var l problem.List
	if q.Problem != "" && !slices.Contains(Problems(), Problem(q.Problem)) {
		l.Add("?problem", "timeliness.unknown_value", "value", q.Problem, "known", strings.Join(texts(Problems()), ", "))
	}
	if q.Stage != "" && !slices.Contains(Table.Stages(), Stage(q.Stage)) {
		l.Add("?stage", "timeliness.unknown_value", "value", q.Stage, "known", strings.Join(texts(Table.Stages()), ", "))
	}
	return l.Err()
}

// Page is a part of a list of findings.
type Page struct {
	Items []View `json:"items"`
	Next  string `json:"next,omitempty"` // to be asked for as after; "" at the end
	// UseKnown is false if nobody knows for the time that is asked about who
	// used what: then no dataset is called unused.
	UseKnown bool `json:"use_known"`
}

// Findings returns what the detectors found, of who's own publisher, or of
// every one for those who look after all; by publisher.
func (s *Service) Findings(ctx context.Context, who permit.Actor, q Wanted, after string, limit int) (p Page, err error) {
	if err := MayRead.Asked(who); err != nil {
		return p, err
	}
	if err := q.Check(); err != nil {
		return p, err
	}
	if !MayRead.Allows(who, permit.Thing{}) {
		if q.Body != "" && q.Body != who.Organisation {
			return Page{Items: []View{}}, nil
		}
		q.Body = who.Organisation
	}
	p.Items = []View{}
	if p.UseKnown, err = s.useKnown(ctx); err != nil {
		return p, err
	}
	names, err := s.names(ctx)
	if err != nil {
		return p, err
	}
	body, last, _ := strings.Cut(after, " ")
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := findings(tx, `
			WHERE (? = '' OR problem = ?) AND (? = '' OR body_id = ?) AND (stage = ? OR ? = '' AND stage <> 'ended')
			AND   (body_id > ? OR body_id = ? AND id > ?)
			ORDER BY body_id, id
			LIMIT ?`, q.Problem, q.Problem, q.Body, q.Body, q.Stage, q.Stage, body, body, last, limit+1)
		if err != nil {
			return err
		}
		if len(all) > limit {
			all = all[:limit]
			p.Next = all[limit-1].state.Body + " " + all[limit-1].state.ID
		}
		for _, r := range all {
			v, err := s.view(tx, who, r, names)
			if err != nil {
				return err
			}
			p.Items = append(p.Items, v)
		}
		return nil
	})
	return p, err
}

// useKnown reports whether use is known today. To ask for it means to count
// every read of months, so it is asked once a day.
func (s *Service) useKnown(ctx context.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	today := s.today()
	if s.Usage == nil || s.asked == today {
		return s.known, nil
	}
	_, known, err := s.Usage(ctx, permit.Platform, today.AddMonths(-ThresholdsOn(today)["unused.months"]))
	if err == nil {
		s.asked, s.known = today, known
	}
	return known, err
}

func (s *Service) view(tx *database.Tx, who permit.Actor, r row[Finding], names map[string]locale.Text) (View, error) {
	v := View{Finding: r.state, Name: names[r.state.Body], Revision: r.revision, Can: Table.Open(r.state.Stage, who.For(r.state.Body), r.state.Did)}
	v.Did = nil
	for _, slug := range r.state.Datasets {
		e, err := s.Entries.GetTx(tx, permit.Platform, slug)
		if err != nil {
			return v, err
		}
		v.Titles = append(v.Titles, e.Title)
	}
	return v, nil
}

// whole is a view with the history.
func (s *Service) whole(tx *database.Tx, who permit.Actor, r row[Finding], names map[string]locale.Text) (View, error) {
	v, err := s.view(tx, who, r, names)
	if err != nil {
		return v, err
	}
	lines, err := ledger.History(tx, FindingStream(r.state.ID))
	for _, l := range lines {
		v.History = append(v.History, Line{Kind: l.Kind, At: l.At, Actor: l.Actor})
	}
	return v, err
}

// Finding returns one finding. Whoever may not see it is told that there is
// none.
func (s *Service) Finding(ctx context.Context, who permit.Actor, findingID string) (v View, err error) {
	names, err := s.names(ctx)
	if err != nil {
		return v, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := see(tx, who, findingID)
		if err == nil {
			v, err = s.whole(tx, who, r, names)
		}
		return err
	})
	return v, err
}

func see(tx *database.Tx, who permit.Actor, findingID string) (row[Finding], error) {
	r, err := loadFinding(tx, findingID)
	if err == nil && !MaySee(who.For(r.state.Body)) {
		err = notFound()
	}
	if err != nil {
		return row[Finding]{}, err
	}
	return r, nil
}

// Do asks c of a finding: to keep it as it is, or to take it up again. Seen is
// the revision that whoever asks has seen; 0 if he does not say. Article 16.
func (s *Service) Do(ctx context.Context, who permit.Actor, findingID string, seen int, c Command) (v View, err error) {
	names, err := s.names(ctx)
	if err != nil {
		return v, err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := see(tx, who, findingID)
		if err != nil {
			return err
		}
		if seen > 0 && seen != r.revision {
			return s.moved(tx, r, seen)
		}
		if r, err = s.move(tx, who, r, c); err != nil {
			return err
		}
		v, err = s.whole(tx, who, r, names)
		return err
	})
	return v, err
}

func (s *Service) moved(tx *database.Tx, r row[Finding], seen int) error {
	lines, err := ledger.History(tx, FindingStream(r.state.ID))
	if err != nil {
		return err
	}
	return ledger.Moved(s.Notices.Words, "timeliness.moved", lines, seen)
}
