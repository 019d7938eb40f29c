package kaishu_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/casework/proof"
	"kaishu/internal/obtain/agreement"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/assessment"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/grading"
	"kaishu/internal/open/objection"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/schedule"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
	"kaishu/internal/open/yearlyreview"
	"kaishu/internal/people/organisation"
	"kaishu/internal/people/platformrules"
	"kaishu/internal/use/rightsclaim"
)

// lawActor: every exported method of a service that reads or writes takes the
// actor in whose name it does so. There is no way to forget permission.
func lawActor(file, text string) (broken []string) {
	tree, err := parser.ParseFile(token.NewFileSet(), file, text, 0)
	if err != nil {
		return []string{err.Error()}
	}
	for _, d := range tree.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv == nil || !f.Name.IsExported() || len(f.Type.Params.List) == 0 {
			continue
		}
		receiver := types(f.Recv.List[0].Type)
		first := types(f.Type.Params.List[0].Type)
		if receiver != "*Service" || first != "context.Context" && first != "*database.Tx" || f.Name.Name == "SignIn" {
			continue
		}
		takes := false
		for _, p := range f.Type.Params.List {
			kind := types(p.Type)
			takes = takes || kind == "permit.Actor" || kind == "*access.Reading" // a reading holds its actor
		}
		if !takes {
			broken = append(broken, file+": "+f.Name.Name+" takes no permit.Actor")
		}
	}
	return broken
}

func types(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return "*" + types(e.X)
	case *ast.SelectorExpr:
		return types(e.X) + "." + e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return "?"
}

func TestServicesTakeAnActor(t *testing.T) {
	read := readFile(t)
	for _, f := range sources(t) {
		parts := strings.Split(filepath.ToSlash(f), "/")
		if len(parts) > 2 && slices.Contains([]string{"people", "casework", "open", "obtain", "use", "oversee"}, parts[1]) && !strings.HasSuffix(f, "_test.go") {
			report(t, lawActor(f, read(f)))
		}
	}
}

// lawDependencies: each module that go.mod asks for directly has its line.
func lawDependencies(mod, doc string) (broken []string) {
	for _, line := range strings.Split(mod, "\n") {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(words) < 2 || !strings.Contains(words[0], "/") || !strings.HasPrefix(words[1], "v") || strings.Contains(line, "// indirect") {
			continue
		}
		if !strings.Contains(doc, "| "+words[0]+" | "+words[1]) {
			broken = append(broken, words[0]+" "+words[1]+" has no line in docs/dependencies.md")
		}
	}
	return broken
}

func TestDependenciesAreAccountedFor(t *testing.T) {
	read := readFile(t)
	report(t, lawDependencies(read("go.mod"), read("docs/dependencies.md")))
}

// said are the places where code names a message.
var said = regexp.MustCompile(`(?:problem\.New\(problem\.\w+, |\.Add\([^,]+, |Code: +|\bSay\(|[( ]t )"([a-z_]+\.[a-z_.]+[a-z_])"`)

// lawMessages: what is said has words, and words are said somewhere.
func lawMessages(words *locale.Catalogue, code string) (broken []string) {
	for _, m := range said.FindAllStringSubmatch(code, -1) {
		if !words.Has(m[1]) {
			broken = append(broken, m[1]+" is said and has no words")
		}
	}
	for _, key := range words.Keys() {
		if strings.Contains(code, `"`+key+`"`) || strings.Contains(key, ".param.") || strings.HasSuffix(key, ".summary") || strings.HasSuffix(key, ".help") {
			continue
		}
		stem := key[:strings.LastIndexByte(key, '.')+1]
		if stem == "" || !strings.Contains(code, `"`+stem+`"`) && !strings.Contains(code, `"`+stem) {
			broken = append(broken, key+" has words and nobody says it")
		}
	}
	return broken
}

func TestEveryWordIsSaid(t *testing.T) {
	var systems []fs.FS
	var code strings.Builder
	for _, root := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.Name() == "messages.zh.json" {
				systems = append(systems, os.DirFS(filepath.Dir(path)))
			}
			if strings.HasSuffix(path, ".html") || strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				text, err := os.ReadFile(path)
				code.Write(text)
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	words, err := locale.Load(systems...)
	if err != nil {
		t.Fatal(err)
	}
	report(t, lawMessages(words, code.String()))
}

// TestDocumentsAreFresh: what is made from the code says what the code says.
func TestDocumentsAreFresh(t *testing.T) {
	before, err := exec.Command("git", "ls-files", "-m", "docs", "internal").Output()
	if err != nil {
		t.Skip("not a git checkout: freshness cannot be told")
	}
	out, err := exec.Command("go", "run", "./tools/generate", "-check").CombinedOutput()
	if err != nil {
		t.Errorf("run make generate (changed before: %s):\n%s", before, out)
	}
}

