package main

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/open/objection"
	"kaishu/internal/site/dataset"
	"kaishu/internal/site/layout/sitetest"
)

const (
	objectPage  = "/zh/datasets/" + weatherSet + "/object"
	followPage  = "/zh/objections/follow"
	publicPages = "/zh/objections"
	doubtDesk   = "/zh/desk/objections/"
)

var codeShown = regexp.MustCompile(`<code>((?:YY-\d{4}-\d{6})|(?:[0-9a-z]{5}-[0-9a-z]{5}-[0-9a-z]{5}))</code>`)

// objects sends the public form, with a picture as evidence, and returns the
// number and the code that are shown once.
func (p *person) objects(t *testing.T, pairs ...string) (number, code string, a answer) {
	t.Helper()
	var b bytes.Buffer
	io.Copy(&b, picture(t))
	a = p.upload(t, objectPage, "照片.png", b.String(), pairs...)
	m := codeShown.FindAllStringSubmatch(a.body, -1)
	if a.status != http.StatusOK || len(m) != 2 {
		t.Fatalf("%d %v: %.3000s", a.status, m, a.body)
	}
	return m[0][1], m[1][1], a
}

// caseOf is the id of the only objection that is open.
func (o *office) caseOf(t *testing.T) string {
	t.Helper()
	p := asked[objection.Page](t, o.as("quality"), "GET", objections+"/queue", nil, 200)
	if len(p.Items) != 1 {
		t.Fatalf("queue: %+v", p)
	}
	return p.Items[0].ID
}

// faultless holds pages to what each page owes its readers, in both languages.
func (p *person) faultless(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		for _, l := range locale.Langs {
			at := strings.Replace(path, "/zh/", "/"+string(l)+"/", 1)
			a := p.get(t, at)
			if a.status != http.StatusOK {
				t.Errorf("%s: %d", at, a.status)
			}
			for _, fault := range sitetest.Faults(l, a.body) {
				t.Errorf("%s as %q: %s", at, p.account, fault)
			}
		}
	}
}

