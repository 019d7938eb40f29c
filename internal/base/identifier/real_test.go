package identifier

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// trueFindings are columns of real tables that do hold what identifies a
// person or may, with the reason for it. Whatever else is found is false.
var trueFindings = map[string]string{
	"catalog/cn/shanghai_shanghai.jsonl: 联系方式: email":    office,
	"catalog/shanghai_catalog_unique.jsonl: 联系方式: email": office,
	"catalog/soda_news.jsonl: body: email":               office,
}

const office = "the public mailbox of a body, no person's"

// TestRealTablesNameNobody: every real table in UTF-8, of whatever folder; the
// README there tells that persons were taken out of them, so whatever
// identifies one is false. Workbooks and other encodings are read by
// open/quality's test of the same folder.
func TestRealTablesNameNobody(t *testing.T) {
	folder := filepath.FromSlash("../../../../shared/data/real")
	if _, err := os.Stat(folder); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("../shared/data is not beside the project")
		}
		t.Skip("../shared/data is not beside the project: left out")
	}
	tables, columns, wrong, others := 0, 0, 0, map[Kind]int{}
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(folder, name)
		for name, rows := range tablesOf(t, filepath.ToSlash(rel), text) {
			tables++
			for i, header := range rows[0] {
				tally := NewTally("2026-11-24")
				for _, row := range rows[1:] {
					if i < len(row) {
						tally.Add(row[i])
					}
				}
				columns++
				for _, e := range tally.Evidence(Column{Header: header}) {
					others[e.Kind]++
					if why := trueFindings[name+": "+header+": "+e.Kind.String()]; why == "" && (e.Kind.Group() == Person || e.Kind == Email) {
						wrong++
						t.Errorf("%s, %q: %+v", name, header, e)
					}
				}
			}
		}
		return nil
	})
	if err != nil || tables < 200 {
		t.Fatalf("%d tables: %v", tables, err)
	}
	t.Logf("%d tables, %d columns, %d of them false; found: %v", tables, columns, wrong, others)
}

// tablesOf reads the tables of a file: its first row is the head.
func tablesOf(t *testing.T, name string, text []byte) map[string][][]string {
	t.Helper()
	switch path.Ext(name) {
	case ".gz":
		r, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(name, err)
		}
		if text, err = io.ReadAll(r); err != nil {
			t.Fatal(name, err)
		}
		return tablesOf(t, strings.TrimSuffix(name, ".gz"), text)
	case ".zip":
		z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(name, err)
		}
		all := map[string][][]string{}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(name, err)
			}
			part, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(name, err)
			}
			for n, rows := range tablesOf(t, name+"/"+f.Name, part) {
				all[n] = rows
			}
		}
		return all
	}
	rows := rowsOf(strings.TrimPrefix(string(text), "\ufeff"), path.Ext(name))
	if len(rows) < 2 {
		return nil
	}
	return map[string][][]string{name: rows}
}

func rowsOf(text, ext string) (rows [][]string) {
	if !utf8.ValidString(text) {
		return nil
	}
	switch ext {
	case ".csv", ".tsv":
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord, r.LazyQuotes = -1, true
		first, _, _ := strings.Cut(text, "\n")
		for _, comma := range "\t;" {
			if strings.Count(first, string(comma)) > strings.Count(first, ",") {
				r.Comma = comma
			}
		}
		rows, _ = r.ReadAll()
	case ".jsonl":
		rows = listed(text)
	}
	return rows
}

// listed makes a table of objects, one a line: a column for each member.
func listed(text string) [][]string {
	var head []string
	var objects []map[string]any
	for line := range strings.Lines(text) {
		var o map[string]any
		if json.Unmarshal([]byte(line), &o) != nil {
			continue
		}
		objects = append(objects, o)
		for k := range o {
			if !slices.Contains(head, k) {
				head = append(head, k)
			}
		}
	}
	slices.Sort(head)
	rows := [][]string{head}
	for _, o := range objects {
		row := make([]string, len(head))
		for i, k := range head {
			if o[k] != nil {
				row[i] = fmt.Sprint(o[k])
			}
		}
		rows = append(rows, row)
	}
	return rows
}
