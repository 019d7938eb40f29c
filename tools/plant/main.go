// Command plant removes the guards of rules one at a time and asks whether
// some test of their package notices (house.md B.9: tests that only nod). It
// changes no file: each fault is planted by an overlay of the compiler.
//
//	go run ./tools/plant -out docs/operate/planted.csv internal/obtain/application internal/obtain/review
//
// A guard is an if or a case whose body tells a fault or refuses, a statement
// that tells one by itself, and the Not of a row of a table. It fails if a
// fault survives, and says where.
package main

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// fault is one guard taken away: the bytes from..to of a file replaced.
type fault struct {
	file     string
	line     int
	what     string
	from, to int
	instead  string
}

func main() {
	out := flag.String("out", "", "file for the result of each fault, as CSV; none without it")
	workers := flag.Int("workers", 2, "faults tried at a time")
	flag.Parse()
	survived, err := run(flag.Args(), *out, *workers)
	if err != nil {
		fmt.Fprintln(os.Stderr, "plant:", err)
		os.Exit(1)
	}
	if survived > 0 {
		os.Exit(1)
	}
}

func run(packages []string, out string, workers int) (survived int, err error) {
	var all []fault
	for _, p := range packages {
		files, err := filepath.Glob(filepath.Join(p, "rules*.go"))
		if err != nil {
			return 0, err
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			some, err := faults(f)
			if err != nil {
				return 0, err
			}
			all = append(all, some...)
		}
	}
	results := make([]string, len(all))
	next, wait := make(chan int), sync.WaitGroup{}
	for range workers {
		wait.Go(func() {
			for i := range next {
				results[i] = try(all[i])
				fmt.Printf("%-9s %s:%d %s\n", results[i], all[i].file, all[i].line, all[i].what)
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	wait.Wait()
	rows := [][]string{{"file", "line", "guard", "result"}}
	count := map[string]int{}
	for i, f := range all {
		count[results[i]]++
		rows = append(rows, []string{f.file, strconv.Itoa(f.line), f.what, results[i]})
	}
	fmt.Printf("%d guards: %d noticed, %d survived, %d did not compile\n", len(all), count["noticed"], count["SURVIVED"], count["unbuilt"])
	if out != "" {
		w, err := os.Create(out)
		if err != nil {
			return 0, err
		}
		defer w.Close()
		if err := csv.NewWriter(w).WriteAll(rows); err != nil {
			return 0, err
		}
	}
	return count["SURVIVED"] + count["unbuilt"], nil
}

// try says whether some test notices f.
func try(f fault) string {
	dir, err := os.MkdirTemp("", "plant")
	if err != nil {
		return err.Error()
	}
	defer os.RemoveAll(dir)
	text, err := os.ReadFile(f.file)
	if err != nil {
		return err.Error()
	}
	planted := filepath.Join(dir, "planted.go")
	real, err := filepath.Abs(f.file)
	if err != nil {
		return err.Error()
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{real: planted}})
	if err != nil {
		return err.Error()
	}
	changed := string(text[:f.from]) + f.instead + string(text[f.to:])
	if err := os.WriteFile(planted, []byte(changed), 0o600); err != nil {
		return err.Error()
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		return err.Error()
	}
	c := exec.Command("go", "test", "-vet=off", "-failfast", "-overlay", filepath.Join(dir, "overlay.json"), "./"+filepath.Dir(f.file))
	said, err := c.CombinedOutput()
	switch {
	case err == nil:
		return "SURVIVED"
	case strings.Contains(string(said), "build failed") || strings.Contains(string(said), "setup failed"):
		return "unbuilt"
	}
	return "noticed"
}

// faults finds the guards of a file.
func faults(file string) (all []fault, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, text, 0)
	if err != nil {
		return nil, err
	}
	at := func(p token.Pos) int { return set.Position(p).Offset }
	source := func(n ast.Node) string { return string(text[at(n.Pos()):at(n.End())]) }
	add := func(n ast.Node, instead string) {
		all = append(all, fault{file, set.Position(n.Pos()).Line, strings.Join(strings.Fields(source(n)), " "), at(n.Pos()), at(n.End()), instead})
	}
	guarded := map[ast.Node]bool{} // statements whose guard is planted already
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			if refuses(n.Body.List) {
				add(n.Cond, "false && ("+source(n.Cond)+")")
				mark(guarded, n.Body.List)
			}
		case *ast.CaseClause:
			if len(n.List) == 1 && refuses(n.Body) && condition(n.List[0]) {
				add(n.List[0], "false && ("+source(n.List[0])+")")
				mark(guarded, n.Body)
			}
		case *ast.ExprStmt:
			if !guarded[n] && tells(n) {
				add(n, "if false { "+source(n)+" }")
			}
		case *ast.KeyValueExpr:
			if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Not" {
				add(n.Value, `""`)
			}
		}
		return true
	})
	return all, nil
}

func mark(guarded map[ast.Node]bool, list []ast.Stmt) {
	for _, s := range list {
		guarded[s] = true
	}
}

// condition reports whether a case is of a switch without a tag, as far as its
// look tells.
func condition(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return true
	case *ast.UnaryExpr:
		return e.Op == token.NOT
	case *ast.CallExpr:
		return true
	case *ast.IndexExpr:
		return true
	case *ast.Ident:
		return e.Name == "twice"
	}
	return false
}

// refuses reports whether a body tells a fault, or returns an error.
func refuses(list []ast.Stmt) bool {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if tells(s) {
				return true
			}
		case *ast.ReturnStmt:
			for _, r := range s.Results {
				if c, ok := r.(*ast.CallExpr); ok {
					if f, ok := c.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "New" {
						return true
					}
					if f, ok := c.Fun.(*ast.Ident); ok && f.Name == "fault" {
						return true
					}
				}
				if id, ok := r.(*ast.Ident); ok && id.Name == "err" {
					return true
				}
			}
		}
	}
	return false
}

// tells reports whether a statement tells a fault: List.Add, List.Require, what
// a gate adds or notes, or one of the helpers that do.
func tells(s *ast.ExprStmt) bool {
	c, ok := s.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		return slices.Contains([]string{"Add", "Require", "Keep", "add", "note"}, f.Sel.Name)
	case *ast.Ident:
		return f.Name == "need" || f.Name == "require" || f.Name == "tooLong" || strings.HasPrefix(f.Name, "check")
	}
	return false
}
