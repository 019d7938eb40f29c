package quality

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/identifier"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/tabular/duckdb"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// bench reads files and examines them, without entries and cases.
type bench struct {
	testing.TB
	shelf   *disk.Store
	service *Service
}

func newBench(t testing.TB) *bench {
	t.Helper()
	shelf, err := disk.Open(filepath.Join(t.TempDir(), "objects"))
	if err != nil {
		t.Fatal(err)
	}
	engine, err := duckdb.New(duckdb.Options{Objects: shelf.Path, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	return &bench{TB: t, shelf: shelf, service: New(Tools{Clock: today, Shelf: shelf, Engine: engine})}
}

// read reads a file as an upload would be, and reports whether it is a table.
func (b *bench) read(path string) (o version.Outcome, ok bool) {
	b.Helper()
	r, err := intake.Read(b.Context(), intake.Request{Path: path, Name: filepath.Base(path), Dir: b.TempDir()}, duckdb.Loader{Dir: b.TempDir()})
	if err != nil {
		b.Logf("%s is no table: %v", filepath.Base(path), err)
		return o, false
	}
	parquet, err := b.shelf.Adopt(b.Context(), r.Parquet)
	if err != nil {
		b.Fatal(err)
	}
	text, err := json.Marshal(r.Profile)
	if err != nil {
		b.Fatal(err)
	}
	profile, err := b.shelf.Put(b.Context(), bytes.NewReader(text))
	if err != nil {
		b.Fatal(err)
	}
	return version.Outcome{Schema: r.Schema(), Rows: r.RowsOut, Parquet: parquet.Hash, Profile: profile.Hash}, true
}

// examine begins an examination of a table that is open to all.
func (b *bench) examine(o version.Outcome, items ...openlist.Item) *examination {
	b.Helper()
	e := openlist.Entry{Description: openlist.Description{Opening: openlist.Unconditional, Items: items}}
	x, err := b.service.examine(version.CheckRequest{Entry: e, Version: version.Version{Kind: version.Full}, Outcome: o})
	if err != nil {
		b.Fatal(err)
	}
	return x
}

// real returns the folder of real data, or leaves the test out.
func real(t testing.TB) string {
	t.Helper()
	folder := filepath.FromSlash("../../../../shared/data/real")
	if _, err := os.Stat(folder); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("../shared/data is not beside the project: left out")
	}
	return folder
}

// realTables are files of every folder of tables; nationals are taken by the
// step. HARD_ROUNDS takes all of them.
func realTables(t testing.TB, folder string) (all []string) {
	t.Helper()
	for _, pattern := range []string{"shanghai/*.csv", "shanghai/*.tsv", "codes/*", "dirty/native/*", "dirty/derived/*.*", "dirty/derived/truth/*", "scale/*", "deid/*.gz", "geo/*.geojson"} {
		some, err := filepath.Glob(filepath.Join(folder, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, some...)
	}
	all = slices.DeleteFunc(all, func(name string) bool {
		info, err := os.Stat(name)
		return err != nil || os.Getenv("HARD_ROUNDS") == "" && info.Size() > 1<<20
	})
	if len(all) < 30 {
		t.Fatalf("%d real tables", len(all))
	}
	return append(all, nationals(t, folder)...)
}

func nationals(t testing.TB, folder string) (all []string) {
	t.Helper()
	z, err := zip.OpenReader(filepath.Join(folder, "catalog", "nbs_tables.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	step := 40
	if os.Getenv("HARD_ROUNDS") != "" {
		step = 1
	}
	dir := t.TempDir()
	for i := 0; i < len(z.File); i += step {
		if z.File[i].FileInfo().IsDir() {
			continue
		}
		r, err := z.File[i].Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err = cmp.Or(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, fmt.Sprintf("%d-%s", i, filepath.Base(z.File[i].Name)))
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	return all
}

// TestNoRealTableIsHeldForIdentifiers: real open data has none, so whatever is
// found is false. The folder's README tells that such rows were taken out.
func TestNoRealTableIsHeldForIdentifiers(t *testing.T) {
	b := newBench(t)
	tables, rows, numbers := 0, int64(0), [3]int64{}
	var alone [identifier.Kinds]int64
	for _, path := range realTables(t, real(t)) {
		o, ok := b.read(path)
		if !ok {
			continue
		}
		x := b.examine(o)
		columns, tallies, err := x.tallies(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tables, rows = tables+1, rows+o.Rows
		for i, c := range columns {
			n := &tallies[i]
			eighteen, cards, elevens := n.Lookalikes()
			numbers[0], numbers[1], numbers[2] = numbers[0]+eighteen, numbers[1]+cards, numbers[2]+elevens
			for k, cells := range n.Cells {
				if alone[k] += cells; cells > 0 {
					t.Logf("%s, %s: %d of %s by themselves, as %v", filepath.Base(path), c.Name, cells, identifier.Kind(k), n.Shown[k])
				}
			}
			for _, f := range x.judge(c, &tallies[i]) {
				t.Errorf("%s is held: %+v", filepath.Base(path), f)
			}
		}
		spelled, err := x.spelled(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range spelled {
			t.Errorf("%s is held: %+v", filepath.Base(path), f)
		}
	}
	t.Logf("%d tables, %d rows; numbers of 18 signs %d, like cards %d, of 11 to 14 digits %d; cells that alone would count: %v",
		tables, rows, numbers[0], numbers[1], numbers[2], alone)
}

// TestARowOfTheKindThatWasTakenOut: the lists of places once held one mobile
// number in 7,513 rows. Seeded again, it is found.
func TestARowOfTheKindThatWasTakenOut(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(real(t), "shanghai", "poi_medical.csv"))
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), "\n")
	first, more, _ := strings.Cut(rest, "\n")
	cells := strings.Split(first, ",")
	cells[slices.Index(strings.Split(strings.TrimPrefix(strings.TrimSpace(head), "\ufeff"), ","), "address")] = "联系" + phone
	path := filepath.Join(t.TempDir(), "poi.csv")
	if err := os.WriteFile(path, []byte(head+"\n"+strings.Join(cells, ",")+"\n"+more), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	o, ok := b.read(path)
	if !ok {
		t.Fatal("not read")
	}
	found, err := identifiers(t.Context(), b.examine(o))
	if err != nil || len(found) != 1 || found[0].Code != "quality.mobile" || found[0].Column != "address" || !found[0].Firm {
		t.Errorf("%+v, %v", found, err)
	}
}
