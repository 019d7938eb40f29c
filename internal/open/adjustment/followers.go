package adjustment

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/web"
)

// MayFollow is the rule of being told of changes of an entry.
var MayFollow = permit.Rule{Act: "adjustment.follow", By: []permit.Role{permit.Signed}, Article: "11(1)"}

// MaxFollowed is how many entries one account may follow. [D]
const MaxFollowed = 500

// Followed is an entry that somebody follows.
type Followed struct {
	Entry string      `json:"entry"` // slug
	Title locale.Text `json:"title"`
	Since time.Time   `json:"since"`
}

// Follow has who told of each change of the entry, as long as he can see it.
// Again changes nothing.
func (s *Service) Follow(ctx context.Context, who permit.Actor, slug string) error {
	if err := MayFollow.Asked(who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		if _, err := s.Entries.GetTx(tx, who, slug); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(`SELECT COUNT(*) FROM adjustment_follower WHERE account = ? AND entry <> ?`, who.Account, slug).Scan(&n); err != nil {
			return fmt.Errorf("count followed entries: %w", err)
		}
		if n >= MaxFollowed {
			return problem.New(problem.Conflict, "adjustment.too_many_followed", "most", MaxFollowed)
		}
		_, err := tx.Exec(`
			INSERT INTO adjustment_follower (entry, account, since)
			VALUES (?, ?, ?)
			ON CONFLICT (entry, account) DO NOTHING`, slug, who.Account, clock.Format(s.Clock.Now()))
		if err != nil {
			return fmt.Errorf("follow %s: %w", slug, err)
		}
		return nil
	})
}

// Unfollow ends it. Again changes nothing.
func (s *Service) Unfollow(ctx context.Context, who permit.Actor, slug string) error {
	if err := MayFollow.Asked(who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		if _, err := s.Entries.GetTx(tx, who, slug); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM adjustment_follower WHERE entry = ? AND account = ?`, slug, who.Account); err != nil {
			return fmt.Errorf("unfollow %s: %w", slug, err)
		}
		return nil
	})
}

// Following returns the entries that who follows, by slug.
func (s *Service) Following(ctx context.Context, who permit.Actor) (all []Followed, err error) {
	if err := MayFollow.Asked(who); err != nil {
		return nil, err
	}
	all = []Followed{}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := tx.Query(`SELECT entry, since FROM adjustment_follower WHERE account = ? ORDER BY entry LIMIT ?`, who.Account, MaxFollowed)
		if err != nil {
			return fmt.Errorf("list followed entries: %w", err)
		}
		if all, err = scanFollowed(rows); err != nil {
			return err
		}
		for i := range all {
			e, err := s.Entries.GetTx(tx, permit.Platform, all[i].Entry)
			if err != nil {
				return err
			}
			all[i].Title = e.Title
		}
		return nil
	})
	return all, err
}

func scanFollowed(rows *sql.Rows) (all []Followed, err error) {
	defer rows.Close()
	all = []Followed{}
	for rows.Next() {
		var f Followed
		var since string
		if err := rows.Scan(&f.Entry, &since); err != nil {
			return nil, fmt.Errorf("list followed entries: %w", err)
		}
		if f.Since, err = clock.Parse(since); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, rows.Err()
}

// followers tells those who follow the entry of an order what it does: that it
// will open less, and what took effect.
func (s *Service) followers(tx *database.Tx, r row, kind string) error {
	accounts, err := s.FollowersTx(tx, permit.Platform, r.Entry)
	if err != nil {
		return err
	}
	return s.all(tx, r, kind, "/datasets/"+r.Entry, accounts)
}

// FollowersTx returns the accounts that follow the entry called slug.
func (s *Service) FollowersTx(tx *database.Tx, _ permit.Actor, slug string) (accounts []string, err error) {
	rows, err := tx.Query(`SELECT account FROM adjustment_follower WHERE entry = ? ORDER BY account`, slug)
	if err != nil {
		return nil, fmt.Errorf("list followers of %s: %w", slug, err)
	}
	defer rows.Close()
	for rows.Next() {
		var a string
		if err := rows.Scan(&a); err != nil {
			return nil, fmt.Errorf("list followers of %s: %w", slug, err)
		}
		accounts = append(accounts, a)
	}
	return accounts, rows.Err()
}

// Follows is what somebody follows.
type Follows struct {
	Items []Followed `json:"items"`
}

func followRoutes(s *Service, entry []web.Param) []web.Route {
	do := func(act func(context.Context, permit.Actor, string) error) web.Handler {
		return func(c *web.Context) error {
			if err := act(c.Request.Context(), c.Actor, c.Param("slug")); err != nil {
				return err
			}
			return s.apiFollowing(c)
		}
	}
	return []web.Route{
		{Method: "GET", Path: "/api/v1/following", Name: "adjustment.following", May: MayFollow, API: true, Answer: Follows{}, Do: s.apiFollowing},
		{Method: "PUT", Path: "/api/v1/datasets/{slug}/follow", Name: "adjustment.follow", May: MayFollow, API: true, Place: entry, Answer: Follows{}, Do: do(s.Follow)},
		{Method: "DELETE", Path: "/api/v1/datasets/{slug}/follow", Name: "adjustment.unfollow", May: MayFollow, API: true, Place: entry, Answer: Follows{}, Do: do(s.Unfollow)},
	}
}

func (s *Service) apiFollowing(c *web.Context) error {
	all, err := s.Following(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, Follows{Items: all})
}
