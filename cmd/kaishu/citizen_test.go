package main

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/mail"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"
)

// tab is a browser without JavaScript: it follows links and sends the forms
// that a page shows, with what stands in them.
type tab struct {
	t    *testing.T
	http *http.Client
	base string
	at   *url.URL
	text string
	root *html.Node
}

func newTab(t *testing.T, base string) *tab {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &tab{t: t, http: &http.Client{Jar: jar}, base: base}
}

func (b *tab) load(r *http.Response, err error) *tab {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.at, b.text = r.Request.URL, string(text)
	if b.root, err = html.Parse(bytes.NewReader(text)); err != nil {
		b.t.Fatal(err)
	}
	return b
}

func (b *tab) open(path string) *tab {
	b.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = b.base + path
	}
	q, err := http.NewRequestWithContext(b.t.Context(), "GET", path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	q.Header.Set("Accept", "text/html")
	return b.load(b.http.Do(q))
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func walk(n *html.Node, do func(*html.Node)) {
	do(n)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, do)
	}
}

func textOf(n *html.Node) string {
	var b strings.Builder
	walk(n, func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

// form finds the form with a button of that text, and what stands in it.
func (b *tab) form(button string) (form *html.Node, values url.Values) {
	b.t.Helper()
	walk(b.root, func(n *html.Node) {
		if n.Data == "form" && form == nil {
			walk(n, func(x *html.Node) {
				if x.Data == "button" && textOf(x) == button {
					form = n
				}
			})
		}
	})
	if form == nil {
		b.t.Fatalf("%s has no button %q:\n%s", b.at, button, textOf(b.root))
	}
	values = url.Values{}
	walk(form, func(n *html.Node) {
		name, named := attr(n, "name")
		value, _ := attr(n, "value")
		kind, _ := attr(n, "type")
		_, checked := attr(n, "checked")
		switch {
		case !named || n.Type != html.ElementNode:
		case n.Data == "textarea":
			values.Add(name, textOf(n))
		case n.Data == "button":
			if textOf(n) == button {
				values.Add(name, value)
			}
		case n.Data == "input" && kind != "file" && (kind != "checkbox" && kind != "radio" || checked):
			values.Add(name, value)
		case n.Data == "select":
			walk(n, func(o *html.Node) {
				if _, chosen := attr(o, "selected"); chosen {
					v, _ := attr(o, "value")
					values.Set(name, v)
				}
			})
		}
	})
	return form, values
}

// press sends the form with that button, with pairs of names and values in
// place of what stands there. A name "file:…" sends a file.
func (b *tab) press(button string, pairs ...string) *tab {
	b.t.Helper()
	form, values := b.form(button)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	w.WriteField("csrf", values.Get("csrf"))
	w.WriteField("idempotency", values.Get("idempotency"))
	files := false
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, isFile := strings.CutPrefix(pairs[i], "file:"); isFile {
			files = true
			f, err := w.CreateFormFile(name, "证件.png")
			if err == nil {
				_, err = f.Write([]byte(pairs[i+1]))
			}
			if err != nil {
				b.t.Fatal(err)
			}
			continue
		}
		if values.Del(pairs[i]); pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	action, _ := attr(form, "action")
	to, err := b.at.Parse(action)
	if err != nil {
		b.t.Fatal(err)
	}
	media, sent := "application/x-www-form-urlencoded", io.Reader(strings.NewReader(values.Encode()))
	if files {
		for name, all := range values {
			for _, v := range all {
				if name != "csrf" && name != "idempotency" {
					w.WriteField(name, v)
				}
			}
		}
		w.Close()
		media, sent = w.FormDataContentType(), &body
	}
	q, err := http.NewRequestWithContext(b.t.Context(), "POST", to.String(), sent)
	if err != nil {
		b.t.Fatal(err)
	}
	q.Header.Set("Content-Type", media)
	q.Header.Set("Accept", "text/html")
	q.Header.Set("Origin", b.base)
	return b.load(b.http.Do(q))
}

func (b *tab) says(what ...string) *tab {
	b.t.Helper()
	for _, text := range what {
		if !strings.Contains(textOf(b.root), text) {
			b.t.Fatalf("%s does not say %q:\n%s", b.at, text, textOf(b.root))
		}
	}
	return b
}

// dev signs in as somebody of the sample.
func (b *tab) dev(name string) *tab {
	b.t.Helper()
	b.open("/zh/dev/sign-in").press(name)
	if strings.Contains(b.at.Path, "/rules/accept") {
		b.accept()
	}
	return b
}

// accept accepts the platform's rules.
func (b *tab) accept() *tab {
	b.t.Helper()
	var button string
	walk(b.root, func(n *html.Node) {
		if action, _ := attr(n, "action"); n.Data == "form" && strings.HasSuffix(action, "/rules/accept") {
			walk(n, func(x *html.Node) {
				if x.Data == "button" {
					button = textOf(x)
				}
			})
		}
	})
	return b.press(button)
}

var mailLink = regexp.MustCompile(`http://[^\s"<]+ticket=[A-Za-z0-9_-]+`)

// TestCitizenFromRegistrationToProof is a person's way through the wired
// platform without JavaScript: register, confirm by mail, accept the rules,
// prove who one is, be told; then sign in by password, and recover it.
// Requirements A25.3, A26.1, SM-24.
func TestCitizenFromRegistrationToProof(t *testing.T) {
	post := newPostOffice(t)
	s := startWith(t, seeded(t), []string{"KAISHU_FAIR_USE=0", "KAISHU_SMTP_HOST=127.0.0.1", "KAISHU_SMTP_PORT=" + post.port, "KAISHU_SMTP_TLS=none", "KAISHU_SMTP_FROM=kaishu@example.cn"}, "serve", "--dev")
	p := newTab(t, s.url)
	p.open("/zh/register").press("注册", "/email", "nobody", "/password", "123456").says("有下列各项需要改正")
	if n := strings.Count(p.text, `class="fault"`); n < 3 {
		t.Errorf("%d faults told at once: %s", n, textOf(p.root))
	}
	const password = "四只灰鹭站在水边-2026"
	p.press("注册", "/name", "李雷", "/email", "li.lei@example.cn", "/password", password, "/accept", "true")
	p.open(post.link(t, "li.lei@example.cn"))
	p.press("确认", "/password", password)
	p = newTab(t, s.url)
	p.open("/zh/sign-in").press("登录", "/name", "li.lei@example.cn", "/password", "wrong wrong wrong").says("有下列各项需要改正")
	p.press("登录", "/name", "li.lei@example.cn", "/password", password)
	if p.open("/zh/proof"); !strings.Contains(p.at.Path, "/rules/accept") {
		t.Errorf("the rules do not come first: %s", p.at)
	}
	p.accept()
	p.open("/zh/me").says("李雷")
	p.open("/zh/desk").says("没有这个角色")
	p.open("/zh/proof").press("办理个人实名认证")
	proof := p.at.Path
	p.press("提交", "/name", "", "/number", "310101199003071234").says("有下列各项需要改正")
	if n := strings.Count(p.text, `class="fault"`); n < 3 {
		t.Errorf("%d faults told at once: %s", n, textOf(p.root))
	}
	p.press("先保存", "/name", "李雷", "/document", "id_card", "/number", identityNumber("31010119900307123"))
	p.open(proof).press("上传这份文件", "file:/file", "<script>alert(1)</script>").says("有下列各项需要改正")
	p.open(proof).press("上传这份文件", "file:/file", scan(t))
	p.open(proof).press("提交", "/name", "李雷", "/document", "id_card", "/number", identityNumber("31010119900307123")).says("工作日")
	stranger := newTab(t, s.url).dev("样例个人用户")
	other := textOf(stranger.open(proof).root)
	none := textOf(stranger.open(proof[:len(proof)-1] + "_").root)
	if !strings.Contains(other, "没有") || requestID.ReplaceAllString(other, "") != requestID.ReplaceAllString(none, "") {
		t.Errorf("somebody else's proof is not like none:\n%s\n%s", other, none)
	}
	officer := newTab(t, s.url).dev("样例受理员")
	officer.open("/zh/office/proofs").says("个人实名认证", "还剩5个工作日")
	officer.open(strings.Replace(proof, "/proof/", "/office/proofs/", 1)).press("通过")
	p.open(proof).says("通过")
	p.open("/zh/inbox").says("实名")
	p.open("/zh/me").says("已实名")

	// The same person proves an organisation, and is its administrator then.
	p.open("/zh/proof").press("登记单位并认证")
	body := p.at.Path
	p.press("提交", "/body/zh", "某数据公司", "/body_kind", "enterprise", "/uscc", "91310000MA1FL0000X").says("有下列各项需要改正")
	p.press("先保存", "/body/zh", "某数据公司", "/body_kind", "enterprise", "/uscc", creditCode("91310000MA1FL0001"))
	p.open(body).press("上传这份文件", "file:/file", scan(t))
	p.open(body).press("提交").says("工作日")
	officer.open(strings.Replace(body, "/proof/", "/office/proofs/", 1)).press("退回补正").says("有下列各项需要改正")
	officer.open(strings.Replace(body, "/proof/", "/office/proofs/", 1)).press("通过")
	p.open(body).says("通过")
	p.open("/zh/me").says("某数据公司", "用户单位管理员").press("切换")
	p.open("/zh/organisation").press("发送邀请", "/email", "han.meimei@example.cn", "/roles/-", "org_developer").says("邀请已发出")
	h := newTab(t, s.url)
	h.open("/zh/register").press("注册", "/name", "韩梅梅", "/email", "han.meimei@example.cn", "/password", password, "/accept", "true")
	invitation := post.link(t, "han.meimei@example.cn") // came first
	h.open(post.link(t, "han.meimei@example.cn")).press("确认", "/password", password)
	if h.open("/zh/inbox"); strings.Contains(h.at.Path, "/rules/accept") {
		h.accept()
	}
	h.open(invitation).says("某数据公司").press("接受邀请")
	h.open("/zh/me").says("某数据公司", "用户单位开发人员")

	// A forgotten password: a letter, and every other sign-in ends.
	f := newTab(t, s.url)
	f.open("/zh/recover").press(buttonOf(f), "/email", "li.lei@example.cn")
	f.open(post.link(t, "li.lei@example.cn"))
	f.press(buttonOf(f), "/password", "另一句很长的口令-2026")
	p.open("/zh/me").says("登录")
	if !strings.Contains(p.at.Path, "/sign-in") {
		t.Errorf("an old sign-in goes on after the password was changed: %s", p.at)
	}
}

// buttonOf is the text of the first button of the page's own part.
func buttonOf(b *tab) (text string) {
	walk(b.root, func(n *html.Node) {
		if n.Data == "main" {
			walk(n, func(x *html.Node) {
				if x.Data == "button" && text == "" {
					text = textOf(x)
				}
			})
		}
	})
	return text
}

// postOffice takes letters by SMTP and keeps them by reader, in order.
type postOffice struct {
	port    string
	mu      sync.Mutex
	letters map[string][]string
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	o := &postOffice{port: port, letters: map[string][]string{}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go o.serve(textproto.NewConn(c))
		}
	}()
	return o
}

func (o *postOffice) serve(c *textproto.Conn) {
	defer c.Close()
	to := ""
	c.PrintfLine("220 test")
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(strings.SplitN(line, " ", 2)[0]); verb {
		case "RCPT":
			to = strings.Trim(line[strings.IndexByte(line, ':')+1:], "<> ")
			c.PrintfLine("250 ok")
		case "DATA":
			c.PrintfLine("354 go on")
			data, err := c.ReadDotBytes()
			if err != nil {
				return
			}
			o.keep(to, data)
			c.PrintfLine("250 kept")
		case "QUIT":
			c.PrintfLine("221 bye")
			return
		default:
			c.PrintfLine("250 ok")
		}
	}
}

// keep decodes a letter.
func (o *postOffice) keep(to string, data []byte) {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return
	}
	body := m.Body
	switch strings.ToLower(m.Header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.letters[to] = append(o.letters[to], string(text))
}

// link waits for the next letter with a link to that reader, and returns the
// link as an address on the platform.
func (o *postOffice) link(t *testing.T, to string) (path string) {
	t.Helper()
	until(t, "a letter to "+to, func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		for i, text := range o.letters[to] {
			u, err := url.Parse(mailLink.FindString(text))
			if err == nil && u.Path != "" {
				path, o.letters[to] = u.RequestURI(), o.letters[to][i+1:]
				return true
			}
		}
		return false
	})
	return path
}

// identityNumber adds the check character of GB 11643.
func identityNumber(first string) string {
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(first[i]-'0') * w
	}
	return first + string("10X98765432"[sum%11])
}

// creditCode adds the check character of GB 32100.
func creditCode(first string) string {
	const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	sum, weight := 0, 1
	for _, r := range first {
		sum += strings.IndexRune(letters, r) * weight
		weight = weight * 3 % 31
	}
	return first + string(letters[(31-sum%31)%31])
}

// scan is a small PNG.
func scan(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
