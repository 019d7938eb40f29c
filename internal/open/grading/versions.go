package grading

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
)

// ProfileStream is the ledger stream of a version of the profile.
func ProfileStream(version string) string { return "grading-profile/" + version }

// OwnStream is the ledger stream of a version of a publisher's overlay.
func OwnStream(body string, number int) string {
	return "grading-overlay/" + body + "/" + strconv.Itoa(number)
}

// Profile returns the profile in force. It is public (Article 13).
func (s *Service) Profile(ctx context.Context, who permit.Actor) (p Profile, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		p, err = s.ProfileTx(tx, who)
		return err
	})
	return p, err
}

// ProfileTx is [Service.Profile] within tx: the version that took effect last,
// or the one that the platform is delivered with.
func (s *Service) ProfileTx(tx *database.Tx, _ permit.Actor) (Profile, error) {
	r, ok, err := one[Edition](tx, "grading_profile", "stage = 'effective'")
	if err != nil || ok {
		return r.state.Profile, err
	}
	return s.first, nil
}

// EditionView is a version of the profile as somebody who may see it sees it.
type EditionView struct {
	Edition Edition  `json:"edition"`
	Can     []string `json:"can,omitempty"`
}

// MayRule is the rule of seeing drafts of the profile.
var MayRule = permit.Rule{Act: "grading.rule", By: []permit.Role{permit.AutOfficer, permit.CtrListReviewer}, Article: "13(1)"}

// Editions returns every version of the profile that who may see, newest
// first; the one that the platform is delivered with comes last.
func (s *Service) Editions(ctx context.Context, who permit.Actor) (all []EditionView, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list[Edition](tx, "grading_profile", `version <> '' ORDER BY CASE stage WHEN 'draft' THEN 0 WHEN 'consult' THEN 1 WHEN 'effective' THEN 2 ELSE 3 END, version DESC`)
		if err != nil {
			return err
		}
		var began workday.Date
		for _, r := range rows {
			if r.state.From != "" && (began == "" || r.state.From < began) {
				began = r.state.From
			}
			if r.state.Public() || MayRule.Asked(who) == nil {
				all = append(all, EditionView{shownEdition(who, r.state), ProfileTable.Open(r.state.Stage, who, r.state.Did)})
			}
		}
		all = append(all, EditionView{Edition: s.delivered(began)})
		return nil
	})
	return all, err
}

// delivered is the profile that comes with the platform, until began.
func (s *Service) delivered(began workday.Date) Edition {
	e := Edition{Profile: s.first, Stage: ProfileEffective}
	if began != "" {
		e.Stage, e.Until = ProfileSuperseded, began
	}
	return e
}

func shownEdition(who permit.Actor, e Edition) Edition {
	if MayRule.Asked(who) != nil {
		e.Did, e.Impact = nil, ""
	}
	return e
}

// Edition returns a version of the profile.
func (s *Service) Edition(ctx context.Context, who permit.Actor, version string) (v EditionView, err error) {
	all, err := s.Editions(ctx, who)
	if err != nil {
		return v, err
	}
	i := slices.IndexFunc(all, func(v EditionView) bool { return v.Edition.Version == version })
	if i < 0 {
		return v, notFound()
	}
	return all[i], nil
}

// DraftProfile begins a version with the content of the one in force.
func (s *Service) DraftProfile(ctx context.Context, who permit.Actor, version string) (e Edition, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		now, err := s.ProfileTx(tx, who)
		if err != nil {
			return err
		}
		e, err = s.moveProfile(tx, who, version, row[Edition]{}, DraftProfile{Version: version, Content: now.Content})
		return err
	})
	return e, err
}

// DoProfile asks c of a version of the profile. When one takes effect, the one
// in force is put behind it in the same act, and gradings that it changes are
// due again.
func (s *Service) DoProfile(ctx context.Context, who permit.Actor, version string, c Command) (e Edition, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, ok, err := one[Edition](tx, "grading_profile", "version = ?", version)
		if err == nil && (!ok || !r.state.Public() && MayRule.Asked(who) != nil) {
			err = notFound()
		}
		if err != nil {
			return err
		}
		if _, ok := c.(TakeEffect); ok && ProfileTable.Permit(r.state.Stage, c.Verb(), who, r.state.Did) == nil {
			if err := s.makeWay(tx); err != nil {
				return err
			}
		}
		if e, err = s.moveProfile(tx, who, version, r, c); err == nil && e.Stage == ProfileEffective {
			err = queue.Enqueue(tx, "grading.regrade/"+version, jobRegrade, regradeJob{}, s.Clock.Now())
		}
		return err
	})
	return e, err
}