// TestObjectionByForms leads an objection through the pages, without
// JavaScript and without an account: the form, the code that is shown once,
// the desk's steps in turn, the mark on dataset, field and interface, the public
// reply, one re-opening. SM-15, Article 16.
func TestObjectionByForms(t *testing.T) {
	o := openOffice(t)
	nobody, quality, editor, lead := o.as(""), o.as("quality"), o.as("editor-weather"), o.as("lead-weather")
	nobody.get(t, "/zh/datasets/"+weatherSet).says(t, "the way to the form", 200, objectPage, "/objections")
	nobody.get(t, objectPage+"?field=wind").says(t, "the field is chosen", 200, `value="wind" checked`, `value="field" checked`)
	nobody.upload(t, objectPage, "a.png", "<script>", "/target", "field", "/fault", "", "/contact", strings.Repeat("1", 201)).
		says(t, "every fault at once", 422, `href="#f-fields"`, `href="#f-fault"`, `href="#f-claim"`, `href="#f-contact"`, `href="#f-file"`)
	nobody.upload(t, objectPage, "", "", "/target", "rows", "/rows", "2012-01-01\n"+strings.Repeat("长", 201), "/fault", "other", "/claim", "x").says(t, "rows in one box", 422, `href="#f-rows"`)
	form := []string{"/once", "0123456789abcdef0123456789abcdef", "/target", "field", "/fields/-", "wind", "/fault", "wrong_value", "/claim", "张三认为三月的风速都是零", "/suggested", "4.7", "/contact", "13800138000"}
	number, code, receipt := nobody.objects(t, form...)
	if again, same, _ := nobody.objects(t, form...); again != number || same != code {
		t.Errorf("sent twice: %s %s, then %s %s", number, code, again, same)
	}
	nobody.upload(t, objectPage, "", "", append(form[:len(form)-4:len(form)-4], "/suggested", "5.0")...).says(t, "another value under the same key", 422, "此前已用同一标识提交过其他内容")
	for _, fault := range sitetest.Faults(locale.ZH, receipt.body) {
		t.Error(fault)
	}
	key := []string{"/number", number, "/code", code}
	nobody.form(t, followPage, key...).says(t, "followed up", 200, "张三认为三月的风速都是零", "13800138000", "照片.png", "大数据中心正在安排初步核对")
	nobody.form(t, followPage, "/number", number, "/code", "00000-00000-00000").says(t, "another code", 422, "没有这个编号和查询码的异议")
	id := o.caseOf(t)
	at := doubtDesk + id
	for _, who := range []*person{nobody, lead, o.as("person")} {
		who.get(t, publicPages+"/"+id).says(t, "not public yet", 404)
	}
	lead.get(t, at).says(t, "the centre looks first", 404)
	quality.get(t, "/zh/desk/objections").says(t, "the centre's queue", 200, number, "还剩2个工作日")
	quality.form(t, at+"/triage", "/fault", "none").says(t, "refused on its page", 422, "请选择问题的种类")
	quality.form(t, at+"/triage", "/fault", "wrong_value", "seen", "1").says(t, "looked at", http.StatusSeeOther)
	quality.form(t, at+"/refuse", "/reason", "给13800138000打电话").says(t, "no reason with a number", 422, `href="#f-channel"`, `href="#f-reason"`)
	quality.form(t, at+"/mark", "/summary", "三月的风速疑似有误", "seen", "1").says(t, "it has moved", 422, "又有1步进展")
	quality.form(t, at+"/mark", "/summary", "三月的风速疑似有误", "seen", "2").says(t, "marked", http.StatusSeeOther)
	o.marksEverywhere(t, number, id)

	editor.get(t, "/zh/desk/objections").says(t, "the publisher's list", 200, number)
	if a := o.as("editor-civil").get(t, "/zh/desk/objections"); strings.Contains(a.body, number) {
		t.Error("another body's list has it")
	}
	quality.faultless(t, "/zh/desk/objections", at)
	link := regexp.MustCompile(`href="(/zh/objections/` + id + `/evidence/[^"]+)"`)
	m := link.FindStringSubmatch(quality.get(t, at).body)
	if m == nil {
		t.Fatal("the desk does not lead to the evidence")
	}
	quality.get(t, m[1]).says(t, "the evidence", 200)
	for _, who := range []*person{nobody, o.as("person"), o.as("editor-civil")} {
		who.get(t, m[1]).says(t, "the evidence of a stranger", 404)
		if a := who.form(t, followPage, key...); link.MatchString(a.body) {
			t.Error("who has the code is led to what he cannot open")
		}
	}
	nobody.form(t, publicPages+"/forget", key...).says(t, "the contact is erased", 200, "您的联系方式已删除")
	nobody.upload(t, publicPages+"/evidence", "", "", key...).says(t, "no file", 422, `href="#f-file"`)
	var more bytes.Buffer
	io.Copy(&more, picture(t))
	nobody.upload(t, publicPages+"/evidence", "第二张.png", more.String(), key...).says(t, "more evidence", 200, "证据已补充", "第二张.png")
	step := func(who *person, verb string, pairs ...string) {
		t.Helper()
		who.faultless(t, at)
		who.form(t, at+verb, pairs...).says(t, verb, http.StatusSeeOther)
	}
	step(editor, "/trace", "/source", "气象局观测系统")
	editor.form(t, at+"/find", "/reply", "x").says(t, "no answer is chosen beforehand", 422, `href="#f-established"`, `href="#f-account"`)
	step(editor, "/find", "/established", "true", "/account", "已核对原始记录", "/reply", "确有错误")
	editor.form(t, at+"/confirm").says(t, "four eyes", 403)
	step(lead, "/redo", "/reason", "请附原始记录")
	editor.get(t, at).says(t, "why it was given back", 200, "请附原始记录")
	step(editor, "/find", "/established", "true", "/account", "已附原始记录", "/reply", "确有错误")
	step(lead, "/confirm")
	editor.get(t, at).says(t, "nothing to name yet", 200, "标注之后还没有发布过新版本")
	editor.form(t, at+"/correct", "/note", "x").says(t, "a correction is a version", 422)
	n := itoa(o.releases(t))
	editor.get(t, at).says(t, "the new version is offered", 200, `<option value="`+n+`"`)
	step(editor, "/correct", "/version", n, "/note", "已重导")
	step(quality, "/send_back", "/reason", "还有一处")
	step(editor, "/correct", "/version", n, "/note", "再次核对")
	quality.form(t, at+"/close", "/reply", "三月的风速已更正").says(t, "unseen", 422, "请先核对更正后的数据")
	step(quality, "/close", "/reply", "三月的风速已更正", "/checked", "true")
	nobody.get(t, "/zh/datasets/"+weatherSet+"/objections").says(t, "the reply", 200, "三月的风速已更正", "现在没有异议标注")
	if a := nobody.get(t, "/zh/datasets/"+weatherSet); strings.Contains(a.body, "正在核实的异议") {
		t.Error("the mark stays on the page")
	}
	nobody.upload(t, publicPages+"/reopen", "", "", append(key, "/claim", "")...).says(t, "nothing new", 422, `href="#f-claim"`)
	nobody.upload(t, publicPages+"/reopen", "四月.png", more.String(), append(key, "/claim", "四月也是零")...).says(t, "once more", 200, "已申请重新办理", "四月.png")
	nobody.upload(t, publicPages+"/reopen", "", "", append(key, "/claim", "五月也是零")...).says(t, "not twice", 422)
	nobody.faultless(t, publicPages, publicPages+"/"+id, "/zh/datasets/"+weatherSet+"/objections", objectPage)
	step(quality, "/escalate")
	lead.faultless(t, at)
	step(lead, "/suspend", "/reason", "核实隐私")
	nobody.get(t, objectPage).says(t, "one can still object to what is suspended", 200)
}

