package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
)

// TestQualityInABrowser: the ranking and the lists behind it, the desk and a
// finding that a lead keeps; both languages, desk and phone. Article 16.
func TestQualityInABrowser(t *testing.T) {
	ctx := browser(t)
	o := openOfficeAt(t, clock.At(clock.System{}.Now()))
	o.lacking(t, "empty")
	if _, err := o.timeliness.Today(t.Context(), permit.Platform); err != nil {
		t.Fatal(err)
	}
	screens := map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "desk": chromedp.EmulateViewport(1280, 1100)}
	look := func(pages map[string]string) {
		for screen, emulate := range screens {
			for _, lang := range []string{"zh", "en"} {
				for name, at := range pages {
					do(t, ctx, emulate, chromedp.Navigate("about:blank"), chromedp.Navigate(o.url+"/"+lang+at), chromedp.WaitVisible(chromedp.CSS(`main h1`)))
					narrow(t, ctx, "quality-"+name+"-"+screen+"-"+lang)
				}
			}
		}
		do(t, ctx, screens["desk"])
	}
	become := func(account string) {
		visit(t, ctx, o.url+"/zh/timeliness")
		read(t, ctx, chromedp.Evaluate[bool](`(document.cookie = "kaishu_session=`+account+`; path=/") !== ""`))
	}
	look(map[string]string{"ranking": "/timeliness", "body": "/timeliness/civil", "late": "/timeliness/weather?class=behind"})
	visit(t, ctx, o.url+"/zh/timeliness")
	listed := read(t, ctx, chromedp.Evaluate[int](`(() => { const a = document.querySelector('table.rank a[href$="class=seriously_late"]'), n = +a.textContent; a.click(); return n })()`))
	do(t, ctx, chromedp.WaitVisible(chromedp.CSS(`.choices`)))
	if rows := read(t, ctx, chromedp.Evaluate[int](`document.querySelectorAll("main tbody tr").length`)); rows != listed || rows == 0 {
		t.Errorf("the number says %d, its list has %d", listed, rows)
	}
	become("quality")
	look(map[string]string{"centre": "/desk/quality"})
	become("lead-weather")
	look(map[string]string{"publisher": "/desk/quality"})
	visit(t, ctx, o.url+"/zh/desk/quality")
	finding := read(t, ctx, chromedp.Evaluate[string](`document.querySelector('main tbody a[href*="/desk/quality/fnd_"]')?.pathname ?? ""`))
	if finding == "" {
		t.Fatalf("nothing is found: %s", page(t, ctx))
	}
	look(map[string]string{"finding": finding[len("/zh"):]})
	visit(t, ctx, o.url+finding)
	press(t, ctx, "保留现状")
	says(t, ctx, "finding-faults", "理由：此项必填", "保留到：此项必填")
	fill(t, ctx, "/reason", "数据年底上传")
	until := workday.Of(o.clock.Now()).AddDays(30)
	read(t, ctx, chromedp.Evaluate[bool](`!!(document.querySelector('[name="/until"]').value = "`+string(until)+`")`))
	press(t, ctx, "保留现状")
	says(t, ctx, "finding-kept", "已保留现状", "数据年底上传", "重新处理")
}
