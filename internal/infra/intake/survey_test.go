package intake

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"kaishu/internal/base/problem"
)

// regular is the beginning of a long file: the first rows make its recipe.
func regular(rows int) string {
	var b strings.Builder
	b.WriteString("编号,站名,日期,时刻,金额,备注\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,站%d,2026-01-%02d,2026-01-%02d 08:%02d:00,%d.%d,\n", i+1, i%7, 1+i%28, 1+i%28, i%60, i%900, i%10)
	}
	return b.String()
}

// readBoth reads a file as Read does, and by the recipe of all its rows from
// the start.
func readBoth(t *testing.T, path string) (fast, whole Result, fastRows, wholeRows table, fastErr, wholeErr error) {
	t.Helper()
	ctx := context.Background()
	fast, fastErr = Read(ctx, Request{Path: path, Dir: t.TempDir()}, &fastRows)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := &textReader{}
	form, err := r.look(ctx, f, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSurvey(ctx, r, f, form, nil)
	if err != nil {
		t.Fatal(err)
	}
	if form, _, wholeErr = s.read(ctx, r, f, math.MaxInt64); wholeErr == nil {
		whole, wholeErr = load(ctx, source{r: r, f: f, form: form}, Request{Path: path, Dir: t.TempDir()}, &wholeRows)
	}
	return fast, whole, fastRows, wholeRows, fastErr, wholeErr
}

// Reading by the recipe of the first rows is quicker and changes nothing.
func TestLaterRowsCount(t *testing.T) {
	row := func(cells string) string { return cells + "\n" }
	long := strings.Repeat("长", usualRow)
	tails := map[string]string{
		"nothing new":          row("900001,站1,2026-02-01,2026-02-01 09:00:00,1.5,"),
		"a text among numbers": row("无编号,站1,2026-02-01,2026-02-01 09:00:00,1.5,"),
		"many texts":           strings.Repeat(row("甲乙,站1,2026-02-01,2026-02-01 09:00:00,1.5,"), 5000),
		"another date":         strings.Repeat(row("7,站1,二〇二六年三月一日,2026/3/1 9:00,1.5,"), 30),
		"finer amounts":        strings.Repeat(row("7,站1,2026-02-01,2026-02-01 09:00:00,1234567890123.123456789,"), 9),
		"a word for nothing":   row("7,暂无,2026-02-01,2026-02-01 09:00:00,—,"),
		"an empty column":      row("7,站1,2026-02-01,2026-02-01 09:00:00,1.5,12"),
		"units":                strings.Repeat(row("7,站1,2026-02-01,2026-02-01 09:00:00,1.5万元,"), 400),
		"wide letters":         row("7,Ａ１站,2026-02-01,2026-02-01 09:00:00,1.5,"),
		"codes":                row("007,站1,2026-02-01,2026-02-01 09:00:00,1.5,"),
		"a total and a note":   row("合计,,,,99.5,") + row("注：数据截至月底,,,,,"),
		"a long cell":          row("7," + long + ",2026-02-01,2026-02-01 09:00:00,1.5,"),
		"a long cell and text": row("甲," + long + ",2026-02-01,2026-02-01 09:00:00,1.5,x"),
		"short rows":           strings.Repeat(row("7,站1"), 100),
		"unlike the header":    strings.Repeat(row("7,站1"), 30000),
	}
	for name, tail := range tails {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rows.csv")
			if err := os.WriteFile(path, []byte(regular(firstRows+10)+tail), 0o600); err != nil {
				t.Fatal(err)
			}
			checkBoth(t, path)
		})
	}
}

func checkBoth(t *testing.T, path string) {
	t.Helper()
	fast, whole, fastRows, wholeRows, fastErr, wholeErr := readBoth(t, path)
	if (fastErr == nil) != (wholeErr == nil) || fastErr != nil && !reflect.DeepEqual(problem.As(fastErr), problem.As(wholeErr)) {
		t.Fatalf("%v, want %v", fastErr, wholeErr)
	}
	if fastErr != nil {
		return
	}
	if fast.SetAside != "" {
		a, b := textOf(t, fast.SetAside), textOf(t, whole.SetAside)
		if a != b {
			t.Error("other cells are set aside")
		}
	}
	fast.Parquet, fast.SetAside, whole.Parquet, whole.SetAside = "", "", "", ""
	if !reflect.DeepEqual(fast, whole) {
		t.Errorf("%+v, want %+v", fast, whole)
	}
	if !reflect.DeepEqual(fastRows, wholeRows) {
		t.Error("other rows")
	}
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A file of more than the rows after which the recipe is looked at again.
func TestARecipeIsLookedAtAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.csv")
	text := regular(2*firstRows+10) + strings.Repeat("甲乙,站1,2026-02-01,2026-02-01 09:00:00,1.5,\n", 3*firstRows)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	checkBoth(t, path)
}

// A look at a cell and the long way agree, whatever the cell.
func TestALookAgreesWithTheLongWay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	signs := []string{"0", "1", "2", "9", "3", "-", "-", ".", ":", " ", "T", "2026-01-31", "2026-02-29", "08:30:00", "00:00:00", "e", ",", "/"}
	seen := map[class]int{}
	for range 300_000 {
		var cell string
		for range 1 + random.IntN(5) {
			cell += signs[random.IntN(len(signs))]
		}
		var g glimpse
		g.look([]byte(cell))
		if !g.plain {
			continue
		}
		c, n := classify(g.b)
		if c != g.class || (c == isInteger || c == isFraction) && (n.whole != int(g.whole) || n.fraction != int(g.fraction)) {
			t.Fatalf("%q: %+v, want %d %+v", cell, g, c, n)
		}
		var quick, slow tally
		quick.plain(&g)
		slow.long(g.b)
		if !reflect.DeepEqual(quick, slow) {
			t.Fatalf("%q counts %+v, want %+v", cell, quick, slow)
		}
		for _, typ := range []column{
			{RecipeColumn: RecipeColumn{Type: "integer"}}, {RecipeColumn: RecipeColumn{Type: "number"}},
			{RecipeColumn: RecipeColumn{Type: "decimal", Scale: 2}}, {RecipeColumn: RecipeColumn{Type: "date"}}, {RecipeColumn: RecipeColumn{Type: "datetime"}},
		} {
			got, code := typ.convert(nil, []byte(cell), &g)
			want, wantCode := typ.convert(nil, []byte(cell), &glimpse{b: g.b})
			if string(got) != string(want) || code != wantCode {
				t.Fatalf("%q as %s: %s %s, want %s %s", cell, typ.Type, got, code, want, wantCode)
			}
		}
		seen[c]++
	}
	for _, c := range []class{isInteger, isFraction, isDate, isStamp, isMidnight} {
		if seen[c] < 20 {
			t.Errorf("class %d was tried %d times", c, seen[c])
		}
	}
}