// marksEverywhere: while an objection stands, everybody sees the mark and
// nobody sees who objected.
func (o *office) marksEverywhere(t *testing.T, number, id string) {
	t.Helper()
	nobody := o.as("")
	for _, tab := range []string{"", "/fields", "/statistics", "/versions", "/api"} {
		nobody.get(t, "/zh/datasets/"+weatherSet+tab).says(t, "the mark on the dataset "+tab, 200, "正在核实的异议", number, "三月的风速疑似有误")
	}
	row := regexp.MustCompile(`<code>(\w+)</code>[^\n]*?</th>`)
	for _, m := range row.FindAllStringSubmatch(nobody.get(t, "/zh/datasets/"+weatherSet+"/fields").body, -1) {
		if marked := strings.Contains(m[0], "异议标注"); marked != (m[1] == "wind") {
			t.Errorf("the row of %s is marked: %t", m[1], marked)
		}
	}
	d := asked[dataset.Detail](t, nobody, "GET", "/api/v1/datasets/"+weatherSet, nil, 200)
	if len(d.Objections) != 1 || d.Objections[0].Number != number {
		t.Errorf("the interface says %+v", d.Objections)
	}
	for _, f := range d.Fields {
		if f.Objected != (f.Name == "wind") {
			t.Errorf("the interface marks %s: %t", f.Name, f.Objected)
		}
	}
	for _, path := range []string{publicPages, publicPages + "/" + id, "/zh/datasets/" + weatherSet + "/objections", "/zh/datasets/" + weatherSet} {
		if a := nobody.get(t, path); a.status != 200 || strings.Contains(a.body, "张三") || strings.Contains(a.body, "13800138000") || strings.Contains(a.body, "照片") {
			t.Errorf("%s: %d, tells who objected: %s", path, a.status, a.body)
		}
	}
}

// TestAnObjectionThatIsNone: the objector reads the other way, nobody else
// reads anything.
func TestAnObjectionThatIsNone(t *testing.T) {
	o := openOffice(t)
	person := o.as("person")
	person.objects(t, "/target", "rows", "/rows", "date=2012-01-01\r\n\r\ndate=2012-01-02\r\n", "/fault", "other", "/claim", "我不服处罚决定")
	id := o.caseOf(t)
	at := doubtDesk + id
	o.as("quality").get(t, at).says(t, "two rows", 200, "2行数据", "<code>date=2012-01-02</code>", "我不服处罚决定")
	o.as("quality").form(t, at+"/triage", "/fault", "other").says(t, "looked at", http.StatusSeeOther)
	o.as("quality").form(t, at+"/refuse", "/channel", "administrative", "/reason", "请申请行政复议").says(t, "refused", http.StatusSeeOther)
	person.get(t, publicPages+"/"+id).says(t, "the objector reads why", 200, "请申请行政复议", "行政复议或行政诉讼")
	person.get(t, publicPages).says(t, "and finds it in his list", 200, publicPages+"/"+id)
	for _, who := range []string{"", "org-developer", "lead-weather"} {
		o.as(who).get(t, publicPages+"/"+id).says(t, "nobody else: "+who, 404)
		o.as(who).get(t, at).says(t, "nor at the desk: "+who, map[string]int{"": http.StatusSeeOther, "org-developer": http.StatusForbidden, "lead-weather": http.StatusNotFound}[who])
	}
	if a := o.as("").get(t, publicPages); strings.Contains(a.body, id) {
		t.Error("it stands in the public list")
	}
}

// TestEvidenceByProgram: the code comes in a header, the file is the body.
func TestEvidenceByProgram(t *testing.T) {
	o := openOffice(t)
	nobody := o.as("")
	got, _ := nobody.object(t, windy())
	send := func(number, code, content string) (int, string) {
		t.Helper()
		status, _, body := nobody.ask(t, "POST", objections+"/evidence?name=a.png&number="+number, strings.NewReader(content), objection.CodeHeader, code, "Content-Type", "image/png")
		return status, body
	}
	var b bytes.Buffer
	io.Copy(&b, picture(t))
	if status, body := send(got.Number, got.Code, b.String()); status != 200 || !strings.Contains(body, `"a.png"`) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := send(got.Number, got.Code, "<script>"); status != 422 || !strings.Contains(body, "#/file") {
		t.Errorf("no picture: %d %s", status, body)
	}
	for _, other := range [][2]string{{got.Number, "00000-00000-00000"}, {got.Number, ""}, {"YY-2026-999999", got.Code}} {
		if status, body := send(other[0], other[1], b.String()); status != 404 || !strings.Contains(body, "objection.no_such_code") {
			t.Errorf("%v: %d %s", other, status, body)
		}
	}
	for range objection.MaxFiles - 1 {
		send(got.Number, got.Code, b.String())
	}
	if status, body := send(got.Number, got.Code, b.String()); status != 422 || !strings.Contains(body, "objection.too_many_files") {
		t.Errorf("without end: %d %s", status, body)
	}
	if v := asked[objection.View](t, o.as("quality"), "GET", objections+"/"+got.ID, nil, 200); len(v.Evidence) != objection.MaxFiles || len(v.Case.Files) != objection.MaxFiles {
		t.Errorf("kept %d, said %d", len(v.Evidence), len(v.Case.Files))
	}
}
