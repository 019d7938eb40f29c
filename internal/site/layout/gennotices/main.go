// Command gennotices writes notices.json: the licence of every module that is
// linked into the platform, as the module ships it. Run it by go generate when
// go.mod changes; a test of layout fails while a module is missing.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"kaishu/internal/site/layout"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gennotices:", err)
		os.Exit(1)
	}
}

func run() error {
	all := []layout.Notice{}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("find Go: %w", err)
	}
	text, err := texts(strings.TrimSpace(string(root)))
	if err != nil {
		return err
	}
	all = append(all, notice("Go", runtime.Version(), text))
	out, err := exec.Command("go", "list", "-e", "-deps", "-f", "{{with .Module}}{{if .Version}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}", "kaishu/cmd/kaishu").Output()
	if err != nil {
		return fmt.Errorf("list modules: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		part := strings.SplitN(line, " ", 3)
		if len(part) < 3 {
			continue
		}
		text, err := texts(part[2])
		if err != nil {
			return err
		}
		all = append(all, notice(part[0], part[1], text))
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(all); err != nil {
		return err
	}
	return os.WriteFile("notices.json", b.Bytes(), 0o644)
}

func notice(module, version string, texts []string) layout.Notice {
	return layout.Notice{Module: module, Version: version, Licence: kind(texts[0]), Text: strings.Join(texts, "\n\n")}
}

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)`)

// texts returns every licence file of dir, the module's own first.
func texts(dir string) ([]string, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, f := range files {
		if f.IsDir() || !licenceFile.MatchString(f.Name()) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, strings.TrimSpace(string(data)))
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s ships no licence", dir)
	}
	return all, nil
}

// kind tells the usual licences apart by their own words.
func kind(text string) string {
	switch {
	case strings.Contains(text, "Apache License"):
		return "Apache-2.0"
	case strings.Contains(text, "Mozilla Public License"):
		return "MPL-2.0"
	case strings.Contains(text, "Permission is hereby granted, free of charge"):
		return "MIT"
	case strings.Contains(text, "Redistribution and use in source") && strings.Contains(strings.ToLower(text), "endorse"):
		return "BSD-3-Clause"
	case strings.Contains(text, "Redistribution and use in source"):
		return "BSD-2-Clause"
	}
	return "see text"
}
