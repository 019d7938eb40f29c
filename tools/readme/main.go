// Command readme writes the README of each workflow from its table.
package main

import (
	"fmt"
	"os"
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

func main() {
	write("internal/open/openlist", "openlist: an entry of the open list (开放清单条目, SM-05)", openlist.Table)
	write("internal/open/version", "version: a dataset version (数据集版本, SM-08)", version.Table)
}

// write replaces what stands below the mark; what stands above is written by
// hand.
func write[S ~string](dir, title string, table flow.Table[S]) {
	const mark = "<!-- made by make generate from the table in rules.go -->\n"
	path := dir + "/README.md"
	head := "# " + title + "\n\nRead `doc.go`, then `rules.go`.\n\n"
	if old, err := os.ReadFile(path); err == nil {
		head, _, _ = strings.Cut(string(old), mark)
	}
	text := head + mark + "\n" + table.Markdown() + "\n```mermaid\n" + table.Mermaid() + "```\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
