package assessment

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/probe"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/tabular/duckdb"
)

// benchRows is how many made-up rows the benchmark reads; KAISHU_BENCH_ROWS
// says otherwise.
const benchRows = 10_000_000

// benchColumns are of the table that the benchmark makes up: as the language
// of the engine makes them from the row's number i.
var benchColumns = []struct {
	selection.Column
	made string
}{
	{selection.Column{Name: "编号", Type: selection.Integer}, "i"},
	{selection.Column{Name: "站点", Type: selection.Text}, "'站点' || (hash(i) % 500)"},
	{selection.Column{Name: "等级", Type: selection.Text}, "['优','良','轻度','中度','重度'][CAST(1 + hash(i + 1) % 5 AS BIGINT)]"},
	{selection.Column{Name: "浓度", Type: selection.Number}, "(hash(i + 2) % 5000) / 10.0"},
	{selection.Column{Name: "单价", Type: selection.Decimal, Scale: 2}, "CAST((hash(i + 3) % 100000) / 100.0 AS DECIMAL(38,2))"},
	{selection.Column{Name: "开始日期", Type: selection.Date}, "DATE '2020-01-01' + CAST(hash(i + 4) % 2000 AS INTEGER)"},
	{selection.Column{Name: "结束日期", Type: selection.Date}, "DATE '2020-01-01' + CAST(hash(i + 4) % 2000 + 3 AS INTEGER)"},
	{selection.Column{Name: "经度", Type: selection.Number}, "120.9 + (hash(i + 5) % 13000) / 10000.0"},
	{selection.Column{Name: "纬度", Type: selection.Number}, "30.7 + (hash(i + 6) % 11000) / 10000.0"},
	{selection.Column{Name: "备注", Type: selection.Text}, "CASE WHEN hash(i + 7) % 3 = 0 THEN NULL ELSE '南京西路' || (hash(i + 8) % 2000) || '号附近的监测记录' END"},
}

func benchRules() []Rule {
	return []Rule{
		{Kind: "filled", Fields: []string{"编号"}, Must: true}, {Kind: "filled", Fields: []string{"站点"}}, {Kind: "filled", Fields: []string{"备注"}, Share: 0.5},
		{Kind: "once", Fields: []string{"编号"}, Must: true}, {Kind: "values", Fields: []string{"等级"}, Values: []string{"优", "良", "轻度", "中度", "重度"}},
		{Kind: "within", Fields: []string{"浓度"}, Low: "0", High: "500"}, {Kind: "within", Fields: []string{"单价"}, Low: "0"},
		{Kind: "length", Fields: []string{"站点"}, Least: 2, Most: 10}, {Kind: "pattern", Fields: []string{"站点"}, Pattern: "站点[0-9]+"},
		{Kind: "order", Fields: []string{"开始日期", "结束日期"}}, {Kind: "past", Fields: []string{"开始日期"}}, {Kind: "depends", When: "等级 = '重度'", Then: "浓度 >= 0"},
		{Kind: "form", Fields: []string{"开始日期"}, Form: "date"}, {Kind: "city", Fields: []string{"经度", "纬度"}}, {Kind: "rounded", Fields: []string{"浓度"}, Most: 1},
		{Kind: "refers", Fields: []string{"等级"}, Dataset: "levels", Among: "等级"}, {Kind: "jump", Share: 0.5},
	}
}

