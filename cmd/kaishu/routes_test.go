package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryRouteHasAPartAndATest: no address without somebody who may call it,
// and none that no test calls. (That each public one is described is checked
// when the server starts.)
func TestEveryRouteHasAPartAndATest(t *testing.T) {
	s := bare(t)
	var tests strings.Builder
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		tests.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Routes {
		if len(r.May.By) == 0 {
			t.Errorf("%s %s: nobody may call it", r.Method, r.Path)
		}
		if piece := tellingPiece(r.Path); !strings.Contains(tests.String(), piece) {
			t.Errorf("%s %s: no test calls %q", r.Method, r.Path, piece)
		}
	}
}

// tellingPiece is what a test that calls the address must write: its last
// part that is no placeholder.
func tellingPiece(path string) string {
	parts := strings.Split(path, "/")
	for i := len(parts) - 1; i > 0; i-- {
		if parts[i] != "" && !strings.HasPrefix(parts[i], "{") {
			return "/" + parts[i]
		}
	}
	return "/"
}
