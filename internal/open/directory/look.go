package directory

import (
	"context"
	"fmt"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"` // to be asked for as after; "" at the end
}

// SourceView is a source with what its last import found.
type SourceView struct {
	Source
	BodyName string     `json:"body_name,omitempty"`
	Imports  []Snapshot `json:"imports,omitempty"` // newest first, at most 20
}

// Sources lists the sources that who keeps, by name.
func (s *Service) Sources(ctx context.Context, who permit.Actor) (all []SourceView, err error) {
	if err := MayKeep.Asked(who); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		found, err := sources(tx, `ORDER BY id`)
		for _, x := range found {
			if err == nil && MayKeepSource(who, x.Particulars) {
				var v SourceView
				v, err = s.sourceView(tx, x, 1)
				all = append(all, v)
			}
		}
		return err
	})
	return all, err
}

// Source returns a source with its imports.
func (s *Service) Source(ctx context.Context, who permit.Actor, sourceID string) (v SourceView, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		x, err := s.seeSource(tx, who, sourceID)
		if err == nil {
			v, err = s.sourceView(tx, x, 20)
		}
		return err
	})
	return v, err
}

func (s *Service) sourceView(tx *database.Tx, x source, most int) (v SourceView, err error) {
	v.Source = x.Source
	if x.Body != "" {
		o, err := s.Organisations.GetTx(tx, permit.Platform, x.Body)
		if err != nil {
			return v, err
		}
		v.BodyName = o.Name.ZH
	}
	v.Imports, err = snapshots(tx, x.ID, `ORDER BY number DESC LIMIT ?`, most)
	return v, err
}

// Changes returns what an import of a source changed, by title.
func (s *Service) Changes(ctx context.Context, who permit.Actor, sourceID string, number, from, limit int) (x Snapshot, all []Difference, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if _, err := s.seeSource(tx, who, sourceID); err != nil {
			return err
		}
		found, err := snapshots(tx, sourceID, `AND number = ?`, number)
		if err == nil && len(found) == 0 {
			err = problem.New(problem.NotFound, "directory.no_source_here")
		}
		if err != nil {
			return err
		}
		x = found[0]
		all, err = differences(tx, sourceID, number, from, limit)
		return err
	})
	return x, all, err
}

// Asked is what somebody looks for in the catalogue.
type Asked struct {
	Words string // in the title, all of them
	Body  string // id
	Free  bool   // only what no entry of the open list takes a data item from
	After string // as [Page.Next] says
	Limit int
}

// Found is one resource in a list.
type Found struct {
	Resource
	Entries []string `json:"entries,omitempty"` // slugs that take data items from it
}

// Find returns resources that are there now, by title.
func (s *Service) Find(ctx context.Context, who permit.Actor, a Asked) (p Page[Found], err error) {
	if err := MayLook.Asked(who); err != nil {
		return p, err
	}
	where, args := []string{"gone = 0"}, []any{}
	for _, w := range strings.Fields(a.Words) {
		where, args = append(where, `title LIKE ? ESCAPE '\'`), append(args, "%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(w)+"%")
	}
	if a.Body != "" {
		where, args = append(where, "body_id = ?"), append(args, a.Body)
	}
	if a.Free {
		where = append(where, "NOT EXISTS (SELECT 1 FROM directory_pair p WHERE p.resource = r.id)")
	}
	if title, id, ok := strings.Cut(a.After, "\n"); ok {
		where, args = append(where, "(title > ? OR title = ? AND id > ?)"), append(args, title, title, id)
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := resources(tx, `WHERE `+strings.Join(where, " AND ")+` ORDER BY title, id LIMIT ?`, append(args, a.Limit+1)...)
		if err != nil {
			return err
		}
		if len(all) > a.Limit {
			all = all[:a.Limit]
			last := all[len(all)-1]
			p.Next = last.Title + "\n" + last.ID
		}
		for _, r := range all {
			f := Found{Resource: r}
			if f.Entries, err = takers(tx, who, r.ID); err != nil {
				return err
			}
			p.Items = append(p.Items, f)
		}
		return nil
	})
	return p, err
}

// Resource returns one resource, also one that is gone.
func (s *Service) Resource(ctx context.Context, who permit.Actor, resourceID string) (f Found, err error) {
	if err := MayLook.Asked(who); err != nil {
		return f, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := named(tx, []string{resourceID})
		r, ok := all[resourceID]
		if err == nil && !ok {
			err = problem.New(problem.NotFound, "directory.no_resource_here")
		}
		if err != nil {
			return err
		}
		f.Resource = r
		f.Entries, err = takers(tx, who, resourceID)
		return err
	})
	return f, err
}

