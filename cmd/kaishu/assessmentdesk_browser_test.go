package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// TestQualityRulesInABrowser: an editor takes rules that the table itself
// suggests, the lead puts them in force, and everybody reads the score; both
// languages, desk and phone.
func TestQualityRulesInABrowser(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	const at = "/desk/assessment/seattle-daily-weather"
	screens := map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "desk": chromedp.EmulateViewport(1280, 1000)}
	look := func(name, path string) {
		t.Helper()
		for screen, emulate := range screens {
			for _, lang := range []string{"zh", "en"} {
				do(t, ctx, emulate, chromedp.Navigate("about:blank"), chromedp.Navigate(s.url+"/"+lang+path), chromedp.WaitVisible(chromedp.CSS(`main h1`)))
				narrow(t, ctx, "assessment-"+name+"-"+screen+"-"+lang)
			}
		}
		do(t, ctx, screens["desk"])
	}
	signIn(t, ctx, s, "editor-weather")
	look("desk", "/desk/assessment")
	look("dataset", at)
	look("rule", at+"/rule?kind=within")
	visit(t, ctx, s.url+"/zh"+at)
	read(t, ctx, chromedp.Evaluate[bool](`(() => { document.querySelectorAll("details").forEach(d => d.open = true); const all = [...document.querySelectorAll('form[action$="/take"] input[type=checkbox]')]; all.slice(0, 3).forEach(x => x.checked = true); return all.length >= 3 })()`))
	press(t, ctx, "拟议勾选的规则")
	signIn(t, ctx, s, "lead-weather")
	look("proposed", at)
	visit(t, ctx, s.url+"/zh"+at)
	press(t, ctx, "确认生效")
	look("in-force", at)
	look("public", "/datasets/seattle-daily-weather/quality")
}
