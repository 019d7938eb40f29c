package duckdb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/identifier"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

func TestMatching(t *testing.T) {
	schema := selection.Schema{Columns: []selection.Column{{Name: `t "x"`, Type: selection.Text}, {Name: "n", Type: selection.Integer}, {Name: "u", Type: selection.Text}}}
	e, all := lay(t, Options{}, schema, "\"a@b\",12345678,\"a@b\"\n\"a@b\",1234567,\"x\"\n\"c\",,\n,12345678,\"张伟\"\n\"it's @\",-1,\n")
	var got []string
	collect := func(column int, cell string, times int64) error {
		got = append(got, fmt.Sprint(column, " ", cell, " ", times))
		return nil
	}
	if err := e.Matching(t.Context(), all[0], []string{"n", `t "x"`, "u"}, `@|[0-9]{8}|^张.$`, collect); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if want := []string{"0 12345678 2", "1 a@b 2", "1 it's @ 1", "2 a@b 1", "2 张伟 1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	stop := errors.New("enough")
	if err := e.Matching(t.Context(), all[0], []string{"u"}, "a", func(int, string, int64) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("each says stop: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Matching(ctx, all[0], []string{"u"}, "a", collect); !errors.Is(err, context.Canceled) {
		t.Errorf("after its end: %v", err)
	}
}

// TestMatchingOfLongCells: many long cells, each another, 72 MB of them, in an
// engine that has 256; none is lost.
func TestMatchingOfLongCells(t *testing.T) {
	const rows = 4_000
	long := strings.Repeat("长", 6000)
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, "\"%06d%s\"\n", i, long)
	}
	e, all := lay(t, Options{Memory: 256 << 20}, selection.Schema{Columns: []selection.Column{{Name: "t", Type: selection.Text}}}, b.String())
	n := int64(0)
	err := e.Matching(t.Context(), all[0], []string{"t"}, "^0", func(_ int, cell string, times int64) error {
		if len([]rune(cell)) != tabular.MaxRuns {
			return fmt.Errorf("%d characters", len([]rune(cell)))
		}
		n += times
		return nil
	})
	if err != nil || n != rows {
		t.Errorf("%d cells, %v", n, err)
	}
}

// BenchmarkMatching tells what the look for identifiers with letters costs: a
// million rows with a column of names of places, one of addresses, and one of
// texts, all different, and one that repeats. All of it is made up.
func BenchmarkMatching(b *testing.B) {
	const rows = 1_000_000
	schema := selection.Schema{Columns: []selection.Column{{Name: "站名", Type: selection.Text}, {Name: "地址", Type: selection.Text}, {Name: "文", Type: selection.Text}, {Name: "类", Type: selection.Text}}}
	var text strings.Builder
	for i := range rows {
		fmt.Fprintf(&text, "\"第%d站\",\"张杨路%d号\",\"编号%d，黄浦区半淞园路街道办事处公开的服务事项说明，全年受理，请于工作日前来\",\"%s\"\n", i, i, i, []string{"道路", "桥梁", "公园", "绿地"}[i%4])
	}
	size := int64(text.Len())
	e, all := lay(b, Options{}, schema, text.String())
	b.SetBytes(size)
	for b.Loop() {
		tallies := [4]*identifier.Tally{}
		for i := range tallies {
			tallies[i] = identifier.NewTally("2026-11-24")
		}
		if err := e.Matching(b.Context(), all[0], []string{"站名", "地址", "文", "类"}, identifier.Pattern, func(column int, cell string, times int64) error {
			tallies[column].AddTimes(cell, times)
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		if tallies[1].Cells[identifier.Address] != rows {
			b.Fatal("addresses are lost")
		}
	}
}
