package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// TestOfficeFitsItsScreens: the pages of people, of administration, of rules,
// notices and proofs, on a phone and a desk, in both languages; the pictures
// are kept, to be looked at.
func TestOfficeFitsItsScreens(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve", "--dev")
	look := func(who string, pages map[string]string) {
		t.Helper()
		for screen, emulate := range map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "wide": chromedp.EmulateViewport(1280, 1100)} {
			do(t, ctx, emulate)
			for _, lang := range []string{"zh", "en"} {
				for name, path := range pages {
					do(t, ctx, chromedp.Navigate(s.url+"/"+lang+path), chromedp.WaitVisible(chromedp.CSS(`main h1`)))
					if wide := read(t, ctx, chromedp.Evaluate[[]int](`[document.documentElement.scrollWidth, innerWidth]`)); wide[0] > wide[1] {
						t.Errorf("%s %s as %s is %d pixels wide on a screen of %d", lang, name, who, wide[0], wide[1])
					}
					if unlabelled := read(t, ctx, chromedp.Evaluate[int](`[...document.querySelectorAll("main input:not([type=hidden]), main select, main textarea")].filter(e => !e.labels?.length && !e.ariaLabel && !e.getAttribute("aria-labelledby")).length`)); unlabelled > 0 {
						t.Errorf("%s %s: %d inputs without a label", lang, name, unlabelled)
					}
					shoot(t, ctx, "people-"+screen+"-"+name+"-"+lang)
				}
			}
		}
	}
	look("nobody", map[string]string{"enter": "/sign-in", "office": "/office/sign-in", "register": "/register", "recover": "/recover", "rules": "/rules", "dev": "/dev/sign-in"})
	signIn(t, ctx, s, "sys-admin")
	look("sys-admin", map[string]string{"me": "/me", "accounts": "/office/accounts", "account": "/office/accounts/editor-civil", "bodies": "/office/bodies", "new-body": "/office/new-body", "body": "/office/bodies/civil",
		"calendar": "/office/calendar", "paste": "/office/calendar/paste", "terms": "/office/terms", "codes": "/office/codes", "jobs": "/office/jobs", "storage": "/office/storage", "inbox": "/inbox", "choices": "/inbox/settings"})
	signIn(t, ctx, s, "intake")
	look("intake", map[string]string{"proofs": "/office/proofs"})
	signIn(t, ctx, s, "content")
	look("content", map[string]string{"rule-desk": "/office/rules", "rule-new": "/office/rules/new"})
	signIn(t, ctx, s, "person")
	look("person", map[string]string{"proof": "/proof", "person-me": "/me"})
}