// onlyBody is the body to which who is bound, "" if he sees every one's.
func onlyBody(who permit.Actor) string {
	if MaySee(who.For("")) {
		return ""
	}
	return who.Organisation
}

// takers are entries that take data items from a resource, as far as who may
// know of them: he may not of the drafts of another body.
func takers(tx *database.Tx, who permit.Actor, resourceID string) (slugs []string, err error) {
	body := onlyBody(who)
	rows, err := tx.Query(`
		SELECT p.entry
		FROM   directory_pair p JOIN directory_hook h ON h.entry = p.entry
		WHERE  p.resource = ? AND (? = '' OR h.body_id = ?)
		ORDER  BY p.entry LIMIT 50`, resourceID, body, body)
	if err != nil {
		return nil, fmt.Errorf("list entries of resource: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var slug string
		if err := rows.Scan(&slug); err != nil {
			return nil, fmt.Errorf("list entries of resource: %w", err)
		}
		slugs = append(slugs, slug)
	}
	return slugs, rows.Err()
}

// UnopenedTx returns at most so many resources of a body that no entry of the
// open list takes a data item from (Article 10: data that is not open yet is
// evaluated too).
func (s *Service) UnopenedTx(tx *database.Tx, _ permit.Actor, body string, most int) ([]Resource, error) {
	return resources(tx, `WHERE body_id = ? AND gone = 0 AND NOT EXISTS (SELECT 1 FROM directory_pair p WHERE p.resource = r.id) ORDER BY title, id LIMIT ?`, body, most)
}

// mostSuggested is among how many resources of a body sources are looked for.
const mostSuggested = 5000

// Suggest proposes sources for the data items of an entry, among the resources
// of its publisher.
func (s *Service) Suggest(ctx context.Context, who permit.Actor, slug string) (all []Suggestion, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		e, title, _, err := s.see(tx, who, slug)
		if err != nil {
			return err
		}
		own, err := resources(tx, `WHERE body_id = ? AND gone = 0 ORDER BY title, id LIMIT ?`, e.Body, mostSuggested)
		all = Suggest(title, e.Fields, own)
		return err
	})
	return all, err
}

// Trouble is a broken hook in a list.
type Trouble struct {
	Hook
	Title string `json:"title"`
}

// Broken returns the broken hooks that concern who, by the day until which they
// are to be mended: those of his body, or every one.
func (s *Service) Broken(ctx context.Context, who permit.Actor, after string, limit int) (p Page[Trouble], err error) {
	if err := MayLook.Asked(who); err != nil {
		return p, err
	}
	due, slug, _ := strings.Cut(after, " ")
	body := onlyBody(who)
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := hooks(tx, `WHERE stage = 'broken' AND (? = '' OR body_id = ?) AND (? = '' OR due > ? OR due = ? AND entry > ?) ORDER BY due, entry LIMIT ?`, body, body, after, due, due, slug, limit+1)
		if err != nil {
			return err
		}
		if len(all) > limit {
			all = all[:limit]
			last := all[limit-1]
			p.Next = string(last.Clock.Due.Day) + " " + last.Slug
		}
		for _, r := range all {
			_, title, err := s.Entries.Entry(tx, permit.Platform, r.Slug)
			if problem.Is(err, problem.NotFound) {
				continue // withdrawn since
			}
			if err != nil {
				return err
			}
			p.Items = append(p.Items, Trouble{r.Hook, title})
		}
		return nil
	})
	return p, err
}

// Tally is how many entries of the open list stand where, as far as their hooks
// go.
type Tally map[Stage]int

// Count counts the hooks of a body, "" for all.
func (s *Service) Count(ctx context.Context, who permit.Actor, body string) (t Tally, err error) {
	if err := MayLook.Asked(who); err != nil {
		return nil, err
	}
	t = Tally{}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := tx.Query(`SELECT stage, COUNT(*) FROM directory_hook WHERE ? = '' OR body_id = ? GROUP BY stage`, body, body)
		if err != nil {
			return fmt.Errorf("count hooks: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var stage Stage
			var n int
			if err := rows.Scan(&stage, &n); err != nil {
				return fmt.Errorf("count hooks: %w", err)
			}
			t[stage] = n
		}
		return rows.Err()
	})
	return t, err
}
