package draft

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/web"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Service keeps drafts.
type Service struct {
	db    *database.DB
	clock clock.Clock
}

// New returns the service on db.
func New(db *database.DB, c clock.Clock) *Service { return &Service{db, c} }

// Save keeps form as who's draft of that key, in place of an older one.
func (s *Service) Save(ctx context.Context, who permit.Actor, key string, form url.Values) error {
	if err := Keep.Permit(who, permit.Thing{Account: who.Account}); err != nil {
		return err
	}
	form = without(form)
	body, err := json.Marshal(form)
	if err != nil {
		return fmt.Errorf("encode draft: %w", err)
	}
	if err := Check(key, len(body)); err != nil {
		return err
	}
	now := s.clock.Now()
	return s.db.Write(ctx, func(tx *database.Tx) error {
		if err := s.makeRoom(tx, who, key); err != nil {
			return err
		}
		_, err := tx.Exec(`
			INSERT INTO draft (account, form, body, saved_at)
			VALUES (?, ?, ?, ?)
			ON CONFLICT (account, form) DO UPDATE
			SET    body = excluded.body, saved_at = excluded.saved_at`,
			who.Account, key, string(body), clock.Format(now))
		if err != nil {
			return fmt.Errorf("save draft: %w", err)
		}
		return nil
	})
}

// without leaves out what is no content: the token, the key and the revision of
// the form, and which button was used.
func without(form url.Values) url.Values {
	kept := url.Values{}
	for name, values := range form {
		if name != web.TokenField && name != web.KeyField && name != web.SeenField && name != "do" {
			kept[name] = values
		}
	}
	return kept
}

// makeRoom forgets what is old, and refuses one draft too many.
func (s *Service) makeRoom(tx *database.Tx, who permit.Actor, key string) error {
	_, err := tx.Exec(`DELETE FROM draft WHERE account = ? AND saved_at < ?`, who.Account, clock.Format(s.clock.Now().Add(-KeptFor)))
	if err != nil {
		return fmt.Errorf("forget old drafts: %w", err)
	}
	var n int
	err = tx.QueryRow(`SELECT COUNT(*) FROM draft WHERE account = ? AND form <> ?`, who.Account, key).Scan(&n)
	if err != nil {
		return fmt.Errorf("count drafts: %w", err)
	}
	if n >= MaxDrafts {
		return problem.New(problem.Conflict, "draft.too_many", "most", MaxDrafts)
	}
	return nil
}

// Load returns who's draft of that key, and whether there is one.
func (s *Service) Load(ctx context.Context, who permit.Actor, key string) (d Draft, found bool, err error) {
	var body, saved string
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(`
			SELECT body, saved_at
			FROM   draft
			WHERE  account = ? AND form = ? AND saved_at >= ?`,
			who.Account, key, clock.Format(s.clock.Now().Add(-KeptFor))).Scan(&body, &saved)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return d, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(body), &d.Form)
	}
	if err == nil {
		d.Key = key
		d.SavedAt, err = clock.Parse(saved)
	}
	if err != nil {
		return d, false, fmt.Errorf("load draft: %w", err)
	}
	return d, true, nil
}

// Drop forgets who's draft of that key, if there is one: it was handed in, or
// given up.
func (s *Service) Drop(ctx context.Context, who permit.Actor, key string) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`DELETE FROM draft WHERE account = ? AND form = ?`, who.Account, key)
		if err != nil {
			return fmt.Errorf("drop draft: %w", err)
		}
		return nil
	})
}

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	place := []web.Param{{Name: "key", Type: "string", Example: "desk.dictionary/metro-stations"}}
	return []web.Route{
		{Method: "PUT", Path: "/api/v1/drafts/{key...}", Name: "draft.save", May: Keep, API: true, Place: place, Body: map[string][]string{}, Answer: Draft{}, Do: s.apiSave},
		{Method: "GET", Path: "/api/v1/drafts/{key...}", Name: "draft.load", May: Keep, API: true, Place: place, Answer: Draft{}, Do: s.apiLoad},
		{Method: "DELETE", Path: "/api/v1/drafts/{key...}", Name: "draft.drop", May: Keep, API: true, Place: place, Answer: struct{}{}, Do: s.apiDrop},
	}
}

func (s *Service) apiSave(c *web.Context) error {
	var form map[string][]string
	if err := c.Body(&form); err != nil {
		return err
	}
	if err := s.Save(c.Request.Context(), c.Actor, c.Param("key"), form); err != nil {
		return err
	}
	return s.apiLoad(c)
}

func (s *Service) apiLoad(c *web.Context) error {
	d, found, err := s.Load(c.Request.Context(), c.Actor, c.Param("key"))
	if err != nil {
		return err
	}
	if !found {
		return problem.New(problem.NotFound, "draft.none")
	}
	return c.JSON(http.StatusOK, d)
}

func (s *Service) apiDrop(c *web.Context) error {
	if err := s.Drop(c.Request.Context(), c.Actor, c.Param("key")); err != nil {
		return err
	}
	c.Writer.WriteHeader(http.StatusNoContent)
	return nil
}
