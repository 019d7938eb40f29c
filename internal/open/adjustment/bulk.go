package adjustment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/openlist"
)

// Bulk is many entries at once. What an entry leaves out stays as it is; data
// items are found by their names.
type Bulk struct {
	Entries []NewEntry `json:"entries"` // at most MostEntries
	Reason  string     `json:"reason"`  // of the orders for entries that are on the list
	Try     bool       `json:"try"`     // say what would come of it, and change nothing
}

// Imported is what came of one entry of a [Bulk].
type Imported struct {
	Slug        string       `json:"slug"`
	Title       locale.Text  `json:"title"`
	Way         Way          `json:"way"`
	Order       string       `json:"order,omitempty"`       // id of the order that holds the change
	Differences []Difference `json:"differences,omitempty"` // from what the entry says
	Findings    int          `json:"findings"`              // faults that the gates find, which stand in the way of listing it
}

// ImportAnswer is what came of a [Bulk].
type ImportAnswer struct {
	Done  bool       `json:"done"` // false if it was a trial
	Items []Imported `json:"items"`
}

// reserved are addresses of pages beside those of entries.
var reserved = []string{"new", "orders", "import"}

var errTried = errors.New("adjustment: a trial ends here")

// Import takes many entries of the body that who acts for: it begins those that
// do not exist, changes drafts, and puts what differs from an entry on the list
// into an order that changes it. All or nothing: every fault of every entry is
// told, "/entries/2/domain". Articles 9(1) and 11(1).
func (s *Service) Import(ctx context.Context, who permit.Actor, b Bulk) (all []Imported, err error) {
	slugs := make([]string, 0, len(b.Entries))
	for _, in := range b.Entries {
		slugs = append(slugs, in.Slug)
	}
	if err := CheckBulk(slugs); err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		all = nil
		var l problem.List
		for i, in := range b.Entries {
			x, err := s.importOne(tx, who, in, b.Reason)
			if p := problem.As(err); p != nil {
				if len(p.Fields) == 0 {
					p = problem.As(fault("/slug", p))
				}
				for _, f := range p.Fields {
					f.Pointer = "/entries/" + strconv.Itoa(i) + f.Pointer
					l.Keep(f)
				}
				continue
			}
			if err != nil {
				return err
			}
			all = append(all, x)
		}
		if err := l.Err(); err != nil {
			return err
		}
		if b.Try {
			return errTried
		}
		return nil
	})
	if errors.Is(err, errTried) {
		err = nil
	}
	return all, err
}

// fault is a refusal, told beside what it is about.
func fault(pointer string, p *problem.Error) error {
	var l problem.List
	l.Keep(problem.Field{Pointer: pointer, Code: p.Code, Args: p.Args})
	return l.Err()
}

// NewEntry begins an entry of the body that who acts for: a draft that says
// what is known of it. Article 9(1).
func (s *Service) NewEntry(ctx context.Context, who permit.Actor, slug string, d openlist.Description) (e openlist.Entry, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		e, err = s.newTx(tx, who, slug, d)
		return err
	})
	return e, err
}

func (s *Service) newTx(tx *database.Tx, who permit.Actor, slug string, d openlist.Description) (openlist.Entry, error) {
	d.Publisher = who.Organisation
	_, err := s.Entries.GetTx(tx, permit.Platform, slug)
	switch {
	case err == nil || slices.Contains(reserved, slug):
		var l problem.List
		l.Add("/slug", "adjustment.slug_taken", "slug", slug)
		if err := l.Merge(s.Entries.Check(who, openlist.Entry{Slug: slug}, d)); err != nil {
			return openlist.Entry{}, err
		}
		return openlist.Entry{}, l.Err()
	case !problem.Is(err, problem.NotFound):
		return openlist.Entry{}, err
	}
	return s.Entries.MoveTx(tx, who, slug, openlist.Describe{Description: d}, openlist.World{})
}

