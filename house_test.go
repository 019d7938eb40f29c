package kaishu_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The laws of the house (house.md B.1, B.9) as tests. Each has a twin in
// TestLawsBite that breaks it on purpose.

const module = "kaishu/internal/"

// storeys, lowest first. A package may import its own storey's earlier
// packages and anything in a storey below; it has never heard of the rest.
var storeys = []string{"base", "infra", "people", "casework", "open", "obtain", "use", "oversee", "site"}

// life lists the packages of each storey in the order in which they may know
// each other, as house.md B.2 and B.3 write it.
var life = map[string][]string{
	"base":     {"problem", "permit", "clock", "id", "locale", "flow", "workday", "terms", "deadline", "opening", "identifier", "likeness", "paging", "selection", "probe"},
	"infra":    {"database", "ledger", "queue", "objects", "tabular", "intake", "search", "record", "outgoing", "mail", "sign", "pdf", "clam", "schema", "auth", "idempotency", "web"},
	"people":   {"organisation", "account", "platformrules"},
	"casework": {"draft", "feed", "filing", "calendar", "codelist", "notice", "material", "proof", "roster"},
	"open":     {"directory", "grading", "openlist", "condition", "version", "quality", "objection", "schedule", "timeliness", "assessment", "adjustment", "yearlyreview"},
	"obtain":   {"application", "review", "agreement", "access", "download", "query"},
	"use":      {"rightsclaim"},
	"site":     {"assets", "layout", "people", "rulebook", "inbox", "membership", "administration", "apply", "agreements", "catalogue", "home", "conditions", "gradingdesk", "dataset", "intakedesk", "reviewdesk", "decisions", "desk", "listdesk", "directorydesk", "objectiondesk", "rightsdesk", "qualitydesk", "yearlydesk", "assessmentdesk", "debug", "seed"},
}

type pkg struct {
	ImportPath  string
	Dir         string
	Imports     []string
	TestImports []string
	GoFiles     []string
}

