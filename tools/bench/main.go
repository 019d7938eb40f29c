// Command bench measures Kaishu beside references in the same run, prints a
// table and writes var/bench.json: rows of name, value, unit, reference,
// ratio, target, ok, spread. The machines are shared: read ratios, with their
// spread, not absolutes.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Row is one figure.
type Row struct {
	Name      string  `json:"name"`
	Value     float64 `json:"value"`     // median
	Unit      string  `json:"unit"`      //
	Reference string  `json:"reference"` // what it stands beside, with its median
	Ratio     float64 `json:"ratio"`     // to the reference; above 1 is better than it; 0 without one
	Target    float64 `json:"target"`    // of the ratio; 0 without one
	OK        bool    `json:"ok"`        // Ratio >= Target
	Spread    string  `json:"spread"`    // least and most over the runs
}

type bench struct {
	kaishu     string // the binary
	dir        string // for what is made
	rows       int    // of the table that is served
	ingestRows int    // of the table that is read
	runs       int
	cases      int    // applications at one desk
	only       string // part to measure; "" for all
	all        []Row
}

func main() {
	b := &bench{}
	out := flag.String("out", "var/bench.json", "where the figures go")
	flag.StringVar(&b.kaishu, "kaishu", "var/kaishu", "the binary")
	flag.StringVar(&b.dir, "dir", "var/bench", "folder for what is made")
	flag.IntVar(&b.rows, "rows", 1_000_000, "rows of the table that is served")
	flag.IntVar(&b.ingestRows, "ingest-rows", 10_000_000, "rows of the table that is read")
	flag.IntVar(&b.cases, "cases", 100_000, "applications at one desk")
	flag.StringVar(&b.only, "only", "", "ingest, serve or cases; all without it")
	flag.IntVar(&b.runs, "runs", 5, "runs of each figure")
	flag.Parse()
	if err := b.run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(out string) error {
	var err error
	if b.kaishu, err = filepath.Abs(b.kaishu); err != nil {
		return err
	}
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		do   func() error
	}{{"ingest", b.ingest}, {"serve", b.served}, {"cases", b.casesServed}} {
		if b.only != "" && b.only != part.name {
			continue
		}
		if err := part.do(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	text, err := json.MarshalIndent(b.all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(text, '\n'), 0o644)
}

// add keeps and prints one figure. Values are what counts as good: throughput,
// or its inverse for times.
func (b *bench) add(name, unit string, values []float64, reference string, references []float64, faster func(value, reference float64) float64, target float64) {
	r := Row{Name: name, Unit: unit, Value: median(values), Target: target, OK: true,
		Spread: fmt.Sprintf("%.3g–%.3g", slices.Min(values), slices.Max(values))}
	if len(references) > 0 {
		m := median(references)
		r.Reference = fmt.Sprintf("%s %.4g %s (%.3g–%.3g)", reference, m, unit, slices.Min(references), slices.Max(references))
		r.Ratio = faster(r.Value, m)
		r.OK = r.Ratio >= target
	}
	if len(b.all) == 0 {
		fmt.Printf("%-34s %10s %-8s %14s %7s %7s  %s\n", "what", "median", "unit", "spread", "ratio", "target", "reference")
	}
	fmt.Printf("%-34s %10.4g %-8s %14s %7.2f %7.2f  %s\n", r.Name, r.Value, r.Unit, r.Spread, r.Ratio, r.Target, r.Reference)
	b.all = append(b.all, r)
}

// moreIsBetter and lessIsBetter turn two values into a ratio above 1 if ours
// is the better one.
func moreIsBetter(value, reference float64) float64 { return value / reference }
func lessIsBetter(value, reference float64) float64 { return reference / value }

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return s[len(s)/2]
}

// timed returns the seconds that do takes, runs times.
func (b *bench) timed(do func() error) ([]float64, error) {
	var all []float64
	for range b.runs {
		began := time.Now()
		if err := do(); err != nil {
			return nil, err
		}
		all = append(all, time.Since(began).Seconds())
	}
	return all, nil
}
