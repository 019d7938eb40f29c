package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// twenty is a block as [block] is, with twenty data items.
func twenty() string {
	head, _, _ := strings.Cut(block, "字段名")
	rows := []string{head + "字段名\t中文名\t说明\t单位"}
	for i := range 20 {
		rows = append(rows, fmt.Sprintf("f%02d\t第%d项观测值\t第%d个传感器的小时平均值\t摄氏度", i+1, i+1, i+1))
	}
	return strings.Join(rows, "\n") + "\n"
}

// TestAnEntryFromASpreadsheet: a steward enters an entry with twenty data items
// by a paste and at most thirty clicks and keys, counted by the browser; the
// order goes to the centre and back; both languages, desk and phone.
func TestAnEntryFromASpreadsheet(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	const count = `(() => { for (const kind of ["click", "keydown"]) addEventListener(kind, e => { if (e.isTrusted && (kind === "keydown" || e.detail > 0)) sessionStorage.n = (+sessionStorage.n || 0) + 1 }, true); return true })()`
	do(t, ctx, chromedp.EmulateViewport(1280, 1100))
	signIn(t, ctx, s, "editor-weather")
	visit(t, ctx, s.url+"/zh/desk/list")
	read(t, ctx, chromedp.Evaluate[bool](count))
	do(t, ctx, chromedp.Click(chromedp.CSS(`main a.button`)), chromedp.WaitVisible(chromedp.CSS(`#pasted`)))
	read(t, ctx, chromedp.Evaluate[bool](count))
	shoot(t, ctx, "list-new-zh")
	do(t, ctx, chromedp.Click(chromedp.CSS(`#pasted`)))
	read(t, ctx, chromedp.Evaluate[bool](`document.execCommand("insertText", false, `+strconv.Quote(twenty())+`)`)) // the paste
	do(t, ctx, chromedp.Click(chromedp.CSS(`#f-slug`)), chromedp.SendKeys(chromedp.CSS(`#f-slug`), "sensors"),
		chromedp.Click(chromedp.CSS(`main form[action$="/new"] .actions button`)), chromedp.WaitVisible(chromedp.CSS(`table.meanings`)))
	spent := read(t, ctx, chromedp.Evaluate[int](`+sessionStorage.n`))
	items := read(t, ctx, chromedp.Evaluate[int](`[...document.querySelectorAll('input[name$="/title/zh"]')].filter(e => e.name.startsWith("/items/") && e.value).length`))
	if title := read(t, ctx, chromedp.Evaluate[string](`document.querySelector('[name="/title/zh"]').value`)); title != "全市气象站点基本情况" || items != 20 {
		t.Errorf("%q with %d items", title, items)
	}
	if spent < 5 || spent > 30 {
		t.Errorf("%d clicks and keys", spent)
	}
	t.Logf("%d clicks and keys besides the paste", spent)
	shoot(t, ctx, "list-entry-zh")
	press(t, ctx, "起草新增工单")
	fill(t, ctx, "/reason", "年度开放重点")
	press(t, ctx, "保存")
	order := read(t, ctx, chromedp.Evaluate[string](`document.querySelector('main a[href*="/desk/list/orders/"]').pathname`))
	signIn(t, ctx, s, "lead-weather")
	visit(t, ctx, s.url+order)
	press(t, ctx, "提交给市大数据中心")
	says(t, ctx, "list-refused", "还没有经确认的分级分类结果", "还没有可以开放的数据")
	look := func(who string, pages map[string]string) {
		signIn(t, ctx, s, who)
		for screen, emulate := range map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "desk": chromedp.EmulateViewport(1280, 1100)} {
			for _, lang := range []string{"zh", "en"} {
				for name, at := range pages {
					do(t, ctx, emulate, chromedp.Navigate("about:blank"), chromedp.Navigate(s.url+"/"+lang+at), chromedp.WaitVisible(chromedp.CSS(`main h1`)))
					narrow(t, ctx, "list-"+name+"-"+screen+"-"+lang)
				}
			}
		}
	}
	path, err := url.PathUnescape(strings.TrimPrefix(order, "/zh"))
	if err != nil {
		t.Fatal(err)
	}
	look("editor-weather", map[string]string{"list": "/desk/list", "import": "/desk/list/import", "entry": "/desk/list/sensors", "order": path})
	// A form that is saved as it came changes nothing of what the list says.
	signIn(t, ctx, s, roleAccount(t, "opn_editor"))
	visit(t, ctx, s.url+"/zh/desk/list/"+ownSlug(t))
	press(t, ctx, "起草修改工单")
	press(t, ctx, "保存")
	visit(t, ctx, s.url+read(t, ctx, chromedp.Evaluate[string](`document.querySelector('main a[href*="/desk/list/orders/"]').pathname`)))
	if text := page(t, ctx); strings.Contains(text, "改动") {
		t.Errorf("a form saved as it came changes the entry: %s", text)
	}
	visit(t, ctx, s.url+"/zh/desk/list/import")
	read(t, ctx, chromedp.Evaluate[bool](`(() => { document.querySelector("#rows").value = `+strconv.Quote(entriesTable(ownSlug(t)))+`; return true })()`))
	press(t, ctx, "检查")
	shoot(t, ctx, "list-import-plan-zh")
	look(roleAccount(t, "opn_editor"), map[string]string{"listed": "/desk/list/" + ownSlug(t)})
	look("list-reviewer", map[string]string{"queue": "/desk/list", "changes": "/changes", "compliance": "/datasets/" + ownSlug(t) + "/compliance"})
}