var packages = sync.OnceValues(func() ([]pkg, error) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,TestImports,GoFiles", "./...").Output()
	if err != nil {
		return nil, err
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

func allPackages(t *testing.T) []pkg {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// place returns where a package stands: its storey and its place in it. Sub-
// packages, such as tabular/duckdb, stand with their parent.
func place(path string) (storey, concept int) {
	parts := strings.Split(strings.TrimPrefix(path, module), "/")
	storey = slices.Index(storeys, parts[0])
	concept = -1
	if len(parts) > 1 {
		concept = slices.Index(life[parts[0]], parts[1])
	}
	return storey, concept
}

func lawImports(all []pkg) (broken []string) {
	for _, p := range all {
		if !strings.HasPrefix(p.ImportPath, module) {
			continue
		}
		s, c := place(p.ImportPath)
		if s < 0 || c < 0 {
			broken = append(broken, p.ImportPath+" has no place in the house")
			continue
		}
		for _, imp := range p.Imports {
			if !strings.HasPrefix(imp, module) {
				continue
			}
			if is, ic := place(imp); is > s || is == s && ic > c {
				broken = append(broken, p.ImportPath+" imports "+imp+", which comes later")
			}
		}
	}
	return broken
}

func TestImportsPointDownAndBack(t *testing.T) {
	report(t, lawImports(allPackages(t)))
}

// lawThirdParty keeps other people's modules out of the rules and out of the
// domain: they are welcome in infra, where they can be replaced, in cmd and in
// the tools.
func lawThirdParty(all []pkg) (broken []string) {
	for _, p := range all {
		if !strings.HasPrefix(p.ImportPath, module) || strings.HasPrefix(p.ImportPath, module+"infra/") {
			continue
		}
		for _, imp := range p.Imports {
			if host, _, _ := strings.Cut(imp, "/"); strings.Contains(host, ".") {
				broken = append(broken, p.ImportPath+" imports "+imp)
			}
		}
	}
	return broken
}

func TestThirdPartyStaysBelow(t *testing.T) {
	report(t, lawThirdParty(allPackages(t)))
}

// doors are the only packages that are handed the tables and the shelf of
// objects (law 5). Infra makes them, cmd and the loader of samples wire them.
// casework/material has a shelf of its own, apart from the published data: what
// people send as proof.
var doors = []string{"open/version", "open/quality", "obtain/access", "casework/material"}

// shelfNames are the ways to tables and objects.
var shelfNames = regexp.MustCompile(`\b(tabular\.Engine|objects\.Store|disk\.Open|duckdb\.New)\b`)

func lawOneDoor(read func(file string) string, all []pkg) (broken []string) {
	for _, p := range all {
		short := strings.TrimPrefix(p.ImportPath, module)
		if !strings.HasPrefix(p.ImportPath, module) || strings.HasPrefix(short, "infra/") || slices.Contains(doors, short) {
			continue
		}
		for _, f := range p.GoFiles {
			if name := shelfNames.FindString(read(filepath.Join(p.Dir, f))); name != "" {
				broken = append(broken, p.ImportPath+" holds "+name+"; ask obtain/access")
			}
		}
	}
	return broken
}

func TestOneDoorToData(t *testing.T) {
	report(t, lawOneDoor(readFile(t), allPackages(t)))
}

// TestTheListChangesByOrder: only the work orders move an entry that is on the
// open list (Article 11(1), hard gate 4).
func TestTheListChangesByOrder(t *testing.T) {
	read := readFile(t)
	for _, p := range allPackages(t) {
		short := strings.TrimPrefix(p.ImportPath, module)
		if short == "open/adjustment" || short == "open/openlist" {
			continue
		}
		for _, f := range p.GoFiles {
			if strings.Contains(read(filepath.Join(p.Dir, f)), ".MoveTx(") {
				t.Errorf("%s moves an entry of the open list; that takes a work order", filepath.Join(short, f))
			}
		}
	}
}

// pure is all that a rules file may import, besides internal/base.
var pure = []string{"cmp", "encoding/json", "errors", "fmt", "maps", "math", "slices", "strconv", "strings", "time", "unicode", "unicode/utf8"}

func lawRules(file string, src any) (broken []string) {
	tree, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ImportsOnly)
	if err != nil {
		return []string{err.Error()}
	}
	for _, i := range tree.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		if !slices.Contains(pure, path) && !strings.HasPrefix(path, module+"base/") {
			broken = append(broken, file+" imports "+path+"; rules read facts, they do not fetch them")
		}
	}
	return broken
}

func TestRulesStandAlone(t *testing.T) {
	files, err := filepath.Glob("internal/*/*/rules.go")
	if err != nil || len(files) < 6 {
		t.Fatalf("rules files: %v, %v", files, err)
	}
	for _, f := range files {
		report(t, lawRules(f, nil))
		args := []string{"vet", f}
		// The commands and events of long rules, and a part of them that is
		// read for itself, may stand beside them: events.go, rules_part.go.
		beside, err := filepath.Glob(filepath.Join(filepath.Dir(f), "rules_*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range append(beside, filepath.Join(filepath.Dir(f), "events.go")) {
			if exists(b) && !strings.HasSuffix(b, "_test.go") {
				report(t, lawRules(b, nil))
				args = append(args, b)
			}
		}
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			t.Errorf("%s does not stand alone:\n%s", f, out)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// lawClock: only base/clock asks the machine what time it is.
func lawClock(file, text string) (broken []string) {
	if strings.Contains(text, "time.Now()") && !strings.HasPrefix(file, filepath.FromSlash("internal/base/clock/")) {
		broken = append(broken, file+" calls time.Now; take a clock.Clock")
	}
	return broken
}

func TestOnlyTheClockTellsTime(t *testing.T) {
	read := readFile(t)
	for _, f := range sources(t) {
		if strings.HasPrefix(f, "internal") && !strings.HasSuffix(f, "_test.go") {
			report(t, lawClock(f, read(f)))
		}
	}
}

// lawSize: file <= 400 lines, function <= 60 (house.md B.8).
func lawSize(file, text string) (broken []string) {
	if n := strings.Count(text, "\n"); n > 400 {
		broken = append(broken, file+" has "+strconv.Itoa(n)+" lines; the house allows 400")
	}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, text, 0)
	if err != nil {
		return append(broken, err.Error())
	}
	for _, d := range tree.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			if n := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1; n > 60 {
				broken = append(broken, file+": "+f.Name.Name+" has "+strconv.Itoa(n)+" lines; the house allows 60")
			}
		}
	}
	return broken
}

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	read := readFile(t)
	for _, f := range sources(t) {
		if !strings.HasSuffix(f, "_test.go") {
			report(t, lawSize(f, read(f)))
		}
	}
}

// lawInit: nothing registers itself; cmd/kaishu wires all by hand.
func lawInit(file, text string) (broken []string) {
	if strings.Contains(text, "\nfunc init()") {
		broken = append(broken, file+" has an init")
	}
	return broken
}

func TestNothingRegistersItself(t *testing.T) {
	read := readFile(t)
	for _, f := range sources(t) {
		report(t, lawInit(f, read(f)))
	}
}

func sources(t *testing.T) (files []string) {
	t.Helper()
	for _, root := range []string{"internal", "cmd", "tools"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func readFile(t *testing.T) func(string) string {
	return func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

func report(t *testing.T, broken []string) {
	t.Helper()
	for _, b := range broken {
		t.Error(b)
	}
}
