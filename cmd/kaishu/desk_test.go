package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/infra/database"
)

// theFile has one cell that does not fit among forty rows.
var theFile = func() string {
	var b strings.Builder
	b.WriteString("code,站名,人数,启用\n0012,静安寺,120,2020-01-02\n0013,人民广场,x,2021-05-06\n")
	for i := range 40 {
		fmt.Fprintf(&b, "%04d,徐家汇%d,%d,2020-01-%02d\n", i+100, i, i*7, i%28+1)
	}
	return b.String()
}()

const (
	deskOf   = "/zh/desk/datasets/"
	declared = "/not_secret"
)

// TestDeskFromFileToRelease is the publisher's daily work without JavaScript:
// every fault at once, the reading steered, four eyes, recall. Articles 9(2),
// 16(1) and 25(1).
func TestDeskFromFileToRelease(t *testing.T) {
	o := openOffice(t)
	slug := ownSlug(t)
	editor, lead := o.as(roleAccount(t, "opn_editor")), o.as(roleAccount(t, "opn_lead"))
	stranger, other := o.as(""), o.as("editor-transport")
	at := deskOf + slug

	stranger.get(t, at).says(t, "a stranger at the desk", http.StatusSeeOther)
	a, b := other.get(t, at), other.get(t, deskOf+"no-such-dataset")
	if a.status != http.StatusNotFound || strings.ReplaceAll(withoutIDs(a.body), slug, "X") != strings.ReplaceAll(withoutIDs(b.body), "no-such-dataset", "X") {
		t.Errorf("another body's editor sees that the dataset has a desk: %d", a.status)
	}
	editor.get(t, at+"/upload").says(t, "upload page", 200, "data-upload=", `name="/not_secret"`)
	lead.get(t, at+"/upload").says(t, "a lead does not upload", http.StatusForbidden)

	editor.upload(t, at+"/upload", "", "", "/updated_on", "2026-13-40", "/kind", "full").
		says(t, "every fault at once", 422, "请先确认文件不含国家秘密", "不是日期", "请选择一个文件")
	editor.upload(t, at+"/upload", "空.csv", "", "/updated_on", "2026-11-01", "/kind", "full", declared, "true").
		says(t, "an empty file", 422, "文件是空的")
	sent := editor.upload(t, at+"/upload", "站.csv", theFile, "/updated_on", "2026-11-01", "/kind", "full", declared, "true")
	sent.says(t, "sent", http.StatusSeeOther)
	version, _, _ := strings.Cut(sent.to, "?")
	// The recipe of earlier files does not fit: said with every difference.
	editor.becomes(t, version, "文件没有读成").says(t, "what differs", 200, "不在读取规则中", "缺少第")
	editor.get(t, "/zh/desk").says(t, "the desk", 200, "站.csv", "轮到您")
	lead.form(t, version+"/settings").says(t, "the lead does not steer", http.StatusForbidden)
	editor.form(t, version+"/settings", "/above", "-3", "/rows", "x", "/longitude", "code").
		says(t, "bad settings", 422, "有下列各项需要改正", "-3")
	editor.form(t, version+"/settings").says(t, "guess anew", http.StatusSeeOther)
	editor.becomes(t, version, "按这张表重新读取").says(t, "what came out", 200, "文件开头的原样", "人民广场", "全部读入")
	editor.form(t, version+"/columns", "/columns/0/name", "站名", "/columns/0/type", "text", "/columns/1/name", "站名", "/columns/1/type", "text",
		"/columns/2/name", "人数", "/columns/2/type", "integer", "/columns/3/name", "启用", "/columns/3/type", "date").
		says(t, "two columns of one name", 422, "重复")
	editor.form(t, version+"/columns", "/columns/0/name", "code", "/columns/0/type", "text", "/columns/1/name", "站名", "/columns/1/type", "text",
		"/columns/2/name", "人数", "/columns/2/type", "integer", "/columns/3/name", "启用", "/columns/3/type", "date").
		says(t, "numbers wanted", http.StatusSeeOther)
	editor.becomes(t, version, "按这张表重新读取").says(t, "what was set aside", 200, "不是整数", "读不进表", "set-aside.ndjson")
	editor.form(t, version+"/columns", "/columns/0/name", "code", "/columns/0/type", "text", "/columns/1/name", "站名", "/columns/1/type", "text",
		"/columns/2/name", "人数", "/columns/2/type", "text", "/columns/3/name", "启用", "/columns/3/type", "date", "/columns/3/drop", "true").
		says(t, "columns chosen", http.StatusSeeOther)
	editor.becomes(t, version, "全部读入")
	lead.becomes(t, version, "核对上面的结果")
	lead.becomes(t, "/zh/inbox", "等待发布")
	editor.form(t, version+"/release").says(t, "the maker does not release", http.StatusForbidden)
	lead.becomes(t, version, "核对上面的结果").says(t, "the lead's page", 200, "退回填报员")
	lead.form(t, version+"/return").says(t, "returned without a reason", 422, "有下列各项需要改正")
	lead.form(t, version+"/return", "/reason", "人数要有单位").says(t, "returned", http.StatusSeeOther)
	editor.becomes(t, "/zh/inbox", "被退回")
	editor.get(t, version).says(t, "the editor sees why", 200, "人数要有单位", "已退回")
	editor.form(t, version+"/columns", "/columns/0/name", "code", "/columns/0/type", "text", "/columns/1/name", "站名", "/columns/1/type", "text",
		"/columns/2/name", "人数（人）", "/columns/2/type", "integer", "/columns/3/name", "启用", "/columns/3/type", "date").
		says(t, "mended", http.StatusSeeOther)
	lead.becomes(t, version, "核对上面的结果")
	lead.form(t, version+"/release").says(t, "released", http.StatusSeeOther)
	stranger.get(t, "/datasets/"+slug+"/versions/latest/a.csv").says(t, "a stranger downloads", 200, "人数（人）", "静安寺")
	lead.form(t, version+"/recall", "/reason", "误传").says(t, "recalled", http.StatusSeeOther)
	n := version[strings.LastIndexByte(version, '/')+1:]
	stranger.get(t, "/datasets/"+slug+"/versions/"+n+"/a.csv").says(t, "recalled is gone", http.StatusGone)
}

// withoutIDs leaves out what differs in any two answers: the id of the request.
func withoutIDs(body string) string {
	return requestID.ReplaceAllString(body, "")
}

// TestReadingCanBeCancelled: giving a version up while its file is read ends
// the work, and nothing comes after.
func TestReadingCanBeCancelled(t *testing.T) {
	o := openOffice(t)
	editor := o.as(roleAccount(t, "opn_editor"))
	var b strings.Builder
	b.WriteString("code,a,b,c\n")
	for i := range 1_500_000 {
		fmt.Fprintf(&b, "%d,%d,%d,%d\n", i, i*7, i%13, i%5)
	}
	sent := editor.upload(t, deskOf+ownSlug(t)+"/upload", "long.csv", b.String(), "/updated_on", "2026-11-01", "/kind", "full", "/not_secret", "true")
	sent.says(t, "sent", http.StatusSeeOther)
	version, _, _ := strings.Cut(sent.to, "?")
	editor.form(t, version+"/discard").says(t, "given up", http.StatusSeeOther)
	until(t, "no job is left", func() bool {
		left := -1
		err := o.db.Read(t.Context(), func(tx *database.Tx) error {
			return tx.QueryRow(`SELECT COUNT(*) FROM job WHERE kind LIKE 'version.%'`).Scan(&left)
		})
		return err == nil && left == 0
	})
	editor.get(t, version).says(t, "its page", 200, "已放弃")
}
