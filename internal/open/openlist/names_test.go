package openlist

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/people/organisation"
)

// town is a list of invented entries of two bodies.
type town struct {
	*testing.T
	*Service
	bodies *organisation.Service
}

func newTown(t *testing.T) town {
	t.Helper()
	now := clock.At(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	db, err := database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "x.db"), Clock: now,
		Migrations: []fs.FS{ledger.Migrations, organisation.Migrations, Migrations}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := town{t, New(db, now, codes(t)), organisation.New(db)}
	w.bodies.Clock = now
	w.called("jt", "江东市交通局")
	w.called("ga", "江东市公安局")
	return w
}

// called gives a body its name.
func (w town) called(id, name string) {
	w.Helper()
	o := organisation.Organisation{ID: id, Name: zh(name), Kind: organisation.Organ, Level: organisation.City}
	if err := w.bodies.Put(w.Context(), permit.Actor{Account: "a", Roles: []permit.Role{permit.SysAdmin}}, o); err != nil {
		w.Fatal(err)
	}
}

// lists takes an entry on the list, or gives it another name.
func (w town) lists(slug, publisher, title string) {
	w.Helper()
	var c Command = Adopt{Description: changed(func(d *Description) { d.Title, d.Publisher = zh(title), publisher }), From: zh("原平台")}
	if _, err := w.Do(w.Context(), permit.Platform, slug, c); err != nil {
		w.Fatal(err)
	}
}