// makeWay puts the version in force behind the one that is about to take
// effect.
func (s *Service) makeWay(tx *database.Tx) error {
	old, ok, err := one[Edition](tx, "grading_profile", "stage = 'effective'")
	if err != nil || !ok {
		return err
	}
	_, err = s.moveProfile(tx, permit.Platform, old.state.Version, old, SupersedeProfile{})
	return err
}

func (s *Service) moveProfile(tx *database.Tx, who permit.Actor, version string, r row[Edition], c Command) (Edition, error) {
	f := ProfileFacts{Who: who, Today: workday.Of(s.Clock.Now())}
	switch c.(type) {
	case DraftProfile:
		open, err := list[Edition](tx, "grading_profile", "stage IN ('draft','consult')")
		if err != nil {
			return r.state, err
		}
		_, taken, err := one[Edition](tx, "grading_profile", "version = ?", version)
		if err != nil {
			return r.state, err
		}
		f.Open, f.Taken = len(open) > 0, taken || version == s.first.Version
	case TakeEffect:
		i, err := s.impact(tx, r.state)
		if err != nil {
			return r.state, err
		}
		f.Impact = i.Digest
	}
	events, err := DecideProfile(f, r.state, c)
	if err != nil {
		return r.state, err
	}
	e := r.state
	for _, event := range events {
		e = EvolveProfile(e, event)
	}
	if err := saveProfile(tx, e, r.revision, r.revision+len(events)); err != nil {
		return r.state, err
	}
	return e, ledger.Append(tx, ProfileStream(e.Version), r.revision, who, s.Clock.Now(), id.Trace(tx.Context()), events)
}

// Impact is what a version of the profile would change.
type Impact struct {
	Hits   []Hit  `json:"hits"`
	Graded int    `json:"graded"` // gradings in force
	Digest string `json:"digest"` // of the hits; whoever puts it in force says that he saw them
}

// Impact returns the gradings that a version of the profile would change, by
// slug, for whoever makes the profile.
func (s *Service) Impact(ctx context.Context, who permit.Actor, version string) (i Impact, err error) {
	if err := MayRule.Asked(who); err != nil {
		return i, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, ok, err := one[Edition](tx, "grading_profile", "version = ?", version)
		if err == nil && !ok {
			err = notFound()
		}
		if err == nil {
			i, err = s.impact(tx, r.state)
		}
		return err
	})
	return i, err
}

func (s *Service) impact(tx *database.Tx, e Edition) (i Impact, err error) {
	i.Hits = []Hit{}
	err = s.eachInForce(tx, "", func(g Case) error {
		i.Graded++
		h, hit, err := s.hit(tx, e.Profile, g)
		if hit {
			i.Hits = append(i.Hits, h)
		}
		return err
	})
	if err != nil {
		return i, err
	}
	text, err := json.Marshal([]any{e.Content, i.Hits})
	if err != nil {
		return i, fmt.Errorf("encode impact of %s: %w", e.Version, err)
	}
	sum := sha256.Sum256(text)
	i.Digest = hex.EncodeToString(sum[:])
	return i, nil
}

// hit is [HitBy] with the facts of the day.
func (s *Service) hit(tx *database.Tx, p Profile, g Case) (Hit, bool, error) {
	o, err := s.OverlayTx(tx, permit.Platform, g.Body)
	if err != nil {
		return Hit{}, false, err
	}
	joined, err := neighbours(tx, p.Content, g.Slug, g.InForce.Fields)
	if err != nil {
		return Hit{}, false, err
	}
	h, ok := HitBy(p, o, g, joined)
	return h, ok, nil
}

// eachInForce calls do with every grading that has one in force, of a body or
// of all for "", by slug.
func (s *Service) eachInForce(tx *database.Tx, body string, do func(Case) error) error {
	for last := ""; ; {
		rows, err := list[Case](tx, "grading", `type <> '' AND slug > ? AND (? = '' OR publisher = ?) ORDER BY slug`, last, body, body)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			if err := do(r.state); err != nil {
				return err
			}
			last = r.state.Slug
		}
	}
}

