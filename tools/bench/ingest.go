package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/tabular/duckdb"
)

var districts = []string{"黄浦区", "徐汇区", "长宁区", "静安区", "普陀区", "虹口区", "杨浦区", "闵行区", "宝山区", "嘉定区", "浦东新区", "金山区", "松江区", "青浦区", "奉贤区", "崇明区"}

// table makes the large table once: number, district, day, instant, category,
// three figures, coordinates; 114 bytes a row.
func (b *bench) table(rows int) (string, error) {
	path := filepath.Join(b.dir, fmt.Sprintf("rows-%d.csv", rows))
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
	for i := range rows {
		day := 1 + i*360/rows
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

// inGB18030 writes the large table again in the encoding of most departments.
func (b *bench) inGB18030(csv string, rows int) (string, error) {
	path := filepath.Join(b.dir, fmt.Sprintf("rows-%d-gb18030.csv", rows))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	in, err := os.Open(csv)
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := os.Create(path + ".part")
	if err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(simplifiedchinese.GB18030.NewEncoder().Writer(out), 1<<20)
	if _, err := io.Copy(w, in); err != nil {
		return "", err
	}
	if err := errors.Join(w.Flush(), out.Close()); err != nil {
		return "", err
	}
	return path, os.Rename(path+".part", path)
}

// ingest measures stored original → typed Parquet with statistics in the
// worker process, beside DuckDB's bare CSV → Parquet of the UTF-8 file. The
// runs take turns, so that a busy machine is busy for both.
func (b *bench) ingest() error {
	csv, err := b.table(b.ingestRows)
	if err != nil {
		return err
	}
	gbk, err := b.inGB18030(csv, b.ingestRows)
	if err != nil {
		return err
	}
	var reference, ours, theirs []float64
	for range min(b.runs, 3) {
		for _, one := range []struct {
			into *[]float64
			do   func() error
		}{
			{&reference, func() error { return b.bare(csv) }},
			{&ours, func() error { return b.convert(csv, b.ingestRows) }},
			{&theirs, func() error { return b.convert(gbk, b.ingestRows) }},
		} {
			began := time.Now()
			if err := one.do(); err != nil {
				return err
			}
			*one.into = append(*one.into, time.Since(began).Seconds())
		}
	}
	of := fmt.Sprintf(", %d rows", b.ingestRows)
	b.add("ingest, UTF-8 CSV to Parquet"+of, "s", ours, "DuckDB bare CSV to Parquet", reference, lessIsBetter, 0.4)
	b.add("ingest, GB18030 CSV to Parquet"+of, "s", theirs, "DuckDB bare UTF-8 CSV to Parquet", reference, lessIsBetter, 0.3)
	var worker, server syscall.Rusage
	if err := errors.Join(syscall.Getrusage(syscall.RUSAGE_CHILDREN, &worker), syscall.Getrusage(syscall.RUSAGE_SELF, &server)); err != nil {
		return err
	}
	// This process ran the reference too: it is more than a server takes.
	b.add("ingest, peak memory, both processes", "MB", []float64{float64(worker.Maxrss+server.Maxrss) / 1024}, "", nil, nil, 0)
	b.add("ingest, peak memory of the worker", "MB", []float64{float64(worker.Maxrss) / 1024}, "", nil, nil, 0)
	return b.workbook()
}

// workbook measures a workbook of 200,000 rows, ten cells each, from the file
// to typed Parquet with statistics. The reference is the rate that was asked
// for.
func (b *bench) workbook() error {
	const rows, wanted = 200_000, 30_000
	csv, err := b.table(rows)
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(filepath.Join(b.dir, "workbook"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	result, err := intake.Read(context.Background(), intake.Request{Path: csv, Dir: dir}, duckdb.Loader{Dir: dir})
	if err != nil {
		return err
	}
	files, err := duckdb.Bulk(context.Background(), result.Parquet, tabular.Table{Schema: result.Schema(), Rows: result.RowsOut}, dir, tabular.XLSX)
	if err != nil {
		return err
	}
	var rates, reference []float64
	for range b.runs {
		began := time.Now()
		if err := b.convert(files[0].Path, rows); err != nil {
			return err
		}
		rates, reference = append(rates, rows/time.Since(began).Seconds()), append(reference, wanted)
	}
	b.add("ingest, XLSX to Parquet", "rows/s", rates, "asked for", reference, moreIsBetter, 1)
	return nil
}

// bare is the reference: DuckDB alone, with its own detection.
func (b *bench) bare(csv string) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec("COPY (SELECT * FROM read_csv('" + csv + "')) TO '" + filepath.Join(b.dir, "reference.parquet") + "' (FORMAT parquet, COMPRESSION zstd)")
	return err
}

// convert runs the worker on a file and holds it to the number of rows.
func (b *bench) convert(file string, rows int) error {
	dir, err := os.MkdirTemp(b.dir, "ingest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	var result intake.Result
	if err := intake.Run(context.Background(), []string{b.kaishu, "worker"}, "import",
		intake.Request{Path: path, Name: filepath.Base(file), Dir: abs}, &result, intake.DefaultLimits); err != nil {
		return err
	}
	if result.RowsOut != int64(rows) || result.CellsSetAside != 0 {
		return fmt.Errorf("%d rows of %d arrived, %d cells set aside", result.RowsOut, rows, result.CellsSetAside)
	}
	return nil
}
