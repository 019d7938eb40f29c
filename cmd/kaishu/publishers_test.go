package main

import (
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/open/openlist"
	"kaishu/internal/people/account"
)

// second has the civil affairs bureau of the sample open a dataset under the
// conditions of the weather service's, with two persons to review it.
func (o *office) second(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	actor := func(id string) permit.Actor {
		a, err := o.actor(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	e, err := o.entries.Get(ctx, permit.Platform, "hourly-weather")
	if err != nil {
		t.Fatal(err)
	}
	d := e.Description
	d.Title, d.Publisher = locale.Text{ZH: "社区人口结构", EN: "Structure of neighbourhoods"}, "civil"
	if _, err := o.entries.Do(ctx, permit.Platform, "neighbourhoods", openlist.Adopt{Description: d, From: locale.Text{ZH: "样例"}}); err != nil {
		t.Fatal(err)
	}
	set, ok, err := o.conditions.Current(ctx, permit.Platform, "hourly-weather")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	draft, err := o.conditions.Draft(ctx, actor("editor-civil"), "neighbourhoods")
	if err == nil {
		_, err = o.conditions.Fill(ctx, actor("editor-civil"), "neighbourhoods", draft.Version, set.Content)
	}
	if err == nil {
		_, err = o.conditions.Propose(ctx, actor("editor-civil"), "neighbourhoods", draft.Version)
	}
	if err == nil {
		_, err = o.conditions.Accept(ctx, actor("lead-civil"), "neighbourhoods", draft.Version)
	}
	if err == nil {
		err = o.accounts.Put(ctx, console, account.Account{ID: "reviewer-civil", Name: "样例审核员（民政）", Organisation: "civil", Roles: []permit.Role{permit.OpnReviewer}})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestOneApplicationTwoPublishers: for an organisation, by pages: two datasets
// of two publishers, the risk of joining assessed by each, one approves and one
// refuses, and the applicant reads both in one file.
func TestOneApplicationTwoPublishers(t *testing.T) {
	o := openOffice(t)
	o.second(t)
	body := o.as("org-admin")
	c := weatherContent()
	c.Datasets = append(c.Datasets, application.Wanted{Dataset: "neighbourhoods", Fields: []string{"date"}, Mode: "file", Months: 6})
	v := asked[application.View](t, body, "POST", "/api/v1/applications", c, http.StatusCreated)
	at, api := "/zh/applications/"+v.Case.ID, "/api/v1/applications/"+v.Case.ID
	if v.Case.Applicant != application.Legal {
		t.Errorf("applies as %s", v.Case.Applicant)
	}
	for _, item := range weatherItems {
		for _, it := range []string{item, strings.Replace(item, "hourly-weather", "neighbourhoods", 1)} {
			body.attach(t, v.Case.ID, it, "&until=2099-12-31").says(t, "attach "+it, http.StatusOK)
		}
	}
	o.as("org-developer").get(t, at).says(t, "a colleague sees the draft", http.StatusOK, "可以提交")
	v = asked[application.View](t, body, "POST", api+"/submit", nil, http.StatusOK)
	o.as("intake").get(t, "/zh/desk/intake/"+v.Case.ID).says(t, "the checklist of both", http.StatusOK, "法人")
	o.accepted(t, v)
	body.get(t, at).says(t, "both publishers", http.StatusOK, "样例市气象部门", "样例市民政部门", "逐时气象要素", "社区人口结构")
	orders := map[string]string{}
	for _, x := range asked[review.OrdersOf](t, body, "GET", api+"/orders", nil, http.StatusOK).Items {
		orders[x.Body] = x.ID
	}
	if len(orders) != 2 {
		t.Fatalf("%v", orders)
	}
	weather, civil := "/zh/desk/orders/"+orders["weather"], "/zh/desk/orders/"+orders["civil"]
	o.as("reviewer-civil").get(t, weather).says(t, "another publisher's order", http.StatusNotFound)
	if page := o.as("reviewer-civil").get(t, civil); strings.Contains(page.body, "hourly-weather%2F") || strings.Count(page.body, "SHA-256") != 4 {
		t.Errorf("the civil bureau sees the weather service's copies: %d", strings.Count(page.body, "SHA-256"))
	}
	for _, x := range []struct{ at, who, dataset string }{{weather, "reviewer-weather", "hourly-weather"}, {civil, "reviewer-civil", "neighbourhoods"}} {
		p := o.as(x.who)
		p.goes(t, "take", x.at+"/take", "/free", "true")
		verdict := []string{"/verdicts/0/dataset", x.dataset, "/verdicts/0/approve", "true", "/verdicts/0/fields/-", "date", "/verdicts/0/mode", "file", "/verdicts/0/months", "6", "/verdicts/0/narrow/fields", "x", "/verdicts/0/narrow/mode", "x", "/verdicts/0/narrow/months", "x"}
		p.form(t, x.at+"/propose", verdict...).says(t, "two conditional datasets are joined", http.StatusUnprocessableEntity, "批准之前须先评估融合风险")
		p.goes(t, "assess", x.at+"/assess", "/linked", "日期", "/person", "low", "/secret", "low", "/public", "low", "/acceptable", "true")
		if x.dataset == "neighbourhoods" {
			verdict = []string{"/verdicts/0/dataset", x.dataset, "/verdicts/0/approve", "false", "/verdicts/0/reasons/0/code", "fusion", "/verdicts/0/reasons/0/text", "与气象合用会推断出住户", "/verdicts/0/remedy", "只申请街道一级"}
		}
		p.goes(t, "propose", x.at+"/propose", verdict...)
		o.as(strings.Replace(x.who, "reviewer", "lead", 1)).goes(t, "confirm", x.at+"/confirm", "/free", "true")
	}
	body.get(t, at).says(t, "both results", http.StatusOK, "获准", "与气象合用会推断出住户", "只申请街道一级", "/zh/letters/"+orders["weather"], "/zh/letters/"+orders["civil"])
	o.as("").get(t, "/zh/statistics/applications").says(t, "counted for legal persons", http.StatusOK, "法人", "50%")
	if v := asked[application.View](t, body, "GET", api, nil, http.StatusOK); v.Case.Stage != application.StageApproved {
		t.Errorf("one of two approved: %s", v.Case.Stage)
	}
	if err := o.replay(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestConditionsChangeWhileAnApplicationIsOpen: it keeps the version under
// which it was made (Article 18(1)).
func TestConditionsChangeWhileAnApplicationIsOpen(t *testing.T) {
	o := openOffice(t)
	v := o.as("person").applies(t)
	ctx := t.Context()
	editor, err := o.actor(ctx, "editor-weather")
	if err != nil {
		t.Fatal(err)
	}
	lead, err := o.actor(ctx, "lead-weather")
	if err != nil {
		t.Fatal(err)
	}
	set, _, err := o.conditions.Current(ctx, permit.Platform, "hourly-weather")
	if err != nil {
		t.Fatal(err)
	}
	next, err := o.conditions.Draft(ctx, editor, "hourly-weather")
	if err != nil {
		t.Fatal(err)
	}
	changed := set.Content
	changed.Materials = append(changed.Materials[:len(changed.Materials):len(changed.Materials)], changed.Materials[0])
	changed.Materials[len(changed.Materials)-1].ID = "one_more"
	changed.Materials[len(changed.Materials)-1].Name = locale.Text{ZH: "再一份材料"}
	changed.Conditions = append(changed.Conditions[:0:0], changed.Conditions...)
	changed.Conditions[0].Allow, changed.Conditions[0].Deny = []string{"research"}, nil // public service is shut out
	for _, do := range []func() error{
		func() error {
			_, err := o.conditions.Fill(ctx, editor, "hourly-weather", next.Version, changed)
			return err
		},
		func() error { _, err := o.conditions.Propose(ctx, editor, "hourly-weather", next.Version); return err },
		func() error { _, err := o.conditions.Accept(ctx, lead, "hourly-weather", next.Version); return err },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	at := "/api/v1/applications/" + v.Case.ID
	asked[application.View](t, o.as("intake"), "POST", at+"/take", nil, http.StatusOK)
	asked[application.View](t, o.as("intake"), "POST", at+"/decline", application.Decline{Faults: []application.Fault{{Item: "scenario", Code: "incomplete"}}, Checked: v.Case.Items}, http.StatusOK)
	again := weatherContent()
	again.Scenario.Benefit = "更详细"
	asked[application.View](t, o.as("person"), "PUT", at, again, http.StatusOK)
	v = asked[application.View](t, o.as("person"), "POST", at+"/submit", nil, http.StatusOK)
	if v.Case.Pins[0].Version != set.Version || len(v.Case.Items) != 9 {
		t.Errorf("pinned to %+v, checklist %v", v.Case.Pins, v.Case.Items)
	}
	o.accepted(t, v)
	order := asked[review.OrdersOf](t, o.as("person"), "GET", at+"/orders", nil, http.StatusOK).Items[0].ID
	o.decides(t, order) // the scenario still stands under the old conditions
	n := asked[application.View](t, o.as("org-admin"), "POST", "/api/v1/applications", weatherContent(), http.StatusCreated)
	o.as("org-admin").send(t, "POST", "/api/v1/applications/"+n.Case.ID+"/submit", "", nil).says(t, "a new one stands under the new conditions", http.StatusUnprocessableEntity, "application.other_scenarios", "hourly-weather~1one_more")
}
