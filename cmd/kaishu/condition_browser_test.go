package main

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// narrow fails if the page is wider than its screen, and keeps a picture.
func narrow(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if wide := read(t, ctx, chromedp.Evaluate[[]int](`[document.documentElement.scrollWidth, innerWidth]`)); wide[0] > wide[1] {
		t.Errorf("%s is %d pixels wide on a screen of %d", name, wide[0], wide[1])
	}
	shoot(t, ctx, name)
}

// TestConditionsInABrowser: an editor writes conditions with the keyboard, the
// lead looks at what differs; desk and phone, both languages. Articles 15 and
// 18(1).
func TestConditionsInABrowser(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	const slug = "hourly-weather"
	at := "/desk/datasets/" + slug + "/conditions"
	screens := map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "desk": chromedp.EmulateViewport(1280, 1100)}
	look := func(name, path, anchor string) {
		t.Helper()
		for screen, emulate := range screens {
			for _, lang := range []string{"zh", "en"} {
				do(t, ctx, emulate, chromedp.Navigate("about:blank"), chromedp.Navigate(s.url+"/"+lang+path+anchor), chromedp.WaitVisible(chromedp.CSS(`main`)))
				narrow(t, ctx, "conditions-"+name+"-"+screen+"-"+lang)
			}
		}
	}
	look("public", "/datasets/"+slug, "#conditions")
	signIn(t, ctx, s, "editor-weather")
	do(t, ctx, chromedp.EmulateViewport(1280, 1100), chromedp.Navigate(s.url+"/zh"+at), chromedp.Click(chromedp.CSS(`main form button`)), chromedp.WaitVisible(chromedp.CSS(`#c-3`)))
	look("edit", at+"/2", "")
	do(t, ctx, chromedp.EmulateViewport(1280, 1100), chromedp.Navigate(s.url+"/zh"+at+"/2"), chromedp.Focus(chromedp.CSS(`button[value="add/other"]`)),
		chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`#c-4`)))
	do(t, ctx, chromedp.Focus(chromedp.CSS(`button[value="propose"]`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`#wrong`)))
	shoot(t, ctx, "conditions-faults-desk-zh")
	if focus := read(t, ctx, chromedp.Evaluate[string](`document.activeElement.id`)); focus != "wrong" {
		t.Errorf("the keyboard stands at %q, not at the faults", focus)
	}
	lost := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("#wrong a")].map(a => a.getAttribute("href")).filter(h => !document.getElementById(h.slice(1)))`))
	if len(lost) > 0 {
		t.Errorf("faults lead nowhere: %s", strings.Join(lost, " "))
	}
	do(t, ctx, chromedp.SendKeys(chromedp.CSS(`#f-conditions-4-text-zh`), "不得与个人信息结合"), chromedp.SendKeys(chromedp.CSS(`#f-conditions-4-risk-zh`), "推断出个人行踪"),
		chromedp.Click(chromedp.CSS(`#f-materials_confirmed`)), chromedp.Click(chromedp.CSS(`button[value="propose"]`)), chromedp.WaitVisible(chromedp.CSS(`.notice-good`)))
	signIn(t, ctx, s, "lead-weather")
	look("decide", at+"/2", "")
	signIn(t, ctx, s, "list-reviewer")
	look("list", "/desk/conditions", "")
	look("endorse", at+"/2", "")
}
