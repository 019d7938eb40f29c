// Command generate writes the documents that are made from the code: the
// README of each workflow, and under each article of the regulation the code
// and the tests that cite it. With -check it changes nothing and fails if
// something is out of date.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/casework/proof"
	"kaishu/internal/obtain/agreement"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/assessment"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/directory"
	"kaishu/internal/open/grading"
	"kaishu/internal/open/objection"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/schedule"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
	"kaishu/internal/open/yearlyreview"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
	"kaishu/internal/people/platformrules"
	"kaishu/internal/use/rightsclaim"
)

// pages are the documents of the workflows.
var pages = []func(files map[string]string) error{
	page("internal/open/openlist/README.md", "openlist: an entry of the open list (开放清单条目, SM-05)", openlist.Table),
	page("internal/open/version/README.md", "version: a dataset version (数据集版本, SM-08)", version.Table),
	page("internal/people/organisation/README.md", "organisation: a body on its way into the platform (SM-24)", organisation.Table),
	page("internal/casework/calendar/README.md", "calendar: a notice of the State Council", calendar.Table),
	page("internal/people/platformrules/README.md", "platformrules: a version of the platform rules (开放平台管理制度, SM-24)", platformrules.Table),
	page("internal/casework/proof/README.md", "proof: the proof of who somebody is (实名认证、单位认证)", proof.Table),
	page("internal/people/account/README.md", "account: an account (账号, SM-24), its memberships, and how its holder is known", account.Table),
	page("internal/open/schedule/README.md", "schedule: where a dataset's file comes from by itself", schedule.Table),
	page("internal/open/directory/README.md", "directory: the public-data catalogue and the hooks of the open list (公共数据目录与挂接, SM-04)", directory.Table),
	page("internal/open/timeliness/README.md", "timeliness: a problem that a detector found (问题数据)", timeliness.Table),
	page("internal/open/assessment/README.md", "assessment: quality rules and scores (数据质量规则与评分)", assessment.Table),
	page("internal/open/assessment/WAIVER.md", "A waiver of a quality rule (暂缓执行)", assessment.WaiverTable),
	page("internal/open/adjustment/README.md", "adjustment: work orders of the open list (清单调整工单, SM-06)", adjustment.Table),
	page("internal/open/objection/README.md", "objection: objections and corrections (异议与更正, SM-15)", objection.Table),
	page("internal/open/yearlyreview/README.md", "yearlyreview: the yearly review of what is open and what is not (年度评估, SM-20)", yearlyreview.Table),
	page("internal/open/condition/README.md", "condition: conditions of opening and application materials (开放条件与申请材料)", condition.Table),
	page("internal/open/grading/README.md", "grading: levels of data and the opening type that follows (分级分类, SM-07)", grading.Table),
	page("internal/open/grading/PROFILE.md", "A version of the grading profile (Article 13(1))", grading.ProfileTable),
	page("internal/open/grading/OVERLAY.md", "A version of a publisher's own rules of grading (Article 13(2))", grading.OwnTable),
	page("internal/obtain/application/README.md", "application: an application for conditionally open data (开放申请, SM-09)", application.Table),
	page("internal/obtain/review/README.md", "review: a publisher's review of an application (审核工单, SM-09 rows 5 to 10)", review.Table),
	page("internal/obtain/agreement/README.md", "agreement: a data use agreement (数据利用协议, SM-10)", agreement.Table),
	page("internal/use/rightsclaim/README.md", "rightsclaim: complaint, suspension, result (权益保护, SM-16)", rightsclaim.Table),
}

func main() {
	files := map[string]string{}
	var err error
	for _, page := range append(pages, articles) {
		if err == nil {
			err = page(files)
		}
	}
	if err == nil {
		err = finish(files, len(os.Args) > 1 && os.Args[1] == "-check")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// finish writes what has changed, or reports it.
func finish(files map[string]string, check bool) error {
	var stale []string
	for path, text := range files {
		if old, err := os.ReadFile(path); err == nil && string(old) == text {
			continue
		}
		stale = append(stale, path)
		if !check {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	slices.Sort(stale)
	if check && len(stale) > 0 {
		return fmt.Errorf("out of date: %s", strings.Join(stale, ", "))
	}
	return nil
}

const mark = "<!-- made by make generate from the table in rules.go -->\n"

// page returns the writer of a workflow's document: what stands above the mark
// stays, the table and its picture are made anew.
func page[S ~string](path, title string, table flow.Table[S]) func(map[string]string) error {
	return func(files map[string]string) error {
		head := "# " + title + "\n\nRead `doc.go`, then `rules.go`.\n\n"
		if old, err := os.ReadFile(path); err == nil {
			head, _, _ = strings.Cut(string(old), mark)
		}
		files[path] = head + mark + "\n" + table.Markdown() + "\n```mermaid\n" + table.Mermaid() + "```\n"
		return nil
	}
}

// cited finds articles in comments: "Article 9(3)", "Articles 9, 14 and 31".
var cited = regexp.MustCompile(`(?:Articles?|Art\.) ((?:\d{1,2}(?:\(\d+\))*(?:, | and )?)+)`)

// inTable finds articles in tables of rules: Article: "9(3)".
var inTable = regexp.MustCompile(`Article: "(\d{1,2})`)

const (
	begin = "<!-- generated: code and tests that cite this article -->\n"
	end   = "<!-- end -->"
)

// articles writes, per article, the files that cite it.
func articles(files map[string]string) error {
	byArticle := map[int][]string{}
	for _, root := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, n := range cites(string(text)) {
				byArticle[n] = append(byArticle[n], filepath.ToSlash(path))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for n := 1; n <= 39; n++ {
		path := fmt.Sprintf("docs/regulation/2022/%02d.md", n)
		old, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		head, rest, ok := strings.Cut(string(old), begin)
		_, tail, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			return fmt.Errorf("%s lacks the generated part", path)
		}
		files[path] = head + begin + list(byArticle[n]) + end + tail
	}
	return nil
}

// cites returns the articles that a file names, each once.
func cites(text string) (all []int) {
	// A comment that breaks after "Article" still cites.
	text = strings.ReplaceAll(text, "\n// ", " ")
	add := func(s string) {
		digits, _, _ := strings.Cut(s, "(")
		if n, err := strconv.Atoi(strings.TrimSpace(digits)); err == nil && n >= 1 && n <= 39 && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	for _, m := range cited.FindAllStringSubmatch(text, -1) {
		for _, part := range strings.Split(strings.ReplaceAll(m[1], " and ", ", "), ", ") {
			add(part)
		}
	}
	for _, m := range inTable.FindAllStringSubmatch(text, -1) {
		add(m[1])
	}
	return all
}

func list(paths []string) string {
	slices.Sort(paths)
	paths = slices.Compact(paths)
	if len(paths) == 0 {
		return "\nNothing yet.\n\n"
	}
	var b strings.Builder
	b.WriteString("\n")
	for _, kind := range []struct {
		title string
		test  bool
	}{{"Code", false}, {"Tests", true}} {
		var some []string
		for _, p := range paths {
			if strings.HasSuffix(p, "_test.go") == kind.test {
				some = append(some, "- ["+p+"](../../../"+p+")\n")
			}
		}
		if len(some) > 0 {
			b.WriteString(kind.title + ":\n\n" + strings.Join(some, "") + "\n")
		}
	}
	return b.String()
}