// OverlayTx returns the overlay of a body that is in force; the zero Overlay
// if none is.
func (s *Service) OverlayTx(tx *database.Tx, _ permit.Actor, body string) (Overlay, error) {
	r, _, err := one[Own](tx, "grading_overlay", "publisher = ? AND stage = 'in_force'", body)
	return r.state.Overlay, err
}

// OwnView is a version of an overlay as somebody who may see it sees it.
type OwnView struct {
	Own Own      `json:"own"`
	Can []string `json:"can,omitempty"`
}

// Overlays returns the versions of a body's overlay, newest first, for those
// who work on gradings of the body and those who oversee them (A13.2).
func (s *Service) Overlays(ctx context.Context, who permit.Actor, body string) (all []OwnView, err error) {
	if !MaySee(who, body) {
		return nil, notFound()
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list[Own](tx, "grading_overlay", `publisher = ? ORDER BY number DESC`, body)
		for _, r := range rows {
			all = append(all, OwnView{r.state, OwnTable.Open(r.state.Stage, who.For(body), r.state.Did)})
		}
		return err
	})
	return all, err
}

// ProposeOverlay hands a body's own rules to its lead.
func (s *Service) ProposeOverlay(ctx context.Context, who permit.Actor, body string, t Tightening) (o Own, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		rows, err := list[Own](tx, "grading_overlay", `publisher = ? ORDER BY number DESC`, body)
		if err != nil {
			return err
		}
		c := ProposeOwn{Body: body, Version: 1, Tightening: t}
		if len(rows) > 0 {
			c.Version = rows[0].state.Version + 1
		}
		o, err = s.moveOwn(tx, who, body, row[Own]{}, c, len(rows) > 0 && rows[0].state.Stage == OwnProposed)
		return err
	})
	return o, err
}

// DoOverlay asks c of a version of a body's overlay. One that is accepted takes
// the place of the one in force, and gradings that it changes are due again.
func (s *Service) DoOverlay(ctx context.Context, who permit.Actor, body string, number int, c Command) (o Own, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, ok, err := one[Own](tx, "grading_overlay", "publisher = ? AND number = ?", body, number)
		if err == nil && (!ok || !MaySee(who, body)) {
			err = notFound()
		}
		if err != nil {
			return err
		}
		if _, ok := c.(AcceptOwn); ok && OwnTable.Permit(r.state.Stage, c.Verb(), who.For(body), r.state.Did) == nil {
			old, ok, err := one[Own](tx, "grading_overlay", "publisher = ? AND stage = 'in_force'", body)
			if err == nil && ok {
				_, err = s.moveOwn(tx, permit.Platform, body, old, SupersedeOwn{}, false)
			}
			if err != nil {
				return err
			}
		}
		if o, err = s.moveOwn(tx, who, body, r, c, false); err == nil && o.Stage == OwnInForce {
			err = queue.Enqueue(tx, "grading.regrade/"+body+"/"+strconv.Itoa(number), jobRegrade, regradeJob{Body: body}, s.Clock.Now())
		}
		return err
	})
	return o, err
}

func (s *Service) moveOwn(tx *database.Tx, who permit.Actor, body string, r row[Own], c Command, open bool) (Own, error) {
	p, err := s.ProfileTx(tx, who)
	if err != nil {
		return r.state, err
	}
	events, err := DecideOwn(OwnFacts{Who: who.For(body), Today: workday.Of(s.Clock.Now()), Profile: p, Open: open}, r.state, c)
	if err != nil {
		return r.state, err
	}
	o := r.state
	for _, event := range events {
		o = EvolveOwn(o, event)
	}
	if err := saveOwn(tx, o, r.revision, r.revision+len(events)); err != nil {
		return r.state, err
	}
	return o, ledger.Append(tx, OwnStream(o.Body, o.Version), r.revision, who, s.Clock.Now(), id.Trace(tx.Context()), events)
}

// Check tells every fault of a content, without writing: what a draft would be
// told when it is shown to everybody.
func (s *Service) Check(_ permit.Actor, c Content) []problem.Field {
	if p := problem.As(c.Check()); p != nil {
		return p.Fields
	}
	return nil
}
