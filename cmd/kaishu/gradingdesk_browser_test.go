package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// TestGradingInABrowser: a grader answers by the keyboard, tries, hands in; a
// checker confirms; desk and phone, both languages. Articles 13 and 14.
func TestGradingInABrowser(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	const at = "/desk/gradings/hourly-weather"
	screens := map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "desk": chromedp.EmulateViewport(1280, 1100)}
	look := func(name, path string) {
		t.Helper()
		for screen, emulate := range screens {
			for _, lang := range []string{"zh", "en"} {
				do(t, ctx, emulate, chromedp.Navigate("about:blank"), chromedp.Navigate(s.url+"/"+lang+path), chromedp.WaitVisible(chromedp.CSS(`main`)))
				narrow(t, ctx, "grading-"+name+"-"+screen+"-"+lang)
			}
		}
	}
	look("profile", "/grading-profile")
	signIn(t, ctx, s, "grader-weather")
	for range 100 { // the entry is scanned after the start; the page itself is looked at again
		do(t, ctx, chromedp.Navigate(s.url+"/zh/desk/gradings"), chromedp.WaitVisible(chromedp.CSS(`main`)))
		if read(t, ctx, chromedp.Evaluate[bool](`document.querySelector("main").innerHTML.includes("hourly-weather")`)) {
			break
		}
	}
	look("list", "/desk/gradings")
	look("own", "/desk/grading-rules")
	look("sheet", at)
	do(t, ctx, chromedp.EmulateViewport(1280, 1100), chromedp.Navigate(s.url+"/zh"+at), chromedp.WaitVisible(chromedp.CSS(`main form`)),
		chromedp.Focus(chromedp.CSS(`button.second[name=do][value=try], .actions button[value=try]`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`#wrong`)))
	shoot(t, ctx, "grading-faults-desk-zh")
	if focus := read(t, ctx, chromedp.Evaluate[string](`document.activeElement.id`)); focus != "wrong" && focus != "result" {
		t.Errorf("the keyboard stands at %q, not at the faults", focus)
	}
	lost := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("#wrong a")].map(a => a.getAttribute("href")).filter(h => !document.getElementById(h.slice(1)))`))
	if len(lost) > 0 {
		t.Errorf("faults lead nowhere: %s", strings.Join(lost, " "))
	}
	// Every question by its key: the first choice is yes, the second no.
	read(t, ctx, chromedp.Evaluate[bool](`(() => { for (const f of document.querySelectorAll('fieldset[id^="f-flags-"]')) f.querySelectorAll("input")[1].checked = true;
		document.querySelector('#f-flags-timely input').checked = true; document.getElementById("f-rest-p").value = "0"; document.getElementById("f-rest-o").value = "0"; document.getElementById("f-rest-x").value = "1"; return true })()`))
	do(t, ctx, chromedp.Focus(chromedp.CSS(`button[value=rest]`)), chromedp.KeyEvent("\r"), chromedp.WaitNotPresent(chromedp.CSS(`#wrong`)), chromedp.WaitVisible(chromedp.CSS(`main form`)))
	do(t, ctx, chromedp.Focus(chromedp.CSS(`.actions button[value=try]`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`#result`)))
	shoot(t, ctx, "grading-result-desk-zh")
	do(t, ctx, chromedp.Emulate(device.IPhone13))
	narrow(t, ctx, "grading-result-phone-zh")
	do(t, ctx, chromedp.EmulateViewport(1280, 1100), chromedp.Focus(chromedp.CSS(`button[value=grade]`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`.notice-good`)))
	signIn(t, ctx, s, "reviewer-weather")
	look("check", at)
	do(t, ctx, chromedp.EmulateViewport(1280, 1100), chromedp.Navigate(s.url+"/zh"+at), chromedp.WaitVisible(chromedp.CSS(`.decide`)), chromedp.Focus(chromedp.CSS(`.decide form button`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`.notice-good`)))
	look("in-force", at)
	signIn(t, ctx, s, "authority")
	do(t, ctx, chromedp.Navigate(s.url+"/zh/desk/grading-profiles"), chromedp.WaitVisible(chromedp.CSS(`#f-version`)), chromedp.SendKeys(chromedp.CSS(`#f-version`), "2027-1\r"), chromedp.WaitVisible(chromedp.CSS(`.decide`)))
	look("rule", "/desk/grading-profiles/2027-1")
}
