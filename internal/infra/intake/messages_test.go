package intake

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	key  = regexp.MustCompile(`"(intake\.[a-z_0-9]+)"`)
	hole = regexp.MustCompile(`\{[a-z]+\}`)
)

// Keys used are keys defined, and both languages have the same placeholders.
func TestMessages(t *testing.T) {
	words := map[string]map[string]string{}
	for _, language := range []string{"zh", "en"} {
		text, err := Messages.ReadFile("messages." + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		if err := json.Unmarshal(text, &all); err != nil {
			t.Fatal(err)
		}
		words[language] = all
	}
	used := map[string]bool{}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") || name == "intake.go" {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllSubmatch(text, -1) {
			used[string(m[1])] = true
		}
	}
	for k := range used {
		zh, en := words["zh"][k], words["en"][k]
		a, b := hole.FindAllString(zh, -1), hole.FindAllString(en, -1)
		slices.Sort(a)
		slices.Sort(b)
		if zh == "" || en == "" || !slices.Equal(a, b) {
			t.Errorf("%s: %q, %q", k, zh, en)
		}
	}
	if len(words["zh"]) != len(used) || len(words["en"]) != len(used) {
		t.Errorf("%d keys used, %d in zh, %d in en", len(used), len(words["zh"]), len(words["en"]))
	}
}
