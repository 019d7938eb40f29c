package main

import (
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/open/openlist"
)

// TestNearNamesAreTold: whoever writes an entry whose name is a near duplicate
// of one on the list reads which, and how like, on the page where it is written,
// on that of the order and on that of compliance; it does not stand in the way,
// and is settled by saying what tells the two apart (Article 9(1)).
func TestNearNamesAreTold(t *testing.T) {
	o := openOffice(t)
	editor := o.as("editor-weather")
	known, err := o.entries.Get(t.Context(), permit.Actor{}, ownSlug(t))
	if err != nil {
		t.Fatal(err)
	}
	draft := asked[openlist.Entry](t, editor, "POST", "/api/v1/entries", map[string]any{"slug": "cousin", "title": map[string]string{"zh": known.Title.ZH + "一览表"}, "domain": "environment", "frequency": "yearly", "opening": "unconditional"}, http.StatusCreated)
	order := editor.begins(t, "cousin", "list")
	for name, path := range map[string]string{"editor": "/zh/desk/list/cousin", "order": strings.Replace(order, orderAPI, "/zh/desk/list/orders/", 1), "compliance": "/zh/datasets/cousin/compliance"} {
		editor.get(t, path).says(t, name, 200, "与“"+known.Title.ZH+"”（"+known.Slug+"）相似9")
	}
	status, _, body := editor.ask(t, "GET", "/api/v1/datasets/cousin/compliance", nil)
	_, notes, told := strings.Cut(body, `"notes"`)
	if status != 200 || !told || !strings.Contains(notes, "openlist.name_near") {
		t.Errorf("not a note: %d %s", status, body)
	}
	d := draft.Description
	d.Distinct = "按区汇总"
	asked[openlist.Entry](t, editor, "PUT", "/api/v1/datasets/cousin/draft", d, 200)
	if _, _, body := editor.ask(t, "GET", "/api/v1/datasets/cousin/compliance", nil); strings.Contains(body, "name_near") {
		t.Errorf("said what tells them apart, and told again: %s", body)
	}
}
