package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// dirty returns a file of the shared test data, or leaves the test out where
// it does not lie beside the project.
func dirty(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "data", "real", "dirty", "derived", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("../shared/data is not beside the project: left out")
	}
	return path
}

// signIn signs in by one click (development) and accepts the platform's rules
// if that comes first.
func signIn(t *testing.T, ctx context.Context, s *server, account string) {
	t.Helper()
	do(t, ctx, chromedp.Navigate(s.url+"/zh/dev/sign-in"), chromedp.WaitVisible(chromedp.CSS(`main form`)))
	clicked := read(t, ctx, chromedp.Evaluate[bool](`(() => { const f = [...document.querySelectorAll("main form")].find(f => [...f.elements].some(e => e.value === "`+account+`"));
		if (!f) return false; f.querySelector("button").click(); return true })()`))
	if !clicked {
		t.Fatalf("the development page does not offer %s", account)
	}
	do(t, ctx, chromedp.WaitVisible(chromedp.CSS(`.mine`)), chromedp.Navigate(s.url+"/zh/me"), chromedp.WaitVisible(chromedp.CSS(`main h1`)))
	if strings.Contains(read(t, ctx, chromedp.Location()), "/rules/accept") {
		shoot(t, ctx, "desk-rules")
		read(t, ctx, chromedp.Evaluate[bool](`(() => { for (const b of document.querySelectorAll("main form input[type=checkbox]")) b.checked = true; document.querySelector("main form button").click(); return true })()`))
		do(t, ctx, chromedp.WaitVisible(chromedp.CSS(`main h1`)))
	}
}

