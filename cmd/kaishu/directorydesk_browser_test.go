package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// TestHooksInABrowser: an editor checks suggested sources and saves them by the
// keyboard; the engineer hands in a listing that breaks them; desk and phone,
// both languages. Article 9(3).
func TestHooksInABrowser(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	screens := map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "desk": chromedp.EmulateViewport(1280, 1000)}
	look := func(name, path string) {
		t.Helper()
		for screen, emulate := range screens {
			for _, lang := range []string{"zh", "en"} {
				do(t, ctx, emulate, chromedp.Navigate("about:blank"), chromedp.Navigate(s.url+"/"+lang+path), chromedp.WaitVisible(chromedp.CSS(`main`)))
				narrow(t, ctx, "directory-"+name+"-"+screen+"-"+lang)
			}
		}
	}
	const hook = "/desk/directory/hooks/seattle-daily-weather"
	signIn(t, ctx, s, "editor-weather")
	do(t, ctx, chromedp.EmulateViewport(1280, 1000), chromedp.Navigate(s.url+"/zh"+hook), chromedp.WaitVisible(chromedp.CSS(`#f-items-0-from`)))
	read(t, ctx, chromedp.Evaluate[bool](`document.querySelector("#f-items-0-from").value = "", true`))
	do(t, ctx, chromedp.Focus(chromedp.CSS(`main form[method=post] .actions button`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`#wrong a[href="#f-items-0-from"]`)))
	shoot(t, ctx, "directory-faults-desk-zh")
	read(t, ctx, chromedp.Evaluate[bool](`(() => { const s = document.querySelector("#f-items-0-from"); s.selectedIndex = 1; return true })()`))
	do(t, ctx, chromedp.Focus(chromedp.CSS(`#f-items-0-from`)), chromedp.Navigate(s.url+"/zh"+hook+"?q=temp"), chromedp.WaitVisible(chromedp.CSS(`#f-items-0-from`)))
	shoot(t, ctx, "directory-search-desk-zh")
	look("overview", "/desk/directory")
	look("hook", hook)
	look("resources", "/desk/directory/resources")
	signIn(t, ctx, s, "engineer")
	look("sources", "/desk/directory/sources")
	do(t, ctx, chromedp.EmulateViewport(1280, 1000), chromedp.Navigate(s.url+"/zh/desk/directory/sources"), chromedp.WaitVisible(chromedp.CSS(`main table a`)), chromedp.Click(chromedp.CSS(`main table a`)), chromedp.WaitVisible(chromedp.CSS(`#file`)))
	shoot(t, ctx, "directory-source-desk-zh")
	do(t, ctx, chromedp.Emulate(device.IPhone13))
	narrow(t, ctx, "directory-source-phone-zh")
}