func (w town) do(slug string, c Command) {
	w.Helper()
	err := w.db.Write(w.Context(), func(tx *database.Tx) error {
		_, err := w.MoveTx(tx, permit.Platform, slug, c, world)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
}

// near is what is told of a name, as "slug percent".
func (w town) near(s *Service, slug, publisher, title string) (all []string) {
	w.Helper()
	err := w.db.Read(w.Context(), func(tx *database.Tx) error {
		var x World
		if err := s.LookAroundTx(tx, permit.Platform, &x, slug, Description{Title: zh(title), Publisher: publisher}); err != nil {
			return err
		}
		for _, n := range x.Near {
			all = append(all, fmt.Sprintf("%s %s %.2f", n.Slug, n.Publisher, n.Likeness))
		}
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// tells wants the same of the service that followed all that happened, and of
// one that starts now.
func (w town) tells(slug, publisher, title string, want ...string) {
	w.Helper()
	for who, s := range map[string]*Service{"the service": w.Service, "one that starts now": New(w.db, w.clock, w.codes)} {
		if got := w.near(s, slug, publisher, title); fmt.Sprint(got) != fmt.Sprint(want) {
			w.Errorf("%s, of %q: %q, want %q", who, title, got, want)
		}
	}
}

func TestNearNamesFollowTheList(t *testing.T) {
	w := newTown(t)
	w.tells("new", "jt", "停车场收费信息")
	w.lists("parking", "jt", "停车场收费情况")
	w.lists("stations", "jt", "全市地铁站点位置")
	w.tells("new", "jt", "停车场收费信息", "parking jt 0.96")
	w.tells("new", "ga", "停车场收费信息", "parking jt 0.96")
	w.tells("parking", "jt", "停车场收费信息") // not to itself
	w.tells("new", "jt", "停车场收费信息2021")
	w.tells("new", "jt", "江东市停车场收费信息", "parking jt 0.91")
	w.tells("new", "ga", "江东市停车场收费信息")

	editor := permit.Actor{Account: "e", Organisation: "jt", Roles: []permit.Role{permit.OpnEditor}}
	if _, err := w.Do(t.Context(), editor, "draft", Describe{Description: changed(func(d *Description) { d.Title = zh("停车场收费数据") })}); err != nil {
		t.Fatal(err)
	}
	w.tells("new", "jt", "停车场收费信息", "parking jt 0.96") // a draft is nobody else's business

	w.do("parking", Change{Description: changed(func(d *Description) { d.Title = zh("停车场泊位情况") }), Order: "adj_2"})
	w.tells("new", "jt", "停车场收费信息")
	w.tells("new", "jt", "停车场泊位信息", "parking jt 0.96")
	if _, err := w.Do(t.Context(), permit.Actor{Account: "r", Organisation: "jt", Roles: []permit.Role{permit.OpnReviewer}}, "parking", Suspend{Reasons: []string{"核实"}}); err != nil {
		t.Fatal(err)
	}
	w.tells("new", "jt", "停车场泊位信息", "parking jt 0.96") // it is still on the list
	w.do("parking", Withdraw{Reasons: []string{"法规调整"}, Order: "adj_3"})
	w.tells("new", "jt", "停车场泊位信息")
}

func TestTheSameNameComesFirstAndFiveNearOnesFollow(t *testing.T) {
	w := newTown(t)
	for i, end := range []string{"情况", "数据", "一览表", "清单", "名单", "目录", "明细"} {
		w.lists(fmt.Sprint("p", i), "jt", "停车场收费"+end)
	}
	w.lists("z", "ga", "停车场·收费")
	w.lists("wide", "ga", "（停车场）收费ＡＢ")
	w.tells("new", "jt", "停车场收费", "z ga 1.00", "p0 jt 0.97", "p1 jt 0.97", "p3 jt 0.97", "p4 jt 0.97", "p5 jt 0.97")
	w.tells("new", "jt", "停车场收费AB", "wide ga 0.99") // no letter differs, but it is not what is called the same
}

// TestTheSameNameIsNoneOfTheFive: an entry under review bears the same name, and
// is not on the list yet.
func TestTheSameNameIsNoneOfTheFive(t *testing.T) {
	w := newTown(t)
	for i, end := range []string{"情况", "数据", "清单", "名单", "目录", "明细"} {
		w.lists(fmt.Sprint("p", i), "jt", "停车场收费"+end)
	}
	editor := permit.Actor{Account: "e", Organisation: "jt", Roles: []permit.Role{permit.OpnEditor}}
	if _, err := w.Do(t.Context(), editor, "twin", Describe{Description: changed(func(d *Description) { d.Title = zh("停车场收费") })}); err != nil {
		t.Fatal(err)
	}
	err := w.db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := w.MoveTx(tx, permit.Actor{Account: "l", Organisation: "jt", Roles: []permit.Role{permit.OpnLead}}, "twin", Submit{Order: "adj_1"}, world)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.tells("new", "jt", "停车场收费", "twin jt 1.00", "p0 jt 0.97", "p1 jt 0.97", "p2 jt 0.97", "p3 jt 0.97", "p4 jt 0.97")
}

// TestNothingIsMissedOfMuchAtOnce: more came since it was last asked than is
// read line by line.
func TestNothingIsMissedOfMuchAtOnce(t *testing.T) {
	w := newTown(t)
	w.lists("stations", "jt", "全市地铁站点位置")
	w.tells("new", "jt", "第一千零九十九号设施信息")
	var all []Request
	for i := range 1100 {
		title := fmt.Sprintf("编号%d设施", i)
		if i == 1099 {
			title = "第一千零九十九号设施"
		}
		all = append(all, Request{permit.Platform, fmt.Sprint("f", i), Adopt{Description: changed(func(d *Description) { d.Title, d.Publisher = zh(title), "jt" }), From: zh("原平台")}})
	}
	if err := w.DoAll(t.Context(), permit.Platform, all); err != nil {
		t.Fatal(err)
	}
	w.tells("new", "jt", "第一千零九十九号设施信息", "f1099 jt 0.99")
}

// TestABodyGetsAnotherName: what is the publisher's own area is read anew.
func TestABodyGetsAnotherName(t *testing.T) {
	w := newTown(t)
	w.lists("parking", "jt", "停车场收费情况")
	w.tells("new", "jt", "江东市停车场收费", "parking jt 0.92")
	w.called("jt", "河口区交通局")
	w.tells("new", "jt", "江东市停车场收费")
	w.tells("new", "jt", "河口区停车场收费", "parking jt 0.92")
	w.tells("new", "nobody", "停车场收费", "parking jt 0.97")
}

// TestWhatCameToNothingIsForgotten: a transaction that looks at what it wrote
// itself, and fails, leaves nothing in the index, though the next one takes its
// place in the ledger.
func TestWhatCameToNothingIsForgotten(t *testing.T) {
	w := newTown(t)
	w.lists("parking", "jt", "停车场收费情况")
	w.lists("stations", "jt", "全市地铁站点位置")
	w.tells("new", "jt", "停车场收费信息", "parking jt 0.96")
	stop := errors.New("stop")
	renamed := Change{Description: changed(func(d *Description) { d.Title = zh("公交线路走向") }), Order: "adj_9"}
	err := w.db.Write(t.Context(), func(tx *database.Tx) error {
		if _, err := w.MoveTx(tx, permit.Platform, "parking", renamed, world); err != nil {
			return err
		}
		var x World
		if err := w.LookAroundTx(tx, permit.Platform, &x, "new", Description{Title: zh("公交线路走向信息"), Publisher: "jt"}); err != nil {
			return err
		}
		if len(x.Near) != 1 || x.Near[0].Slug != "parking" {
			t.Errorf("within the transaction: %+v", x.Near)
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	w.tells("new", "jt", "公交线路走向信息")
	w.tells("new", "jt", "停车场收费信息", "parking jt 0.96")

	err = w.db.Write(t.Context(), func(tx *database.Tx) error {
		if _, err := w.MoveTx(tx, permit.Platform, "parking", renamed, world); err != nil {
			return err
		}
		var x World
		if err := w.LookAroundTx(tx, permit.Platform, &x, "new", sound); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	w.do("stations", Change{Description: changed(func(d *Description) { d.Title = zh("轮渡码头位置") }), Order: "adj_8"}) // in the same place
	w.tells("new", "jt", "轮渡码头位置信息", "stations jt 0.98")
	w.tells("new", "jt", "停车场收费信息", "parking jt 0.96")
	w.tells("new", "jt", "公交线路走向信息")
}
