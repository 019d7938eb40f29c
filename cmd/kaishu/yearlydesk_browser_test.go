package main

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/open/yearlyreview"
)

// TestTheReviewInABrowser: the table of an editor, everybody's of the
// authority, and the public page; both languages, desk and phone; the faults
// of a review that is not whole. Article 10.
func TestTheReviewInABrowser(t *testing.T) {
	ctx := browser(t)
	o := openOfficeAt(t, clock.At(workday.Date("2026-09-01").Time().Add(9*time.Hour)))
	o.unopened(t)
	if _, err := o.yearly.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	id := asked[yearlyreview.Listings](t, o.as("editor-weather"), "GET", yearlyAPI, nil, 200).Items[0].ID
	screens := map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "desk": chromedp.EmulateViewport(1280, 1100)}
	look := func(pages map[string]string) {
		for screen, emulate := range screens {
			for _, lang := range []string{"zh", "en"} {
				for name, at := range pages {
					do(t, ctx, emulate, chromedp.Navigate("about:blank"), chromedp.Navigate(o.url+"/"+lang+at), chromedp.WaitVisible(chromedp.CSS(`main h1`)))
					narrow(t, ctx, "yearly-"+name+"-"+screen+"-"+lang)
				}
			}
		}
		do(t, ctx, screens["desk"])
	}
	become := func(account string) {
		visit(t, ctx, o.url+"/zh/yearly-review")
		read(t, ctx, chromedp.Evaluate[bool](`(document.cookie = "kaishu_session=`+account+`; path=/") !== ""`))
	}
	look(map[string]string{"result": "/yearly-review"})
	become("editor-weather")
	look(map[string]string{"mine": "/desk/yearly", "table": "/desk/yearly/" + id})
	visit(t, ctx, o.url+"/zh/desk/yearly/"+id)
	read(t, ctx, chromedp.Evaluate[bool](`!!(document.querySelector('[name="/choices/0/verdict"][value="withdraw"]').checked = true)`))
	read(t, ctx, chromedp.Evaluate[bool](`(document.querySelector('[name="/choices/0/ground"]').value = "cannot_update") !== ""`))
	press(t, ctx, "保存本页")
	says(t, ctx, "yearly-static", "转为静态数据继续开放")
	become("authority")
	look(map[string]string{"every": "/desk/yearly", "read": "/desk/yearly/" + id})
}