// TestLawsBite breaks each law once and wants it to be caught.
func TestLawsBite(t *testing.T) {
	english := locale.Catalogue{}
	for name, broken := range map[string][]string{
		"import from a later concept": lawImports([]pkg{{ImportPath: module + "open/openlist", Imports: []string{module + "open/version"}}}),
		"import from a later storey":  lawImports([]pkg{{ImportPath: module + "base/flow", Imports: []string{module + "infra/web"}}}),
		"package without a place":     lawImports([]pkg{{ImportPath: module + "open/util"}}),
		"third party in the domain":   lawThirdParty([]pkg{{ImportPath: module + "open/version", Imports: []string{"github.com/x/y"}}}),
		"rules that fetch":            lawRules("rules.go", "package x\nimport \"database/sql\"\nvar _ sql.DB"),
		"a second door": lawOneDoor(func(string) string { return "package x\ntype s struct{ e tabular.Engine }" },
			[]pkg{{ImportPath: module + "site/dataset", GoFiles: []string{"a.go"}}}),
		"a second clock":        lawClock("internal/open/version/jobs.go", "x := time.Now()"),
		"a long file":           lawSize("a.go", "package a\n"+strings.Repeat("\n", 400)),
		"a long function":       lawSize("a.go", "package a\nfunc f() {\n"+strings.Repeat("_ = 1\n", 60)+"}\n"),
		"an init":               lawInit("a.go", "package a\n\nfunc init() {}\n"),
		"a service without who": lawActor("a.go", "package a\nfunc (s *Service) Delete(ctx context.Context, id string) error { return nil }"),
		"an unknown module":     lawDependencies("require github.com/x/y v1.0.0", "| github.com/x/z | v1.0.0 |"),
		"another stage":         lawStages("stage TEXT NOT NULL CHECK (stage IN ('a','b'))", []string{"a"}),
		"a missing word":        lawMessages(&english, `problem.New(problem.NotFound, "x.unheard_of")`),
	} {
		if len(broken) == 0 {
			t.Error(fmt.Sprintf("%s: the law did not bite", name))
		}
	}
}

// testOnly are the modules that the binary does not hold.
var testOnly = []string{"github.com/chromedp/chromedp", "github.com/zitadel/oidc/v3", "pgregory.net/rapid"}

// TestNoticesFollowGoMod: the page of third-party licences names each module
// that the binary holds, in the version that it holds.
func TestNoticesFollowGoMod(t *testing.T) {
	read := readFile(t)
	notices := read("internal/site/layout/notices.json")
	for _, line := range strings.Split(read("go.mod"), "\n") {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(words) != 2 || !strings.HasPrefix(words[1], "v") || slices.Contains(testOnly, words[0]) {
			continue
		}
		if !strings.Contains(notices, `"module": "`+words[0]+`",`+"\n  "+`"version": "`+words[1]+`"`) {
			t.Errorf("notices.json lacks %s %s", words[0], words[1])
		}
	}
}

// lawStages: the CHECK list of a table is the list of the workflow's stages.
func lawStages(sql string, stages []string) (broken []string) {
	m := regexp.MustCompile(`stage\s+TEXT NOT NULL CHECK \(stage IN \(([^)]*)\)`).FindStringSubmatch(sql)
	if m == nil {
		return []string{"no CHECK of stages"}
	}
	allowed := strings.Split(strings.ReplaceAll(m[1], "'", ""), ",")
	for i := range allowed {
		allowed[i] = strings.TrimSpace(allowed[i])
	}
	slices.Sort(allowed)
	slices.Sort(stages)
	if !slices.Equal(allowed, stages) {
		broken = append(broken, fmt.Sprintf("the table allows %v, the workflow has %v", allowed, stages))
	}
	return broken
}

func names[S ~string](all []S) (texts []string) {
	for _, s := range all {
		texts = append(texts, string(s))
	}
	return texts
}

func TestStagesOfTablesAndWorkflowsAgree(t *testing.T) {
	read := readFile(t)
	report(t, lawStages(read("internal/open/condition/migrations/20261129_condition.sql"), names(condition.Table.Stages())))
	report(t, lawStages(read("internal/obtain/agreement/migrations/20261226_agreement.sql"), names(agreement.Table.Stages())))
	report(t, lawStages(read("internal/open/adjustment/migrations/20261202_adjustment.sql"), names(adjustment.Table.Stages())))
	report(t, lawStages(read("internal/open/objection/migrations/20261204_objection.sql"), names(objection.Table.Stages())))
	report(t, lawStages(read("internal/open/yearlyreview/migrations/20261222_yearlyreview.sql"), names(yearlyreview.Table.Stages())))
	report(t, lawStages(read("internal/use/rightsclaim/migrations/20261223_rightsclaim.sql"), names(rightsclaim.Table.Stages())))
	report(t, lawStages(read("internal/open/grading/migrations/20261130_grading.sql"), names(grading.Table.Stages())))
	report(t, lawStages(read("internal/open/grading/migrations/20261130_grading_profile.sql"), names(grading.ProfileTable.Stages())))
	report(t, lawStages(read("internal/open/grading/migrations/20261130_grading_overlay.sql"), names(grading.OwnTable.Stages())))
	report(t, lawStages(read("internal/open/version/migrations/20261127_version_desk.sql"), names(version.Table.Stages())))
	report(t, lawStages(read("internal/people/organisation/migrations/20261127_organisation_life.sql"), names(organisation.Table.Stages())))
	report(t, lawStages(read("internal/open/openlist/migrations/20261201_openlist_orders.sql"), names(openlist.Table.Stages())))
	report(t, lawStages(read("internal/people/platformrules/migrations/20261125_platformrules.sql"), names(platformrules.Table.Stages())))
	report(t, lawStages(read("internal/open/schedule/migrations/20261128_schedule.sql"), names(schedule.Table.Stages())))
	report(t, lawStages(read("internal/open/timeliness/migrations/20261204_timeliness_finding.sql"), names(timeliness.Table.Stages())))
	report(t, lawStages(read("internal/open/assessment/migrations/20261223_assessment.sql"), names(assessment.Table.Stages())))
	report(t, lawStages(read("internal/open/assessment/migrations/20261223_assessment_waiver.sql"), names(assessment.WaiverTable.Stages())))
	report(t, lawStages(read("internal/casework/proof/migrations/20261125_proof.sql"), names(proof.Table.Stages())))
}
