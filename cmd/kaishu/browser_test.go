package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// browser opens Debian's Chromium. Browser journeys run in `make test`, which
// installs it; `make check` leaves them out.
func browser(t *testing.T) context.Context {
	t.Helper()
	if os.Getenv("BROWSER_TESTS") == "" {
		t.Skip("browser journeys run in make test")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(stop)
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func read[T any](t *testing.T, ctx context.Context, a chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// shoot keeps a screenshot under var/shots, to be looked at.
func shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := filepath.FromSlash("../../var/shots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	picture := read(t, ctx, chromedp.CaptureScreenshot())
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestStrangerFindsAndTakesData is the public's main task in a real browser:
// search, open, filter, take the file as CSV and Parquet, and call the
// interface with the example that the page shows. Article 17.
func TestStrangerFindsAndTakesData(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve")
	do(t, ctx, chromedp.EmulateViewport(1280, 1000), chromedp.Navigate(s.url+"/"))
	if at := read(t, ctx, chromedp.Location()); !strings.HasSuffix(at, "/zh/") && !strings.HasSuffix(at, "/en/") {
		t.Fatalf("the first address leads to %s", at)
	}
	do(t, ctx, chromedp.Navigate(s.url+"/zh/"))
	shoot(t, ctx, "home-zh")
	do(t, ctx, chromedp.SendKeys(chromedp.CSS(`main input[name=q]`), "居委会\r"), chromedp.WaitVisible(chromedp.CSS(`ol.results`)))
	shoot(t, ctx, "search-zh")
	if first := read(t, ctx, chromedp.Text(chromedp.CSS(`ol.results li:first-child`))); !strings.Contains(first, "居委会") {
		t.Errorf("first hit: %s", first)
	}
	do(t, ctx, chromedp.Click(chromedp.CSS(`ol.results li:first-child a`)), chromedp.WaitVisible(chromedp.CSS(`table.rows`)))
	shoot(t, ctx, "dataset-zh")
	slug := slugOf(read(t, ctx, chromedp.Location()))
	total := get[struct{ Total int64 }](t, s, "/api/v1/datasets/"+slug+"/rows?limit=1").Total

	do(t, ctx, chromedp.SetValue(chromedp.CSS(`#f-column`), "name"), chromedp.SetValue(chromedp.CSS(`#f-op`), "contains"),
		chromedp.SendKeys(chromedp.CSS(`#f-value`), "新村\r"), chromedp.WaitVisible(chromedp.CSS(`.chips .chip`)))
	shoot(t, ctx, "filtered-zh")
	status := read(t, ctx, chromedp.Text(chromedp.CSS(`p[role=status]`)))
	where := mustQuery(t, read(t, ctx, chromedp.Location())).Get("where")
	answer := get[struct {
		Total int64
		Items []map[string]any
	}](t, s, "/api/v1/datasets/"+slug+"/rows?limit=3&where="+url.QueryEscape(where))
	if answer.Total == 0 || answer.Total >= total || !strings.Contains(status, itoa(int(answer.Total))) {
		t.Errorf("%d of %d rows; the page says %q", answer.Total, total, status)
	}
	for _, cell := range read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("table.rows tbody tr")].map(r => r.innerText)`)) {
		if !strings.Contains(cell, "新村") {
			t.Errorf("a row that does not fit the filter: %s", cell)
		}
	}
	takeFiles(t, ctx, s)
	callTheExample(t, ctx, where, answer.Total)
}

func slugOf(at string) string {
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	return u.Path[strings.LastIndexByte(u.Path, '/')+1:]
}

func mustQuery(t *testing.T, at string) url.Values {
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// takeFiles follows the links that the page shows.
func takeFiles(t *testing.T, ctx context.Context, s *server) {
	t.Helper()
	links := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("ul.files a")].map(a => a.href)`))
	found := map[string]bool{}
	for _, link := range links {
		a, err := http.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(a.Body)
		a.Body.Close()
		if err != nil || a.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, %v", link, a.Status, err)
		}
		found[link[strings.LastIndexByte(link, '.')+1:]] = true
		if strings.HasSuffix(link, ".parquet") && !bytes.HasPrefix(body, []byte("PAR1")) {
			t.Error("the Parquet file is none")
		}
		if strings.HasSuffix(link, ".csv") && !bytes.HasPrefix(body, []byte("code,")) {
			t.Errorf("the CSV begins with %.40q", body)
		}
	}
	if !found["csv"] || !found["parquet"] || !found["xlsx"] || !found["json"] {
		t.Errorf("files offered: %v", found)
	}
}

