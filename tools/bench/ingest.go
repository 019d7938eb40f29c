package main

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"

	_ "github.com/duckdb/duckdb-go/v2" // the reference

	"kaishu/internal/infra/intake"
)

var districts = []string{"黄浦区", "徐汇区", "长宁区", "静安区", "普陀区", "虹口区", "杨浦区", "闵行区", "宝山区", "嘉定区", "浦东新区", "金山区", "松江区", "青浦区", "奉贤区", "崇明区"}

// table makes the large table once: number, district, day, instant, category,
// three figures, coordinates; 114 bytes a row.
func (b *bench) table() (string, error) {
	path := filepath.Join(b.dir, fmt.Sprintf("rows-%d.csv", b.rows))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	f, err := os.Create(path + ".part")
	if err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	fmt.Fprintln(w, "编号,区,日期,时刻,类别,人数,金额,比例,经度,纬度")
	for i := range b.rows {
		day := 1 + i*360/b.rows
		fmt.Fprintf(w, "%d,%s,2025-%02d-%02d,2025-%02d-%02d %02d:%02d:%02d,类别%d号,%d,%d.%02d,%.4f,%.6f,%.6f\n",
			i+1, districts[r.IntN(16)], 1+(day-1)/30, 1+(day-1)%28, 1+(day-1)/30, 1+(day-1)%28, r.IntN(24), r.IntN(60), r.IntN(60),
			r.IntN(30), r.IntN(5000), r.IntN(100000), r.IntN(100), r.Float64(), 121+r.Float64(), 31+r.Float64()/2)
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return path, os.Rename(path+".part", path)
}

// ingest measures stored original → typed Parquet with statistics in the
// worker process, beside DuckDB's bare CSV → Parquet.
func (b *bench) ingest(csv string) error {
	out := filepath.Join(b.dir, "reference.parquet")
	reference, err := b.timed(func() error {
		db, err := sql.Open("duckdb", "")
		if err != nil {
			return err
		}
		defer db.Close()
		_, err = db.Exec("COPY (SELECT * FROM read_csv('" + csv + "')) TO '" + out + "' (FORMAT parquet, COMPRESSION zstd)")
		return err
	})
	if err != nil {
		return err
	}
	ours, err := b.timed(func() error {
		dir, err := os.MkdirTemp(b.dir, "ingest-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		abs, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		path, err := filepath.Abs(csv)
		if err != nil {
			return err
		}
		var result intake.Result
		if err := intake.Run(context.Background(), []string{b.kaishu, "worker"}, "import",
			intake.Request{Path: path, Name: "rows.csv", Dir: abs}, &result, intake.DefaultLimits); err != nil {
			return err
		}
		if result.RowsOut != int64(b.rows) {
			return fmt.Errorf("%d rows of %d arrived", result.RowsOut, b.rows)
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.add("ingest, UTF-8 CSV to Parquet", "s", ours, "DuckDB bare CSV to Parquet", reference, lessIsBetter, 0.4)
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &use); err != nil {
		return err
	}
	b.add("ingest, peak memory of the worker", "MB", []float64{float64(use.Maxrss) / 1024}, "", nil, nil, 0)
	return nil
}
