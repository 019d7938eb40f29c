// Command namepairs draws the 300 pairs of names by which the detector of
// near-duplicate names (internal/base/likeness) is judged: from the six real
// listings, by a fixed seed, and without the detector. It prints them for a
// person to label by GUIDELINE.md:
//
//	go run ./tools/namepairs > /tmp/pairs.tsv
//
// The labels are kept as internal/base/likeness/testdata/pairs.csv, by hash;
// the names themselves stay outside the repository.
package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"kaishu/internal/open/directory"
)

// listings are the files of the six portals, and how each is written.
var listings = []struct{ file, mapping string }{
	{"shanghai_shanghai", "shanghai"}, {"zhejiang_zhejiang", "zhejiang"}, {"jiangsu_suzhou", "suzhou"},
	{"guizhou_guiyang", "guiyang"}, {"hainan_hainan", "hainan"}, {"guangxi_nanning", "nanning"},
}

func main() {
	folder := flag.String("data", "../shared/data/real/catalog/cn", "folder of the listings")
	seed := flag.String("seed", Seed, "of the draw")
	flag.Parse()
	if err := run(os.Stdout, *folder, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "namepairs:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, folder, seed string) error {
	var all []Name
	for _, l := range listings {
		names, err := read(filepath.Join(folder, l.file+".jsonl.gz"), l.mapping)
		if err != nil {
			return fmt.Errorf("read %s: %w", l.file, err)
		}
		all = append(all, names...)
	}
	for n, p := range Draw(all, seed) {
		if _, err := fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", n+1, p.Stratum, p.A.Hash(), p.B.Hash(), p.A.Listing, p.A.Publisher, p.A.Title, p.B.Publisher, p.B.Title); err != nil {
			return err
		}
	}
	return nil
}

// read takes the names out of a listing, each of a publisher's once.
func read(path, mapping string) (all []Name, err error) {
	m, ok := directory.FindMapping(mapping)
	if !ok {
		return nil, fmt.Errorf("no mapping %q", mapping)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	plain, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var records []directory.Record
	for d := json.NewDecoder(plain); ; {
		var r directory.Record
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	seen := map[Name]bool{}
	for _, r := range m.Read(mapping, "", records).Resources {
		n := Name{mapping, r.BodyName, r.Title}
		if !seen[n] {
			seen[n] = true
			all = append(all, n)
		}
	}
	return all, nil
}
