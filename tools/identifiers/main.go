// Command identifiers measures the identifier detector on its synthetic set
// and prints the table of docs/bench.md.
//
//	go run ./tools/identifiers          prints the figures
//	go run ./tools/identifiers -write   makes the small set in the repository anew
package main

import (
	"flag"
	"log"
	"os"
	"path/filepath"

	"kaishu/internal/base/identifier/identifiertest"
)

func main() {
	write := flag.Bool("write", false, "write the small set")
	flag.Parse()
	if !*write {
		if err := identifiertest.Table(os.Stdout, identifiertest.Measure(identifiertest.Large())); err != nil {
			log.Fatal(err)
		}
		return
	}
	f, err := os.Create(filepath.FromSlash("internal/base/identifier/identifiertest/testdata/synthetic.csv"))
	if err != nil {
		log.Fatal(err)
	}
	if err := identifiertest.Write(f, identifiertest.Small()); err != nil {
		log.Fatal(err)
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
}
