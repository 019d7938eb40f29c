package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// TestAgreementInABrowser: the applicant signs by the keyboard, the lead
// countersigns; desk and phone, both languages. Article 20.
func TestAgreementInABrowser(t *testing.T) {
	ctx := browser(t)
	o := openOffice(t)
	o.withPassword(t, "person", "lead-weather")
	v := o.agreed(t)
	at := "/agreements/" + v.Agreement.ID
	screens := map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "desk": chromedp.EmulateViewport(1280, 1600)}
	look := func(name, path string) {
		t.Helper()
		for screen, emulate := range screens {
			for _, lang := range []string{"zh", "en"} {
				do(t, ctx, emulate, chromedp.Navigate("about:blank"), chromedp.Navigate(o.url+"/"+lang+path), chromedp.WaitVisible(chromedp.CSS(`main`)))
				narrow(t, ctx, "agreement-"+name+"-"+screen+"-"+lang)
			}
		}
	}
	as := func(account string) {
		t.Helper()
		do(t, ctx, chromedp.EmulateViewport(1280, 1600), chromedp.Navigate(o.url+"/zh/about"), chromedp.WaitVisible(chromedp.CSS(`main`)))
		read(t, ctx, chromedp.Evaluate[string](`document.cookie = "kaishu_session=`+account+`; path=/"`))
	}
	signs := func(path string) {
		t.Helper()
		do(t, ctx, chromedp.EmulateViewport(1280, 1600), chromedp.Navigate(o.url+"/zh"+path), chromedp.WaitVisible(chromedp.CSS(`.decide form`)),
			chromedp.Focus(chromedp.CSS(`.decide button`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`#wrong`)))
		lost := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("#wrong a")].map(a => a.getAttribute("href")).filter(h => !document.getElementById(h.slice(1)))`))
		if len(lost) > 0 {
			t.Errorf("faults lead nowhere: %v", lost)
		}
		shoot(t, ctx, "agreement-faults-desk-zh")
		do(t, ctx, chromedp.Focus(chromedp.CSS(`.decide input[type=checkbox]`)), chromedp.KeyEvent(" "),
			chromedp.Focus(chromedp.CSS(`.decide input[type=password]`)), chromedp.KeyEvent(secretWord), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`.notice-good`)))
	}
	as("person")
	look("list", "/agreements")
	look("text", at)
	signs(at)
	as("lead-weather")
	look("lead", at)
	signs(at)
	look("in-force", at)
}