func (s *Service) importOne(tx *database.Tx, who permit.Actor, in NewEntry, reason string) (x Imported, err error) {
	x.Slug = in.Slug
	e, err := s.Entries.GetTx(tx, permit.Platform, in.Slug)
	is := err == nil
	if err != nil && !problem.Is(err, problem.NotFound) {
		return x, err
	}
	if !is || e.Publisher != who.Organisation {
		e, err = s.newTx(tx, who, in.Slug, in.Description)
		if err != nil {
			return x, err
		}
		return s.imported(tx, x, WayBegun, unsaid(e), e.Description)
	}
	r, open, err := openOrder(tx, in.Slug)
	if err != nil {
		return x, err
	}
	now := e.Description
	if open && r.Kind == Change {
		if now, err = r.description(); err != nil {
			return x, err
		}
	}
	d, err := Over(now, in.Description)
	if err != nil {
		return x, err
	}
	d.Publisher = e.Publisher
	moved, err := Differences(now, d)
	if err != nil {
		return x, err
	}
	b, err := begins(tx, e)
	if err != nil {
		return x, err
	}
	if x.Way, err = WayOf(b, open && r.Kind == Change && Table.Permit(r.Stage, Fill{}.Verb(), who.For(r.Body), r.Did) == nil, len(moved) > 0); err != nil {
		return x, err
	}
	switch x.Way {
	case WayDrafted:
		_, err = s.Entries.MoveTx(tx, who, in.Slug, openlist.Describe{Description: d}, openlist.World{})
	case WayOrdered, WayFilled:
		x.Order, err = s.propose(tx, who, e, r, d, reason)
	}
	if err != nil {
		return x, err
	}
	return s.imported(tx, x, x.Way, e.Description, d)
}

// propose puts d into the order r that changes e, or into a new one.
func (s *Service) propose(tx *database.Tx, who permit.Actor, e openlist.Entry, r row, d openlist.Description, reason string) (orderID string, err error) {
	if r.ID == "" {
		if r, err = s.openTx(tx, who, e, Change); err != nil {
			return "", err
		}
	}
	content := r.Content
	if reason != "" {
		content.Reason = reason
	}
	if content.Proposed, err = json.Marshal(d); err != nil {
		return "", fmt.Errorf("encode description of %s: %w", e.Slug, err)
	}
	r, err = s.move(tx, who, r, Fill{Content: content, Documents: r.Documents})
	return r.ID, err
}

func (s *Service) imported(tx *database.Tx, x Imported, way Way, was, now openlist.Description) (Imported, error) {
	var err error
	x.Way, x.Title = way, now.Title
	if x.Differences, err = Differences(was, now); err != nil {
		return x, err
	}
	checks, err := s.examine(tx, x.Slug, now)
	x.Findings = checks.Findings
	return x, err
}

// Over is d with what more says written over it. What more leaves blank stays.
func Over(d, more openlist.Description) (out openlist.Description, err error) {
	items := overItems(d.Items, more.Items)
	d.Items, more.Items = nil, nil
	base, err := members(d)
	if err != nil {
		return out, err
	}
	top, err := members(more)
	if err != nil {
		return out, err
	}
	lay(base, top)
	text, err := json.Marshal(base)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		return out, fmt.Errorf("lay a description over another: %w", err)
	}
	out.Items = items
	return out, nil
}

func overItems(items, more []openlist.Item) []openlist.Item {
	items = slices.Clone(items)
	for _, m := range more {
		i := slices.IndexFunc(items, func(x openlist.Item) bool { return x.Name == m.Name })
		if i < 0 {
			items = append(items, m)
			continue
		}
		x := &items[i]
		for _, part := range []struct {
			to   *string
			from string
		}{{&x.Title.ZH, m.Title.ZH}, {&x.Title.EN, m.Title.EN}, {&x.Description.ZH, m.Description.ZH}, {&x.Description.EN, m.Description.EN}, {&x.Unit, m.Unit}, {&x.Codes, m.Codes}} {
			if part.from != "" {
				*part.to = part.from
			}
		}
	}
	return items
}

func members(d openlist.Description) (m map[string]any, err error) {
	text, err := json.Marshal(d)
	if err == nil {
		read := json.NewDecoder(bytes.NewReader(text))
		read.UseNumber()
		err = read.Decode(&m)
	}
	if err != nil {
		return nil, fmt.Errorf("take a description apart: %w", err)
	}
	return m, nil
}

// lay writes the members of top that say something over those of base.
func lay(base, top map[string]any) {
	for name, v := range top {
		switch v := v.(type) {
		case map[string]any:
			under, ok := base[name].(map[string]any)
			if !ok {
				under = map[string]any{}
				base[name] = under
			}
			lay(under, v)
		case []any:
			if len(v) > 0 {
				base[name] = v
			}
		default:
			if v != nil && v != "" && v != false {
				base[name] = v
			}
		}
	}
}