// TestDirtyFileFromDeskToStranger: an editor sends dirty file 03, corrects the
// guess, a second person releases, a stranger downloads. Issue 4; Articles
// 16(1), 17 and 25(1).
func TestDirtyFileFromDeskToStranger(t *testing.T) {
	ctx := browser(t)
	file := dirty(t, "03_three_header_rows_merged.xlsx")
	s := start(t, seeded(t), "serve", "--dev")
	const slug = "seattle-daily-weather"
	at := s.url + "/zh/desk/datasets/" + slug
	do(t, ctx, chromedp.EmulateViewport(1280, 1000))
	signIn(t, ctx, s, "editor-weather")
	shoot(t, ctx, "desk-todo-zh")
	do(t, ctx, chromedp.Navigate(at), chromedp.WaitVisible(chromedp.CSS(`main h1`)))
	shoot(t, ctx, "desk-dataset-zh")
	do(t, ctx, chromedp.Navigate(at+"/upload"), chromedp.WaitVisible(chromedp.CSS(`#f-file`)))
	shoot(t, ctx, "desk-upload-zh")
	do(t, ctx, chromedp.SetUploadFiles(chromedp.CSS(`#f-file`), []string{file}), chromedp.Click(chromedp.CSS(`main form[data-upload] .actions button`)),
		chromedp.WaitVisible(chromedp.CSS(`#wrong`))) // nothing was declared: told, with the fields
	shoot(t, ctx, "desk-upload-faults-zh")
	do(t, ctx, chromedp.Click(chromedp.CSS(`input[name="/not_secret"]`)), chromedp.SetUploadFiles(chromedp.CSS(`#f-file`), []string{file}),
		chromedp.Click(chromedp.CSS(`main form[data-upload] .actions button`)), chromedp.WaitVisible(chromedp.CSS(`ol.steps`)))
	version := strings.Split(read(t, ctx, chromedp.Location()), "?")[0]
	await := func(selector string) { // the page renews itself
		t.Helper()
		until(t, selector, func() bool {
			there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!!document.querySelector('`+selector+`')`))
			return err == nil && there
		})
	}
	await(`#settings`)
	shoot(t, ctx, "desk-refused-zh") // the recipe of earlier files does not fit
	do(t, ctx, chromedp.Click(chromedp.CSS(`#settings .actions button`)), chromedp.WaitVisible(chromedp.CSS(`.notice-good`)))
	await(`#columns`)
	shoot(t, ctx, "desk-held-zh")
	if text := read(t, ctx, chromedp.Text(chromedp.CSS(`main`))); !strings.Contains(text, "第3至5行合起来是表头") || !strings.Contains(text, "检查没有通过") {
		t.Errorf("how it was read and why it is held is not said: %.800s", text)
	}
	do(t, ctx, chromedp.SetValue(chromedp.CSS(`#f-columns-0-name`), "date"), chromedp.Click(chromedp.CSS(`#columns .actions button`)), chromedp.WaitVisible(chromedp.CSS(`.notice-good`)))
	await(`#columns`)
	shoot(t, ctx, "desk-staged-zh")
	if can := read(t, ctx, chromedp.Evaluate[bool](`!!document.querySelector('form[action$="/release"]')`)); can {
		t.Error("the maker is offered to release")
	}
	signIn(t, ctx, s, "lead-weather")
	shoot(t, ctx, "desk-lead-todo-zh")
	do(t, ctx, chromedp.Navigate(version), chromedp.WaitVisible(chromedp.CSS(`form[action$="/release"] button`)))
	shoot(t, ctx, "desk-lead-zh")
	tabTo(t, ctx, `form[action$="/release"] button`) // by keyboard alone
	do(t, ctx, chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`.notice-good`)))
	shoot(t, ctx, "desk-released-zh")
	status, body := s.ask(t, "GET", "/datasets/"+slug+"/versions/latest/a.csv", "", nil)
	if status != http.StatusOK || !strings.HasPrefix(string(body), "date,浦东新区_阳性_小计") || strings.Count(string(body), "\n") != 41 {
		t.Errorf("the stranger's file: %d, %d lines, %.60s", status, strings.Count(string(body), "\n"), body)
	}
}

// tabTo presses the tabulator until the control is reached, as somebody
// without a mouse does.
func tabTo(t *testing.T, ctx context.Context, control string) {
	t.Helper()
	for range 150 {
		do(t, ctx, chromedp.KeyEvent("\t"))
		if read(t, ctx, chromedp.Evaluate[bool](`document.activeElement.matches('`+control+`')`)) {
			return
		}
	}
	t.Fatalf("%s is not reached by keyboard", control)
}

// TestDraftSurvivesAClosedLaptop: what was typed into an entry is there
// again in another browser; a block of a spreadsheet can be pasted.
func TestDraftSurvivesAClosedLaptop(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	at := s.url + "/zh/desk/list/" + ownSlug(t)
	do(t, ctx, chromedp.EmulateViewport(1280, 1000))
	signIn(t, ctx, s, roleAccount(t, "opn_editor"))
	do(t, ctx, chromedp.Navigate(at), chromedp.Click(chromedp.CSS(`button[name=kind][value=change]`)), chromedp.WaitVisible(chromedp.CSS(`table.meanings`)))
	shoot(t, ctx, "list-editor-zh")
	const paste = `(() => { const to = document.querySelector('input[name="/items/0/title/zh"]'); const data = new DataTransfer();
		data.setData("text/plain", "居委会代码\t民政部门编制\n街道名称\t所在街道\n"); to.focus();
		to.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); return true })()`
	read(t, ctx, chromedp.Evaluate[bool](paste))
	do(t, ctx, chromedp.WaitVisible(chromedp.CSS(`[data-saved=yes]`)))
	other := browser(t)
	signIn(t, other, s, roleAccount(t, "opn_editor"))
	do(t, other, chromedp.Navigate(at), chromedp.WaitVisible(chromedp.CSS(`table.meanings`)))
	shoot(t, other, "list-draft-zh")
	for name, want := range map[string]string{"/items/0/title/zh": "居委会代码", "/items/0/description/zh": "民政部门编制", "/items/1/title/zh": "街道名称"} {
		if got := read(t, other, chromedp.Evaluate[string](`document.querySelector('input[name="`+name+`"]').value`)); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

// TestDeskFitsItsScreens: the desk's pages on a phone and a desk, in both
// languages; the pictures are kept, to be looked at.
func TestDeskFitsItsScreens(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	signIn(t, ctx, s, roleAccount(t, "opn_editor"))
	for screen, emulate := range map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "wide": chromedp.EmulateViewport(1280, 1100)} {
		do(t, ctx, emulate)
		for _, lang := range []string{"zh", "en"} {
			for name, path := range map[string]string{"todo": "", "list": "/datasets", "dataset": "/datasets/" + ownSlug(t), "upload": "/datasets/" + ownSlug(t) + "/upload",
				"version": "/datasets/" + ownSlug(t) + "/versions/1", "entries": "/list", "new": "/list/new", "entry": "/list/" + ownSlug(t)} {
				do(t, ctx, chromedp.Navigate(s.url+"/"+lang+"/desk"+path), chromedp.WaitVisible(chromedp.CSS(`main h1`)))
				wide := read(t, ctx, chromedp.Evaluate[[]int](`[document.documentElement.scrollWidth, innerWidth]`))
				if wide[0] > wide[1] {
					t.Errorf("%s %s is %d pixels wide on a screen of %d", lang, name, wide[0], wide[1])
				}
				shoot(t, ctx, "desk-"+screen+"-"+name+"-"+lang)
			}
		}
	}
}
