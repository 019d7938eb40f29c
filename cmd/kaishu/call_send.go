package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// retries is how often a request is sent again after the connection broke.
const retries = 3

// broken is a connection that broke before the answer was whole.
type broken struct{ error }

func (b broken) Unwrap() error { return b.error }

// errBusy is an answer that asks for patience, which was had.
var errBusy = errors.New("asked too often")

// courier returns the client. It goes on to no other host: the token is for
// the server that was named. What changes something goes nowhere else at all.
func courier() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	t.ResponseHeaderTimeout = 2 * time.Minute
	return &http.Client{Transport: t, CheckRedirect: func(q *http.Request, via []*http.Request) error {
		if first := via[0]; first.Method != http.MethodGet || q.URL.Host != first.URL.Host || q.URL.Scheme != first.URL.Scheme || len(via) > 4 {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

// exchange sends q, page after page with -all, and writes the answers.
func (k *caller) exchange(ctx context.Context, q request) error {
	client := courier()
	defer client.CloseIdleConnections()
	if !k.all {
		return k.patiently(ctx, client, q, k.write)
	}
	for seen := map[string]bool{}; ; {
		next := ""
		err := k.patiently(ctx, client, q, func(q request, r *http.Response) (err error) {
			next, err = k.items(r)
			return err
		})
		if err != nil || next == "" {
			return err
		}
		if seen[next] {
			return fmt.Errorf("the pages go round in a circle at %q", next)
		}
		seen[next] = true
		q.query.Set("after", next)
	}
}

// patiently sends q and hands its answer to take; if the connection breaks,
// again, with the same key, so that the server does it once.
func (k *caller) patiently(ctx context.Context, client *http.Client, q request, take func(request, *http.Response) error) error {
	wait := 250 * time.Millisecond
	for n := 1; ; n++ {
		err := k.once(ctx, client, q, take)
		if err == errBusy && ctx.Err() == nil {
			n--
			continue
		}
		var b broken
		if !errors.As(err, &b) {
			return err
		}
		reason := printable(b.Error())
		if n > retries || ctx.Err() != nil || k.started {
			fmt.Fprintln(k.log, k.say("kaishu.call_no_answer", "reason", reason))
			return refused
		}
		fmt.Fprintln(k.log, k.say("kaishu.call_again", "n", n, "most", retries, "reason", reason))
		k.pause(ctx, wait)
		wait *= 4
	}
}

func (k *caller) once(ctx context.Context, client *http.Client, q request, take func(request, *http.Response) error) error {
	h, err := k.message(ctx, q)
	if err != nil {
		return err
	}
	r, err := client.Do(h)
	if err != nil {
		return broken{err}
	}
	defer r.Body.Close()
	switch {
	case r.StatusCode == http.StatusTooManyRequests && k.all: // of many pages, one that comes late is no failure
		return k.wait(ctx, r, "kaishu.call_wait")
	case r.StatusCode == http.StatusConflict && r.Header.Get("Retry-After") != "": // what broke off before is still being carried out
		return k.wait(ctx, r, "kaishu.call_running")
	case r.StatusCode >= 400:
		body, err := io.ReadAll(io.LimitReader(r.Body, maxRead))
		if err != nil {
			return broken{err}
		}
		return k.problem(r.StatusCode, body)
	case r.StatusCode >= 300:
		fmt.Fprintln(k.log, k.say("kaishu.call_elsewhere", "to", printable(r.Header.Get("Location"))))
		return refused
	}
	return take(q, r)
}

// wait waits as long as r says, at most a minute, and returns errBusy.
func (k *caller) wait(ctx context.Context, r *http.Response, word string) error {
	seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
	wait := min(max(time.Second, time.Duration(seconds)*time.Second), time.Minute)
	if err != nil {
		wait = time.Minute
	}
	fmt.Fprintln(k.log, k.say(word, "seconds", int(wait.Seconds())))
	k.pause(ctx, wait)
	return errBusy
}

// message writes q as HTTP.
func (k *caller) message(ctx context.Context, q request) (*http.Request, error) {
	body, size, media, err := k.content(q)
	if err != nil {
		return nil, err
	}
	h, err := http.NewRequestWithContext(ctx, q.route.Method, strings.TrimSuffix(k.server, "/")+q.target(), body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	h.ContentLength = size
	h.Header.Set("Accept-Language", string(k.lang))
	h.Header.Set("User-Agent", "kaishu/"+commit)
	set := func(name, value string) {
		if value != "" {
			h.Header.Set(name, value)
		}
	}
	set("Content-Type", media)
	set("Upload-Offset", k.offset)
	if q.token != "" {
		h.Header.Set("Authorization", "Bearer "+q.token)
	}
	if writes(q.route) {
		set("Idempotency-Key", k.key)
	}
	if k.seen != "" {
		h.Header.Set("If-Match", strconv.Quote(k.seen))
	}
	return h, nil
}

// content opens what q sends; the client closes it.
func (k *caller) content(q request) (body io.Reader, size int64, media string, err error) {
	if q.file == "" {
		if q.body == nil {
			return http.NoBody, 0, "", nil
		}
		return bytes.NewReader(q.body), int64(len(q.body)), "application/json", nil
	}
	f, err := os.Open(q.file)
	if err != nil {
		return nil, 0, "", fmt.Errorf("open file: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, "", fmt.Errorf("open file: %w", err)
	}
	from, _ := strconv.ParseInt(k.offset, 10, 64) // checked before; "" is the beginning
	from = min(from, info.Size())
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		f.Close()
		return nil, 0, "", fmt.Errorf("open file: %w", err)
	}
	media = "application/octet-stream"
	if k.offset != "" {
		media = "application/offset+octet-stream" // of the protocol tus
	}
	if info.Size() == from {
		f.Close()
		return http.NoBody, 0, media, nil
	}
	return f, info.Size() - from, media, nil
}

// write writes an answer: JSON indented, unless it goes to a file; anything
// else as it comes.
func (k *caller) write(q request, r *http.Response) error {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if q.route.Answer != nil && media == "application/json" && k.output == "" {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return broken{err}
		}
		var b bytes.Buffer
		if err := json.Indent(&b, bytes.TrimSpace(body), "", "  "); err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		b.WriteByte('\n')
		_, err = b.WriteTo(k.out)
		return err
	}
	if f, ok := k.out.(*os.File); ok && k.output != "" { // begin anew after a break
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("write file: %w", err)
		}
		if err := f.Truncate(0); err != nil {
			return fmt.Errorf("write file: %w", err)
		}
	}
	out := &outlet{Writer: k.out}
	n, err := io.Copy(out, r.Body)
	k.started = n > 0 && k.output == ""
	if err != nil && out.failed == nil {
		return broken{err}
	}
	if out.failed != nil {
		return fmt.Errorf("write answer: %w", out.failed)
	}
	return nil
}

// outlet remembers whether it was the writing that failed.
type outlet struct {
	io.Writer
	failed error
}

func (o *outlet) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	o.failed = err
	return n, err
}

// items writes the items of a page, one a line, and returns where the next
// page begins; "" on the last.
func (k *caller) items(r *http.Response) (next string, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", broken{err}
	}
	var page struct {
		Items []json.RawMessage `json:"items"`
		Next  string            `json:"next"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return "", fmt.Errorf("read page: %w", err)
	}
	var b bytes.Buffer
	for _, item := range page.Items {
		if err := json.Compact(&b, item); err != nil {
			return "", fmt.Errorf("read page: %w", err)
		}
		b.WriteByte('\n')
	}
	_, err = b.WriteTo(k.out)
	return page.Next, err
}
