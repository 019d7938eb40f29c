package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// TestComplaintInABrowser: a citizen without an account complains with a
// picture; the lead suspends by one act; everybody reads why; the lead has the
// opening go on with a report, and the citizen reads the answer. Article 31.
func TestComplaintInABrowser(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	proof := filepath.Join(t.TempDir(), "照片.png")
	if err := os.WriteFile(proof, picture(t).Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	screens := func(name, path string) {
		t.Helper()
		visit(t, ctx, s.url+path)
		narrow(t, ctx, "complaint-"+name+"-desk")
		do(t, ctx, chromedp.Emulate(device.IPhone13))
		visit(t, ctx, s.url+path)
		narrow(t, ctx, "complaint-"+name+"-phone")
		do(t, ctx, chromedp.EmulateViewport(1280, 1000))
	}
	do(t, ctx, chromedp.EmulateViewport(1280, 1000))
	visit(t, ctx, s.url+"/zh/datasets/"+weatherSet)
	press(t, ctx, "侵犯了我的权益")
	screens("form", "/zh/datasets/"+weatherSet+"/complain")
	screens("form-en", "/en/datasets/"+weatherSet+"/complain")
	visit(t, ctx, s.url+"/zh/datasets/"+weatherSet+"/complain")
	tick(t, ctx, "/right", "privacy")
	tick(t, ctx, "/cause", "opening")
	fill(t, ctx, "/claim", "第三行能看出我家的住址", "/contact", "13800138000")
	do(t, ctx, chromedp.SetUploadFiles(chromedp.CSS(`#f-file`), []string{proof}))
	part(t, ctx, "/complain")
	says(t, ctx, "complaint-receipt", "请记下编号和查询码")
	receipt := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll(".receipt code")].map(e => e.innerText)`))

	signIn(t, ctx, s, "lead-weather")
	screens("queue", "/zh/desk/complaints")
	visit(t, ctx, s.url+"/zh/desk/complaints")
	press(t, ctx, receipt[0])
	desk := strings.Split(read(t, ctx, chromedp.Location()), "?")[0]
	screens("decide", strings.TrimPrefix(desk, s.url))
	visit(t, ctx, desk)
	fill(t, ctx, "/reason", "疑似可以识别到个人")
	part(t, ctx, "/suspend")
	says(t, ctx, "complaint-suspended", "已没有人在读取这些数据", "中止开放")
	screens("verify", strings.TrimPrefix(desk, s.url))
	signOut(t, ctx, s)
	screens("public", "/zh/suspensions")
	screens("public-en", "/en/suspensions")
	screens("dataset", "/zh/datasets/"+weatherSet)

	signIn(t, ctx, s, "lead-weather")
	visit(t, ctx, desk)
	read(t, ctx, chromedp.Evaluate[bool](`(document.querySelectorAll("main details").forEach(d => d.open = true), true)`))
	fill(t, ctx, "/account", "已与原始登记表逐行核对", "/summary", "核实后未发现可以识别到个人的内容", "/reply", "经核实，第三行不是住址，数据恢复开放")
	part(t, ctx, "/resume")
	says(t, ctx, "complaint-resumed", "已办结", "核实后未发现")
	signOut(t, ctx, s)
	visit(t, ctx, s.url+"/zh/complaints")
	fill(t, ctx, "/number", receipt[0], "/code", receipt[1])
	press(t, ctx, "查询")
	says(t, ctx, "complaint-answered", "第三行不是住址", "已办结")
	do(t, ctx, chromedp.Emulate(device.IPhone13))
	narrow(t, ctx, "complaint-answered-phone")
}
