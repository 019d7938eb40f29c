package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"kaishu/internal/base/workday"
	"kaishu/internal/use/rightsclaim"
)

// complainsByForm files a complaint by the pages, without an account, and
// returns number, code and the case's id.
func (o *office) complainsByForm(t *testing.T, slug string) (number, code, id string) {
	t.Helper()
	nobody, at := o.as(""), "/zh/datasets/"+slug+"/complain"
	nobody.get(t, at).says(t, "the form", 200, "个人隐私", "商业秘密", `name="/file"`, "1个工作日")
	nobody.upload(t, at, "", "", "/right", "", "/claim", "").says(t, "every fault at once", 422, "请选择哪种权益", "请选择是数据开放还是他人利用", "此项必填", `href="#f-file"`)
	nobody.upload(t, at, "a.exe", "MZ", "/right", "privacy", "/cause", "opening", "/claim", "").says(t, "of the file too", 422, `href="#f-claim"`, `href="#f-file"`)
	a := nobody.upload(t, at, "proof.png", picture(t).String(), "/right", "privacy", "/cause", "opening", "/claim", "张三认为第三行就是他家", "/contact", "13800138000")
	a.says(t, "received", 200, "请记下编号和查询码")
	got := regexp.MustCompile(`<code>(QY-[0-9-]+)</code>[\s\S]*<code>([0-9a-z-]+)</code>`).FindStringSubmatch(a.body)
	if got == nil {
		t.Fatalf("no receipt: %s", a.body)
	}
	v := asked[rightsclaim.View](t, nobody, "POST", complaints+"/follow", rightsclaim.Key{Number: got[1], Code: got[2]}, 200)
	return got[1], got[2], v.Case.ID
}

// TestAComplaintByForms walks the pages of rights protection: form, follow-up,
// desk, public list.
func TestAComplaintByForms(t *testing.T) {
	o := openOffice(t)
	nobody, lead := o.as(""), o.as("lead-weather")
	number, code, id := o.complainsByForm(t, weatherSet)
	key := []string{"/number", number, "/code", code}
	nobody.form(t, "/zh/complaints/follow", "/number", number, "/code", "x").says(t, "another code", 422, "没有这个编号和查询码")
	nobody.form(t, "/zh/complaints/follow", key...).says(t, "followed", 200, "张三认为", "待决定是否中止", "proof.png", "删除我的联系方式")
	nobody.upload(t, "/zh/complaints/evidence", "", "", key...).says(t, "no file", 422, "此项必填")
	nobody.upload(t, "/zh/complaints/evidence", "more.png", picture(t).String(), key...).says(t, "added", 200, "证据已补充", "more.png")
	nobody.form(t, "/zh/complaints/forget", key...).says(t, "forgotten", 200, "联系方式已删除")
	nobody.get(t, "/zh/complaints/"+id).says(t, "no case to strangers", 404)

	desk := "/zh/desk/complaints/" + id
	o.as("editor-weather").get(t, desk).says(t, "not the editor's", 403)
	o.as("lead-civil").get(t, desk).says(t, "not another body's", 404)
	lead.get(t, "/zh/desk/complaints").says(t, "the queue", 200, number, "数据开放主体")
	o.as("operator").get(t, "/en/desk/complaints").says(t, "the centre's", 200, number)
	lead.get(t, desk).says(t, "the case", 200, "张三认为", "中止开放并核实", "要求补充证据")
	o.as("authority").get(t, desk).lacks(t, "张三认为")
	lead.form(t, desk+"/suspend").says(t, "without a reason", 422, "此项必填")
	lead.goes(t, "ask", desk+"/ask", "/wanted", "请补充能够辨认的截图")
	nobody.form(t, "/zh/complaints/follow", key...).says(t, "asked", 200, "请补充能够辨认的截图", "请按要求补充证据")
	lead.goes(t, "verify", desk+"/verify", "/ground", "范围很小")
	lead.goes(t, "suspend", desk+"/suspend", "/reason", "疑似可以识别到个人")
	page := nobody.get(t, "/zh/suspensions")
	page.says(t, "in public", 200, "现在中止", "疑似可以识别到个人", "核实中")
	page.lacks(t, number, "张三")
	lead.goes(t, "extend", desk+"/extend", "/reason", "需要会商")
	lead.form(t, desk+"/process", "/account", "a").says(t, "half a report", 422, "此项必填")
	lead.goes(t, "process", desk+"/process", "/account", "已核对原表", "/summary", "已确认涉及个人", "/reply", "您反映的情况属实", "/plan_on", string(workday.Of(o.clock.Now()).AddDays(20)))
	lead.form(t, desk+"/reopen").says(t, "nothing is new", 422, "还没有处理后的新版本", "还没有重新定级")
	nobody.get(t, "/en/suspensions").says(t, "the result", 200, "To open again on", "已确认涉及个人")
	page = nobody.form(t, "/zh/complaints/follow", key...)
	page.says(t, "the answer", 200, "您反映的情况属实")
	page.lacks(t, "已核对原表")
	lead.form(t, desk+"/refuse", "/reason", "x").says(t, "not any more", 422)
	lead.form(t, desk+"/resume").says(t, "nor this", 422)
}

// TestAUserDeletesByForm: what a data user is told to delete, and his receipt.
func TestAUserDeletesByForm(t *testing.T) {
	o := openOffice(t)
	o.granted(t)
	_, _, id := o.complainsByForm(t, "hourly-weather")
	user, desk := o.as("person"), "/zh/desk/complaints/"+id
	user.get(t, "/zh/my/deletions").says(t, "nothing yet", 200, "没有要求您删除的数据")
	o.as("lead-weather").goes(t, "suspend", desk+"/suspend", "/reason", "核实")
	o.as("lead-weather").goes(t, "withdraw", desk+"/withdraw", "/account", "已核对原表", "/summary", "涉及个人隐私", "/reply", "您反映的情况属实")
	a := user.get(t, "/zh/my/deletions")
	a.says(t, "told to delete", 200, "涉及个人隐私", "确认已删除")
	a.lacks(t, "张三", "QY-")
	at := regexp.MustCompile(`/zh/my/deletions/[^"/]+/acknowledge`).FindString(a.body)
	application := regexp.MustCompile(`name="/user" value="([^"]+)"`).FindStringSubmatch(a.body)
	if at == "" || application == nil {
		t.Fatal(a.body)
	}
	user.form(t, at, "/user", application[1]).says(t, "says nothing", 422, "此项必填")
	o.as("org-developer").form(t, at, "/user", application[1], "/note", "已删除").says(t, "not his", 404)
	user.goes(t, "receipt", at, "/user", application[1], "/note", "数据和备份均已删除")
	user.get(t, "/zh/my/deletions").says(t, "done", 200, "并回执", "数据和备份均已删除")
	o.as("lead-weather").get(t, desk).says(t, "the lead sees it", 200, "数据和备份均已删除", "撤回工单")
	o.as("").get(t, "/zh/my/deletions").says(t, "sign in first", http.StatusSeeOther)
}

// lacks checks that an answer holds none of the words.
func (a answer) lacks(t *testing.T, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(a.body, w) {
			t.Errorf("the page says %q", w)
		}
	}
}
