package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/open/version"
)

// tableOptions are the flags of kaishu table.
type tableOptions struct {
	csv    bool
	json   bool
	recipe string
	rows   int
}

// showTable prints how a file is read and the first rows; with --csv it writes
// the clean table to standard output, and what was set aside to standard
// error. The file is read in a worker, as an upload is.
func showTable(ctx context.Context, c Config, args []string) error {
	var o tableOptions
	path, err := parseTable(args, &o)
	if err != nil {
		return err
	}
	recipe, err := readRecipe(o.recipe)
	if err != nil {
		return err
	}
	file, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if info, err := os.Stat(file); err != nil || info.IsDir() {
		return problem.New(problem.NotFound, "kaishu.no_such_file", "file", path)
	}
	words, err := loadWords()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "kaishu-table-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w := c.worker()
	result, err := w.Import(ctx, intake.Request{Path: file, Name: filepath.Base(path), Dir: dir, Recipe: recipe})
	if err != nil {
		return err
	}
	v := tableView{result: result, words: words, rows: o.rows}
	switch {
	case o.json:
		e := json.NewEncoder(os.Stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(result.Recipe)
	case !o.csv:
		return v.show(bufio.NewWriter(os.Stdout))
	}
	if err := w.csv(ctx, result, dir, os.Stdout); err != nil {
		return err
	}
	return v.aside(bufio.NewWriter(os.Stderr))
}

func parseTable(args []string, o *tableOptions) (path string, err error) {
	f := flag.NewFlagSet("table", flag.ContinueOnError)
	f.BoolVar(&o.csv, "csv", false, "write the clean table to standard output, what was set aside to standard error")
	f.BoolVar(&o.json, "json", false, "print the recipe, to be kept and given back with --recipe")
	f.StringVar(&o.recipe, "recipe", "", "file that says how the table is read, JSON")
	f.IntVar(&o.rows, "rows", 10, "rows of the preview")
	var rest []string
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			return "", err
		}
		if args = f.Args(); len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	if len(rest) != 1 {
		return "", problem.New(problem.Invalid, "kaishu.one_file")
	}
	return rest[0], nil
}

// readRecipe reads a recipe from a file; "" is none.
func readRecipe(path string) (*intake.Recipe, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, problem.New(problem.NotFound, "kaishu.no_such_file", "file", path)
	}
	r := &intake.Recipe{}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		return nil, problem.New(problem.Invalid, "version.recipe_unreadable", "reason", err.Error())
	}
	return r, r.Check()
}

// tableView prints what came out of a file, in Chinese.
type tableView struct {
	result intake.Result
	words  *locale.Catalogue
	rows   int
}

func (v tableView) say(code string, args map[string]any) string {
	return v.words.Say(locale.ZH, code, args)
}

// show prints the recipe in words and the first rows.
func (v tableView) show(w *bufio.Writer) error {
	r := v.result
	for _, s := range append(r.Recipe.Words(), r.Remarks...) {
		fmt.Fprintln(w, v.say(s.Code, s.Args))
	}
	for _, o := range r.Outside {
		fmt.Fprintf(w, "  %s\n", v.say("kaishu.outside_"+o.Kind, map[string]any{"line": o.Line, "text": o.Text}))
	}
	fmt.Fprintln(w, v.say("kaishu.table_rows", map[string]any{"in": r.RowsIn, "out": r.RowsOut, "rows": r.RowsSetAside, "cells": r.CellsSetAside}))
	if r.Repeated > 0 {
		fmt.Fprintln(w, v.say("kaishu.table_repeated", map[string]any{"n": r.Repeated}))
	}
	for _, a := range r.Recipe.Asks() {
		fmt.Fprintln(w, "? "+v.say(a.Code, a.Args)+" "+strings.Join(a.Choices, " | "))
	}
	fmt.Fprintln(w)
	v.grid(w)
	if err := w.Flush(); err != nil {
		return err
	}
	return v.aside(bufio.NewWriter(os.Stderr))
}

const cellWidth = 24

// grid prints names, types and rows in columns.
func (v tableView) grid(w io.Writer) {
	columns := v.result.Schema().Columns
	lines := [][]string{names(columns), types(columns)}
	lines = append(lines, v.result.Rows[:max(0, min(v.rows, len(v.result.Rows)))]...)
	widths := make([]int, len(columns))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], min(cellWidth, width(cell)))
		}
	}
	for n, line := range lines {
		for i, cell := range line {
			fmt.Fprint(w, fit(cell, widths[i]), "  ")
		}
		if fmt.Fprintln(w); n == 1 {
			for _, n := range widths {
				fmt.Fprint(w, strings.Repeat("-", n), "  ")
			}
			fmt.Fprintln(w)
		}
	}
}

func names(columns []selection.Column) (all []string) {
	for _, c := range columns {
		all = append(all, c.Name)
	}
	return all
}

func types(columns []selection.Column) (all []string) {
	for _, c := range columns {
		all = append(all, string(c.Type))
	}
	return all
}

// width counts a Han as two.
func width(s string) (n int) {
	for _, r := range s {
		if n++; r >= 0x1100 {
			n++
		}
	}
	return n
}

// fit cuts or pads a cell to a width, on one line.
func fit(s string, to int) string {
	s = strings.Join(strings.Fields(s), " ")
	for width(s) > to {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s + strings.Repeat(" ", to-width(s))
}

// aside prints what did not fit, a line each.
func (v tableView) aside(w *bufio.Writer) error {
	defer w.Flush()
	if v.result.SetAside == "" {
		return nil
	}
	f, err := os.Open(v.result.SetAside)
	if err != nil {
		return err
	}
	defer f.Close()
	for d := json.NewDecoder(bufio.NewReader(f)); ; {
		var a intake.SetAside
		if err := d.Decode(&a); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		fmt.Fprintln(w, v.say("kaishu.table_aside", map[string]any{"row": a.Row, "column": a.Column, "reason": v.say(a.Code, nil), "text": a.Text}))
	}
}

// csv writes the table in a worker of its own.
func (w processWorker) csv(ctx context.Context, r intake.Result, dir string, to io.Writer) error {
	var files []tabular.Bulk
	table := tabular.Table{Schema: r.Schema(), Rows: r.RowsOut}
	if err := w.run(ctx, taskCSV, version.BulkRequest{Parquet: r.Parquet, Table: table, Dir: dir}, &files); err != nil {
		return err
	}
	f, err := os.Open(files[0].Path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(to, f)
	return err
}
