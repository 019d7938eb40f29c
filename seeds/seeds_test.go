// Package seeds_test holds the sample city to its own catalogue.
package seeds_test

import (
	"archive/zip"
	"bufio"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/permit"
)

type text struct{ ZH, EN string }

type sample struct {
	Organisations []struct {
		ID     string
		Name   text
		Sample bool
	}
	Accounts []struct {
		ID, Name, Organisation string
		Roles                  []string
	}
	Datasets []struct {
		Slug, Publisher, Editor, Lead, File, Opening, Kind string
		Title, Abstract, Licence, Source                   text
		Key                                                []string
		Columns                                            []struct {
			Name, Codes        string
			Title, Description text
		}
	}
}

func load(t *testing.T) (s sample) {
	t.Helper()
	data, err := os.ReadFile("sample.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryDatasetIsDescribed(t *testing.T) {
	s := load(t)
	bodies, people, slugs := map[string]bool{}, map[string]string{}, map[string]bool{}
	for _, o := range s.Organisations {
		if !o.Sample || !strings.Contains(o.Name.ZH, "样例") {
			t.Errorf("%s is not marked as a sample", o.ID)
		}
		bodies[o.ID] = true
	}
	for _, a := range s.Accounts {
		alone := a.Organisation == "" && (a.Roles[0] == string(permit.Person) || a.Roles[0] == string(permit.Expert)) // these work for no body
		if !bodies[a.Organisation] && !alone || !strings.Contains(a.Name, "样例") || len(a.Roles) != 1 {
			t.Errorf("account %+v", a)
		}
		people[a.ID] = a.Organisation
	}
	for _, d := range s.Datasets {
		slugs[d.Slug] = true
	}
	for _, d := range s.Datasets {
		if !bodies[d.Publisher] || people[d.Editor] != d.Publisher || people[d.Lead] != d.Publisher || d.Editor == d.Lead {
			t.Errorf("%s: body and people do not fit", d.Slug)
		}
		if (d.Opening == "conditional") != (d.Kind == "sample") {
			t.Errorf("%s is %s, its table %s: conditional data shows a sample, and nothing else does", d.Slug, d.Opening, d.Kind)
		}
		header := header(t, filepath.FromSlash(d.File))
		var names []string
		for _, c := range d.Columns {
			names = append(names, c.Name)
			if c.Title.ZH == "" || c.Title.EN == "" || c.Description.ZH == "" || c.Description.EN == "" || c.Description.ZH == c.Name {
				t.Errorf("%s: field %s is not explained (Article 9(2))", d.Slug, c.Name)
			}
			if c.Codes != "" && !slugs[c.Codes] {
				t.Errorf("%s: field %s has its codes in %q, which is no dataset", d.Slug, c.Name, c.Codes)
			}
		}
		if !slices.Equal(header, names) {
			t.Errorf("%s: the file has %q, the dictionary %q", d.Slug, header, names)
		}
		for _, k := range d.Key {
			if !slices.Contains(names, k) {
				t.Errorf("%s: no key column %q", d.Slug, k)
			}
		}
		for _, x := range []text{d.Title, d.Abstract, d.Licence, d.Source} {
			if x.ZH == "" || x.EN == "" || x == d.Title && d.Abstract == d.Title {
				t.Errorf("%s: text missing: %+v", d.Slug, x)
			}
		}
	}
}

// header returns the column names of a file; those of all files are ASCII.
func header(t *testing.T, path string) []string {
	t.Helper()
	if filepath.Ext(path) == ".xlsx" {
		return workbookHeader(t, path)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")), ",")
}

// workbookHeader returns the four texts that were written first.
func workbookHeader(t *testing.T, path string) []string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open("xl/sharedStrings.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	var strings struct {
		SI []struct {
			T string `xml:"t"`
		} `xml:"si"`
	}
	if err := xml.Unmarshal(data, &strings); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range strings.SI[:4] {
		all = append(all, s.T)
	}
	return all
}

func TestEveryFileHasItsSource(t *testing.T) {
	sources, err := os.ReadFile("SOURCES.md")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, d := range load(t).Datasets {
		used[d.File] = true
	}
	files, err := filepath.Glob("data/*")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var total int64
	for _, f := range files {
		if !used[filepath.ToSlash(f)] || !strings.Contains(string(sources), "`"+filepath.Base(f)+"`") {
			t.Errorf("%s has no dataset or no source", f)
		}
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	if total > 3<<20 {
		t.Errorf("%d bytes; the sample is to stay below 3 MiB", total)
	}
	licences, _ := filepath.Glob("licences/*.txt")
	for _, l := range licences {
		if !strings.Contains(string(sources), filepath.ToSlash(l)) {
			t.Errorf("%s is not named", l)
		}
	}
	if len(licences) != 3 {
		t.Errorf("%d licences", len(licences))
	}
}
