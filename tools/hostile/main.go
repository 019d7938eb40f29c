// Command hostile writes the corpus of hostile and broken files into a folder,
// with a list of what each tries and which outcomes are right.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kaishu/internal/infra/intake/hostile"
)

func main() {
	dir := flag.String("dir", "var/hostile", "the folder")
	seed := flag.Uint64("seed", 1, "of the damaged files")
	flag.Parse()
	if err := write(*dir, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
}

func write(dir string, seed uint64) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	list, err := os.Create(filepath.Join(dir, "LIST.tsv"))
	if err != nil {
		return err
	}
	defer list.Close()
	w := bufio.NewWriter(list)
	all := hostile.Corpus(seed)
	for _, f := range all {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Make(), 0o644); err != nil {
			return err
		}
		outcomes := append([]string(nil), f.Codes...)
		if f.Codes == nil {
			outcomes = append(outcomes, "a reason")
		}
		if f.Loads {
			outcomes = append(outcomes, "a table")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, f.Kind, strings.Join(outcomes, ", "))
	}
	fmt.Printf("%d files in %s\n", len(all), dir)
	return w.Flush()
}
