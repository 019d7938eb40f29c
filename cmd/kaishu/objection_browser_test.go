package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// objectionScreens shows a page on a phone and at a desk, in both languages.
func objectionScreens(t *testing.T, ctx context.Context, s *server, name, path string) {
	t.Helper()
	for screen, emulate := range map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "desk": chromedp.EmulateViewport(1280, 1000)} {
		for _, lang := range []string{"zh", "en"} {
			do(t, ctx, emulate, chromedp.Navigate("about:blank"), chromedp.Navigate(s.url+"/"+lang+path), chromedp.WaitVisible(chromedp.CSS(`main`)))
			narrow(t, ctx, "objection-"+name+"-"+screen+"-"+lang)
		}
	}
	do(t, ctx, chromedp.EmulateViewport(1280, 1000))
}

// TestObjectionInABrowser: a citizen without an account objects to a field;
// the centre marks the data; the publisher traces, finds, confirms and uploads
// a corrected version; the centre replies; the citizen has it re-opened once,
// and it is closed. Article 16.
func TestObjectionInABrowser(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	dir := t.TempDir()
	proof, better := filepath.Join(dir, "照片.png"), filepath.Join(dir, "更正.csv")
	seed, err := os.ReadFile(filepath.Join(sampleFolder, "data", weatherSet+".csv"))
	if err == nil {
		err = os.WriteFile(better, []byte(strings.Replace(string(seed), "4.7,drizzle", "4.8,drizzle", 1)), 0o600)
	}
	if err == nil {
		err = os.WriteFile(proof, picture(t).Bytes(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	dataset, form := s.url+"/zh/datasets/"+weatherSet, "/datasets/"+weatherSet+"/object?field=wind"
	do(t, ctx, chromedp.EmulateViewport(1280, 1000))
	visit(t, ctx, dataset)
	press(t, ctx, "提出异议")
	objectionScreens(t, ctx, s, "form", form)
	visit(t, ctx, s.url+"/zh"+form)
	press(t, ctx, "提交异议")
	says(t, ctx, "objection-faults-zh", "有下列各项需要改正", "请选择问题的种类")
	if focus := read(t, ctx, chromedp.Evaluate[string](`document.activeElement.id`)); focus != "wrong" {
		t.Errorf("the keyboard stands at %q, not at the faults", focus)
	}
	fill(t, ctx, "/fault", "wrong_value", "/claim", "一月一日的风速应为4.8", "/suggested", "4.8", "/contact", "13800138000")
	do(t, ctx, chromedp.SetUploadFiles(chromedp.CSS(`#f-file`), []string{proof}))
	press(t, ctx, "提交异议")
	says(t, ctx, "objection-receipt-zh", "请记下编号和查询码")
	receipt := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll(".receipt code")].map(e => e.innerText)`))
	do(t, ctx, chromedp.Emulate(device.IPhone13))
	narrow(t, ctx, "objection-receipt-phone-zh")
	do(t, ctx, chromedp.EmulateViewport(1280, 1000))
	follow := func(name string) {
		t.Helper()
		signOut(t, ctx, s)
		visit(t, ctx, s.url+"/zh/objections")
		fill(t, ctx, "/number", receipt[0], "/code", receipt[1])
		press(t, ctx, "查询")
		do(t, ctx, chromedp.Emulate(device.IPhone13))
		narrow(t, ctx, "objection-"+name+"-phone-zh")
		do(t, ctx, chromedp.EmulateViewport(1280, 1000))
		says(t, ctx, "objection-"+name+"-zh", receipt[0], "一月一日的风速应为4.8")
	}
	follow("followed")

	signIn(t, ctx, s, "quality")
	objectionScreens(t, ctx, s, "queue", "/desk/objections")
	visit(t, ctx, s.url+"/zh/desk/objections")
	press(t, ctx, receipt[0])
	desk := strings.Split(read(t, ctx, chromedp.Location()), "?")[0]
	path := strings.TrimPrefix(desk, s.url+"/zh")
	objectionScreens(t, ctx, s, "triage", path)
	visit(t, ctx, desk)
	part(t, ctx, "/triage")
	objectionScreens(t, ctx, s, "mark", path)
	visit(t, ctx, desk)
	fill(t, ctx, "/summary", "2012年1月1日的风速疑似有误")
	part(t, ctx, "/mark")
	says(t, ctx, "objection-marked-zh", "数据已标注", "异议标注")
	objectionScreens(t, ctx, s, "dataset", "/datasets/"+weatherSet)
	objectionScreens(t, ctx, s, "fields", "/datasets/"+weatherSet+"/fields")

	signIn(t, ctx, s, "editor-weather")
	visit(t, ctx, desk)
	fill(t, ctx, "/source", "气象局观测系统")
	part(t, ctx, "/trace")
	objectionScreens(t, ctx, s, "find", path)
	visit(t, ctx, desk)
	tick(t, ctx, "/established", "true")
	fill(t, ctx, "/account", "已核对原始记录", "/reply", "一月一日的风速录入有误，已更正")
	part(t, ctx, "/find")
	signIn(t, ctx, s, "lead-weather")
	objectionScreens(t, ctx, s, "confirm", path)
	visit(t, ctx, desk)
	part(t, ctx, "/confirm")
	number := corrected(t, ctx, s, better)
	signIn(t, ctx, s, "editor-weather")
	objectionScreens(t, ctx, s, "correct", path)
	visit(t, ctx, desk)
	fill(t, ctx, "/version", number, "/note", "已按原始记录更正，来源系统同步更正")
	part(t, ctx, "/correct")
	reply := func(text string) {
		t.Helper()
		signIn(t, ctx, s, "quality")
		visit(t, ctx, desk)
		fill(t, ctx, "/reply", text)
		if read(t, ctx, chromedp.Evaluate[bool](`!!document.querySelector('[name="/checked"]')`)) {
			tick(t, ctx, "/checked", "true")
		}
		part(t, ctx, "/close")
		says(t, ctx, "objection-closed-zh", "已公开答复")
	}
	objectionScreens(t, ctx, s, "close", path)
	reply("2012年1月1日的风速已更正为4.8")

	follow("answered")
	fill(t, ctx, "/claim", "一月二日的风速也有误")
	part(t, ctx, "/reopen")
	says(t, ctx, "objection-reopened-zh", "已申请重新办理", "一月二日的风速也有误")
	again(t, ctx, s, desk)
	reply("经核实，2012年1月2日的风速无误")
	follow("ended")
	if text := page(t, ctx); strings.Contains(text, "申请重新办理") || !strings.Contains(text, "异议不成立") {
		t.Errorf("closed for good: %s", text)
	}
	objectionScreens(t, ctx, s, "public", "/datasets/"+weatherSet+"/objections")
	objectionScreens(t, ctx, s, "list", "/objections")
	objectionScreens(t, ctx, s, "case", strings.Replace(path, "/desk", "", 1))
	visit(t, ctx, dataset)
	if strings.Contains(page(t, ctx), "正在核实的异议") {
		t.Error("the mark stays")
	}
}

// corrected uploads a corrected version and has it released; it returns its
// number.
func corrected(t *testing.T, ctx context.Context, s *server, file string) string {
	t.Helper()
	signIn(t, ctx, s, "editor-weather")
	visit(t, ctx, s.url+"/zh/desk/datasets/"+weatherSet+"/upload")
	do(t, ctx, chromedp.Click(chromedp.CSS(`input[name="/not_secret"]`)), chromedp.SetUploadFiles(chromedp.CSS(`#f-file`), []string{file}))
	read(t, ctx, chromedp.Evaluate[bool](`(document.querySelector('[name="/updated_on"]').value ||= "2026-11-01") !== ""`))
	do(t, ctx, chromedp.Click(chromedp.CSS(`main form[data-upload] .actions button`)), chromedp.WaitVisible(chromedp.CSS(`ol.steps`)))
	at := strings.Split(read(t, ctx, chromedp.Location()), "?")[0]
	number := at[strings.LastIndexByte(at, '/')+1:]
	signIn(t, ctx, s, "lead-weather")
	until(t, "the version is released, or can be", func() bool {
		visit(t, ctx, at)
		if read(t, ctx, chromedp.Evaluate[bool](`!!document.querySelector('form[action$="/release"] button')`)) {
			part(t, ctx, "/release")
		}
		status, body := s.ask(t, "GET", "/api/v1/datasets/"+weatherSet, "", nil)
		return status == 200 && strings.Contains(string(body), `"version":`+number+`,`)
	})
	return number
}

// again leads a re-opened objection to a finding that it is not established.
func again(t *testing.T, ctx context.Context, s *server, desk string) {
	t.Helper()
	signIn(t, ctx, s, "quality")
	visit(t, ctx, desk)
	fill(t, ctx, "/summary", "2012年1月2日的风速疑似有误")
	part(t, ctx, "/mark")
	signIn(t, ctx, s, "editor-weather")
	visit(t, ctx, desk)
	fill(t, ctx, "/source", "气象局观测系统")
	part(t, ctx, "/trace")
	tick(t, ctx, "/established", "false")
	fill(t, ctx, "/account", "与原始记录一致", "/reply", "数据无误")
	part(t, ctx, "/find")
	signIn(t, ctx, s, "lead-weather")
	visit(t, ctx, desk)
	part(t, ctx, "/dismiss")
}

// signOut leaves whoever signed in before nobody again.
func signOut(t *testing.T, ctx context.Context, s *server) {
	t.Helper()
	visit(t, ctx, s.url+"/zh/objections")
	arrive(t, ctx, func() {
		if !read(t, ctx, chromedp.Evaluate[bool](`(() => { const b = document.querySelector(".mine form button"); b?.click(); return !!b })()`)) {
			do(t, ctx, chromedp.Reload())
		}
	})
}