// callTheExample runs the curl command that the interface page shows for the
// reader's own filter, as it stands.
func callTheExample(t *testing.T, ctx context.Context, where string, want int64) {
	t.Helper()
	do(t, ctx, chromedp.Click(chromedp.CSS(`.tabs li:last-child a`)), chromedp.WaitVisible(chromedp.CSS(`#example-curl`)))
	if got := mustQuery(t, read(t, ctx, chromedp.Location())).Get("where"); got != where {
		t.Errorf("the interface page lost the reader's condition: %q", got)
	}
	shoot(t, ctx, "api-zh")
	example := strings.TrimSpace(read(t, ctx, chromedp.Evaluate[string](`document.querySelector("#example-curl").firstChild.textContent`)))
	out, err := exec.Command("bash", "-c", example).Output()
	if err != nil || !bytes.Contains(out, []byte(`"total":`+itoa(int(want)))) {
		t.Errorf("%s\n%v: %.300s, want total %d", example, err, out, want)
	}
}

// TestPagesFitTheirScreens: no page is wider than a phone or a desk, in either
// language; the pictures are kept, to be looked at.
func TestPagesFitTheirScreens(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve")
	for screen, emulate := range map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.Emulate(device.IPhone13), "desk": chromedp.EmulateViewport(1280, 1100)} {
		do(t, ctx, emulate)
		fits(t, ctx, s, screen)
	}
}

func fits(t *testing.T, ctx context.Context, s *server, screen string) {
	t.Helper()
	slug := ownSlug(t)
	for _, lang := range []string{"zh", "en"} {
		for name, path := range map[string]string{"home": "/", "search": "/datasets?q=code", "dataset": "/datasets/" + slug, "fields": "/datasets/" + slug + "/fields",
			"statistics": "/datasets/" + slug + "/statistics", "versions": "/datasets/" + slug + "/versions", "api": "/datasets/" + slug + "/api",
			"about": "/about", "guide": "/api", "conditional": "/datasets/hourly-weather", "nothing": "/datasets?q=zzzz"} {
			do(t, ctx, chromedp.Navigate(s.url+"/"+lang+path))
			wide := read(t, ctx, chromedp.Evaluate[[]int](`[document.documentElement.scrollWidth, innerWidth]`))
			if wide[0] > wide[1] {
				t.Errorf("%s %s is %d pixels wide on a screen of %d", lang, name, wide[0], wide[1])
			}
			shoot(t, ctx, screen+"-"+name+"-"+lang)
		}
	}
}

// TestKeyboardReachesEverything: the skip link comes first, and the table can
// be reached and scrolled by keyboard.
func TestKeyboardReachesEverything(t *testing.T) {
	ctx := browser(t)
	s := start(t, seeded(t), "serve")
	do(t, ctx, chromedp.Navigate(s.url+"/zh/datasets/"+ownSlug(t)), chromedp.KeyEvent("\t"))
	if got := read(t, ctx, chromedp.Evaluate[string](`document.activeElement.className`)); got != "skip" {
		t.Errorf("the first stop is %q", got)
	}
	reached := read(t, ctx, chromedp.Evaluate[bool](`document.querySelector(".scroll").tabIndex === 0`))
	if !reached {
		t.Error("the table cannot be scrolled by keyboard")
	}
}