// BenchmarkTenMillionRows reads a made-up table: its profile, all rules, and
// what may hold identifiers, against a bare reading of all its columns in the
// same run. It reports the share of the bare reading's speed: the median, and
// the least and most of all rounds. It asserts nothing.
//
//	go test ./internal/open/assessment -run - -bench TenMillion -benchtime 3x
func BenchmarkTenMillionRows(b *testing.B) {
	rows := int64(benchRows)
	if n := os.Getenv("KAISHU_BENCH_ROWS"); n != "" {
		fmt.Sscan(n, &rows)
	}
	dir := b.TempDir()
	table, known := madeUp(b, dir, rows)
	engine, err := duckdb.New(duckdb.Options{Objects: func(hash string) (string, error) { return filepath.Join(dir, hash), nil }, Dir: b.TempDir(), Memory: 2 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { engine.Close() })
	w := World{Schema: table.Schema, Rows: rows, RowsBefore: rows, Today: "2026-11-25", City: CityOn("2026-11-25"), Known: map[string][]string{"levels": {"等级"}}}
	var probes []probe.Test
	for _, r := range benchRules() {
		ask := r.Of(w)
		if ask.Note != "" {
			b.Fatalf("%+v: %s", r, ask.Note)
		}
		if ask.Test != nil {
			probes = append(probes, ask.Test)
		}
	}
	parts := map[string][]float64{}
	timed := func(part string, do func() error) time.Duration {
		began := clock.System{}.Now()
		if err := do(); err != nil {
			b.Fatal(part, err)
		}
		took := clock.System{}.Now().Sub(began)
		parts[part] = append(parts[part], took.Seconds())
		return took
	}
	for b.Loop() {
		bare := timed("bare_s", func() error { return bareScan(b, filepath.Join(dir, table.Parquet)) })
		profile := timed("profile_s", func() error {
			_, err := (duckdb.Loader{Dir: b.TempDir(), Memory: 2 << 30}).Profile(b.Context(), filepath.Join(dir, table.Parquet), table.Schema)
			return err
		})
		rules := timed("rules_s", func() error {
			answers, err := engine.Assess(b.Context(), table, probes, known)
			for i, a := range answers {
				if a.Failed > 0 && fmt.Sprintf("%T", probes[i]) != "probe.Filled" {
					return fmt.Errorf("%+v: %+v", probes[i], a)
				}
			}
			return err
		})
		// As open/quality does it: of texts shorter than a number nothing is read.
		scan := timed("identifiers_s", func() error {
			return engine.Digits(b.Context(), table, []string{"备注"}, func(int, string) error { return nil })
		})
		parts["of_bare"] = append(parts["of_bare"], bare.Seconds()/(profile+rules+scan).Seconds())
		parts["rules_of_bare"] = append(parts["rules_of_bare"], bare.Seconds()/rules.Seconds())
	}
	for part, all := range parts {
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], part)
		if strings.HasSuffix(part, "of_bare") {
			b.ReportMetric(all[0], part+"_least")
			b.ReportMetric(all[len(all)-1], part+"_most")
		}
	}
}

// madeUp writes the table and a list that it refers to.
func madeUp(b *testing.B, dir string, rows int64) (tabular.Table, map[string]tabular.Table) {
	b.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var list []string
	t := tabular.Table{Parquet: "table", Rows: rows}
	for _, c := range benchColumns {
		t.Columns = append(t.Columns, c.Column)
		kind := map[selection.Type]string{selection.Integer: "BIGINT", selection.Number: "DOUBLE", selection.Date: "DATE", selection.Text: "VARCHAR", selection.Decimal: "DECIMAL(38,2)"}[c.Type]
		list = append(list, fmt.Sprintf(`CAST(%s AS %s) AS "%s"`, c.made, kind, c.Name))
	}
	levels := tabular.Table{Parquet: "levels", Rows: 5, Schema: selection.Schema{Columns: []selection.Column{{Name: "等级", Type: selection.Text}}}}
	for path, query := range map[string]string{t.Parquet: fmt.Sprintf("SELECT %s FROM range(%d) r(i)", strings.Join(list, ", "), rows), levels.Parquet: "SELECT unnest(['优','良','轻度','中度','重度']) AS 等级"} {
		if _, err := db.Exec("COPY (" + query + ") TO '" + filepath.Join(dir, path) + "' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"); err != nil {
			b.Fatal(err)
		}
	}
	return t, map[string]tabular.Table{"levels": levels}
}

// bareScan reads every column and does nothing but count its values.
func bareScan(b *testing.B, path string) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	var counts []string
	for _, c := range benchColumns {
		counts = append(counts, `count("`+c.Name+`")`)
	}
	into := make([]any, len(counts))
	for i := range into {
		into[i] = new(int64)
	}
	return db.QueryRowContext(b.Context(), "SELECT "+strings.Join(counts, ", ")+" FROM read_parquet('"+path+"')").Scan(into...)
}
