package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/obtain/agreement"
	"kaishu/internal/obtain/review"
)

const secretWord = "correct horse battery staple 9"

// withPassword gives accounts a password, as each does on his own page.
func (o *office) withPassword(t *testing.T, accounts ...string) {
	t.Helper()
	for _, account := range accounts {
		who, err := o.actor(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		who.Session = "session-of-" + account
		if err := o.accounts.ChangePassword(t.Context(), who, "", secretWord, ""); err != nil {
			t.Fatal(err)
		}
	}
}

// agreed goes the way to an approved application and returns its agreement, as
// its applicant sees it.
func (o *office) agreed(t *testing.T) agreement.View {
	t.Helper()
	v := o.as("person").applies(t)
	o.accepted(t, v)
	order := asked[review.OrdersOf](t, o.as("person"), "GET", "/api/v1/applications/"+v.Case.ID+"/orders", nil, http.StatusOK).Items[0].ID
	o.decides(t, order)
	for range 200 {
		if all := asked[agreement.Page](t, o.as("person"), "GET", "/api/v1/agreements", nil, http.StatusOK).Items; len(all) > 0 && all[0].Stage == agreement.StageGenerated {
			return asked[agreement.View](t, o.as("person"), "GET", "/api/v1/agreements/"+agreement.IDFor(order), nil, http.StatusOK)
		}
		time.Sleep(20 * time.Millisecond) // the reaction follows the commit
	}
	t.Fatal("no agreement follows the approval")
	return agreement.View{}
}

func signing(hash string) agreement.SignBody {
	return agreement.SignBody{Signing: agreement.Signing{SHA256: hash, Read: true}, Proof: agreement.Proof{Present: secretWord}}
}

// signed has both sides sign.
func (o *office) signed(t *testing.T, v agreement.View) agreement.View {
	t.Helper()
	at := "/api/v1/agreements/" + v.Agreement.ID
	asked[agreement.View](t, o.as("person"), "POST", at+"/sign", signing(v.Agreement.SHA256), http.StatusOK)
	return asked[agreement.View](t, o.as("lead-weather"), "POST", at+"/countersign", signing(v.Agreement.SHA256), http.StatusOK)
}

// TestAgreementIsSignedByBothAndVerifiesOffline goes the whole way of Article
// 20: approved, generated, signed by the applicant, signed by the lead, in
// force, a signed copy that verifies without the platform.
func TestAgreementIsSignedByBothAndVerifiesOffline(t *testing.T) {
	o := openOffice(t)
	o.withPassword(t, "person", "lead-weather")
	v := o.agreed(t)
	person, lead, at := o.as("person"), o.as("lead-weather"), "/api/v1/agreements/"+v.Agreement.ID
	a := v.Agreement
	if !strings.HasPrefix(a.Number, "XY-") || v.Left.Days != 10 || v.Turn != agreement.SideUser || len(a.Datasets) != 1 || strings.Join(a.Datasets[0].Fields, " ") != "date temperature" || a.Datasets[0].PerMinute != 60 {
		t.Fatalf("generated: %+v", v)
	}
	for _, want := range []string{"样例个人用户", "户外作业高温提醒", "date、temperature", "违约责任"} {
		if !strings.Contains(v.Text, want) {
			t.Errorf("no %q in\n%s", want, v.Text)
		}
	}
	if !person.told(t, "agreement.generated") || !lead.told(t, "agreement.generated") {
		t.Error("a side was not told")
	}

	person.send(t, "POST", at+"/sign", jsonMedia, strings.NewReader(`{"sha256":"x","present":"wrong"}`)).
		says(t, "signed unread, by somebody else's password", http.StatusUnprocessableEntity, "/sha256", "/read", "/present")
	lead.send(t, "POST", at+"/countersign", jsonMedia, strings.NewReader(`{}`)).says(t, "the lead first", http.StatusConflict)
	o.as("lead-civil").send(t, "POST", at+"/countersign", jsonMedia, strings.NewReader(`{}`)).says(t, "another body's lead", http.StatusNotFound)
	person.get(t, at+"/copy").says(t, "a copy before the signatures", http.StatusConflict)
	asked[agreement.View](t, person, "POST", at+"/sign", signing(a.SHA256), http.StatusOK)
	if o.inForce(t, a.Application) {
		t.Error("in force with one signature")
	}
	lead.send(t, "POST", at+"/countersign", jsonMedia, strings.NewReader(fmt.Sprintf(`{"sha256":%q,"read":true}`, a.SHA256))).says(t, "without a password", http.StatusUnprocessableEntity, "/present")
	v = asked[agreement.View](t, lead, "POST", at+"/countersign", signing(a.SHA256), http.StatusOK)
	if v.Agreement.Stage != agreement.StageEffective || len(v.Agreement.Signed()) != 2 || v.Agreement.Until == "" {
		t.Fatalf("signed: %+v", v.Agreement)
	}
	if !o.inForce(t, a.Application) || !o.as("engineer").told(t, "agreement.delivery") {
		t.Error("not in force, or nobody is to deliver")
	}
	o.verifies(t, at)
	if n, err := o.agreements.Replay(t.Context(), permit.Platform); err != nil || n != 1 {
		t.Errorf("replayed %d: %v", n, err)
	}
}

// inForce reports whether the sample's data is given by an application.
func (o *office) inForce(t *testing.T, caseID string) (ok bool) {
	t.Helper()
	err := o.db.Read(t.Context(), func(tx *database.Tx) error {
		g, _, found, err := o.agreements.InForceTx(tx, permit.Platform, agreement.Holder{Application: caseID, Account: "person"}, "hourly-weather")
		if found && (len(g.Fields) != 2 || g.Until == "" || g.Mode != "api") {
			t.Errorf("given: %+v", g)
		}
		if _, _, other, err := o.agreements.InForceTx(tx, permit.Platform, agreement.Holder{Account: "person-2"}, "hourly-weather"); other || err != nil {
			t.Errorf("in force for somebody else: %t %v", other, err)
		}
		if _, _, anybody, err := o.agreements.InForceTx(tx, permit.Platform, agreement.Holder{}, "hourly-weather"); anybody || err != nil {
			t.Errorf("in force for nobody in particular: %t %v", anybody, err)
		}
		ok = found
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// verifies takes the signed copy away and verifies it by the command, as it is
// and with each part changed.
func (o *office) verifies(t *testing.T, at string) {
	t.Helper()
	dir := t.TempDir()
	copied, keys := o.as("person").get(t, at+"/copy"), o.as("").get(t, "/api/v1/agreements/keys")
	copied.says(t, "the copy", http.StatusOK)
	keys.says(t, "the keys", http.StatusOK, "BEGIN PUBLIC KEY")
	path, keyPath := filepath.Join(dir, "a.json"), filepath.Join(dir, "keys.pem")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(path, copied.body)
	write(keyPath, keys.body)
	if err := verifyAgreement(t.Context(), Config{}, []string{path, "-key", keyPath}); err != nil {
		t.Errorf("the copy does not verify: %v", err)
	}
	if err := verifyAgreement(t.Context(), Config{}, []string{path}); err != nil {
		t.Errorf("the copy does not verify by its own key: %v", err)
	}
	for name, spoil := range map[string]func(c *agreement.Copy){
		"text":            func(c *agreement.Copy) { c.Text = strings.Replace(c.Text, "12个月", "36个月", 1) },
		"text and hash":   func(c *agreement.Copy) { c.Text += "x"; c.SHA256 = agreement.Hash(c.Text) },
		"all hashes":      func(c *agreement.Copy) { c.Text += "x"; rehash(c) },
		"last day":        func(c *agreement.Copy) { c.Until = "2099-12-31" },
		"signer":          func(c *agreement.Copy) { c.Signatures[0].By = "somebody" },
		"time":            func(c *agreement.Copy) { c.Signatures[0].At = c.Signatures[0].At.Add(time.Hour) },
		"one signature":   func(c *agreement.Copy) { c.Signatures = c.Signatures[:1] },
		"one side twice":  func(c *agreement.Copy) { c.Signatures[1].Side = agreement.SideUser },
		"number":          func(c *agreement.Copy) { c.Number = "XY-2026-999999" },
		"edition":         func(c *agreement.Copy) { c.Edition++ },
		"seal":            func(c *agreement.Copy) { c.Seal.Ed25519 = c.Seal.SM2 },
		"second seal":     func(c *agreement.Copy) { c.Seal.SM2 = c.Seal.Ed25519 },
		"another format":  func(c *agreement.Copy) { c.Format = "pdf" },
		"no public keys":  func(c *agreement.Copy) { c.PublicKeys = "" },
		"another's sides": func(c *agreement.Copy) { c.Signatures[0].Side = "authority" },
	} {
		var c agreement.Copy
		if err := json.Unmarshal([]byte(copied.body), &c); err != nil {
			t.Fatal(err)
		}
		spoil(&c)
		text, _ := json.Marshal(c)
		if _, err := agreement.Verify(text, ""); err == nil {
			t.Errorf("a copy with another %s verifies", name)
		}
	}
	write(path, strings.Replace(copied.body, "户外作业", "室内作业", 1))
	if err := verifyAgreement(t.Context(), Config{}, []string{path, "-key", keyPath}); err == nil {
		t.Error("a tampered copy verifies")
	}
}

func rehash(c *agreement.Copy) {
	c.SHA256 = agreement.Hash(c.Text)
	for i := range c.Signatures {
		c.Signatures[i].SHA256 = c.SHA256
	}
}

// TestUnsignedAgreementLapses: ten working days, then it is over; nothing signs
// by itself.
func TestUnsignedAgreementLapses(t *testing.T) {
	now := clock.At(workday.Date("2026-03-02").Time().Add(9 * time.Hour))
	o := openOfficeAt(t, now)
	o.withPassword(t, "person", "lead-weather")
	v := o.agreed(t)
	person, at := o.as("person"), "/api/v1/agreements/"+v.Agreement.ID
	day := func(d workday.Date) agreement.View {
		t.Helper()
		now.Advance(d.Time().Add(8 * time.Hour).Sub(now.Now()))
		for range 2 { // the clock may repeat
			if _, err := o.agreements.Today(t.Context(), permit.Platform); err != nil {
				t.Fatal(err)
			}
		}
		return asked[agreement.View](t, person, "GET", at, nil, http.StatusOK)
	}
	due := v.Agreement.Clock.Due.Day
	if due != "2026-03-16" {
		t.Fatalf("due %s", due)
	}
	if day("2026-03-06"); person.told(t, "agreement.unsigned") {
		t.Error("reminded too early")
	}
	if day("2026-03-09"); !person.told(t, "agreement.unsigned") {
		t.Error("not reminded")
	}
	if v = day(due); v.Agreement.Stage != agreement.StageGenerated {
		t.Errorf("on the last day: %s", v.Agreement.Stage)
	}
	now.Advance(24 * time.Hour)
	person.send(t, "POST", at+"/sign", jsonMedia, strings.NewReader(fmt.Sprintf(`{"sha256":%q,"read":true,"present":%q}`, v.Agreement.SHA256, secretWord))).says(t, "too late", http.StatusConflict, "agreement.too_late")
	if v = day(due.AddDays(1)); v.Agreement.Stage != agreement.StageLapsed || !person.told(t, "agreement.lapsed") || !o.as("lead-weather").told(t, "agreement.lapsed") {
		t.Errorf("after the last day: %s", v.Agreement.Stage)
	}
	if o.inForce(t, v.Agreement.Application) {
		t.Error("a lapsed agreement is in force")
	}
	if _, err := o.agreements.Replay(t.Context(), permit.Platform); err != nil {
		t.Error(err)
	}
}

// TestAgreementChangesAndEnds: optional clauses by both sides, nothing else;
// reminders before the end; the end.
func TestAgreementChangesAndEnds(t *testing.T) {
	now := clock.At(workday.Date("2026-03-02").Time().Add(9 * time.Hour))
	o := openOfficeAt(t, now)
	o.withPassword(t, "person", "lead-weather")
	v := o.agreed(t)
	person, lead, at := o.as("person"), o.as("lead-weather"), "/api/v1/agreements/"+v.Agreement.ID
	v = asked[agreement.View](t, lead, "POST", at+"/propose", agreement.Propose{Edits: []agreement.Edit{{Code: "contact", Text: "联系人：值班室"}}, Reason: "补充联系人"}, http.StatusOK)
	if !strings.Contains(v.Changed, "联系人：值班室") || slices.Contains(v.Can, "agree") || !person.told(t, "agreement.proposed") {
		t.Errorf("proposed: %+v", v)
	}
	asked[agreement.View](t, person, "POST", at+"/decline", agreement.Decline{Reason: "不必"}, http.StatusOK)
	asked[agreement.View](t, person, "POST", at+"/propose", agreement.Propose{Edits: []agreement.Edit{{Code: "contact", Text: "联系人：张工"}}, Reason: "补充联系人"}, http.StatusOK)
	v = asked[agreement.View](t, lead, "POST", at+"/agree", nil, http.StatusOK)
	if v.Agreement.Edition != 2 || !strings.Contains(v.Text, "联系人：张工") || agreement.Hash(v.Text) != v.Agreement.SHA256 {
		t.Fatalf("agreed: %+v", v.Agreement)
	}
	v = o.signed(t, v)

	amend := agreement.AmendBody{Amend: agreement.Amend{Edits: []agreement.Edit{{Code: "scenario", Text: "也用于广告"}}, Reason: "扩大", Read: true}, Proof: agreement.Proof{Present: secretWord}}
	body, _ := json.Marshal(amend)
	person.send(t, "POST", at+"/amend", jsonMedia, strings.NewReader(string(body))).says(t, "another scenario", http.StatusUnprocessableEntity, "agreement.new_application")
	amend.Edits = []agreement.Edit{{Code: "other", Text: "每季度会商一次"}}
	v = asked[agreement.View](t, person, "POST", at+"/amend", amend, http.StatusOK)
	if !o.inForce(t, v.Agreement.Application) || v.Turn != agreement.SidePublisher {
		t.Errorf("amending: %+v", v)
	}
	asked[agreement.View](t, lead, "POST", at+"/reject", agreement.Reject{Reason: "先商量"}, http.StatusOK)
	v = asked[agreement.View](t, person, "POST", at+"/amend", amend, http.StatusOK)
	v = asked[agreement.View](t, lead, "POST", at+"/accept", signing(v.Agreement.Change.SHA256), http.StatusOK)
	if v.Agreement.Edition != 3 || !strings.Contains(v.Text, "每季度会商一次") {
		t.Errorf("amended: %+v", v.Agreement)
	}
	o.verifies(t, at)

	asked[agreement.View](t, lead, "POST", at+"/breach", agreement.Breach{Reason: "转给他人"}, http.StatusOK)
	if o.inForce(t, v.Agreement.Application) {
		t.Error("a broken agreement is in force")
	}
	lead.send(t, "POST", at+"/terminate", jsonMedia, strings.NewReader(`{"reason":"x"}`)).says(t, "one person alone", http.StatusForbidden)
	asked[agreement.View](t, o.as("authority"), "POST", at+"/restore", agreement.Restore{Reason: "已改正"}, http.StatusOK)

	until := v.Agreement.Until
	for _, x := range []struct {
		day  workday.Date
		kind string
	}{{until.AddDays(-30), "agreement.expiry_first"}, {until.AddDays(-7), "agreement.expiry_second"}, {until.AddDays(1), "agreement.expired"}} {
		if person.told(t, x.kind) {
			t.Errorf("%s before %s", x.kind, x.day)
		}
		now.Advance(x.day.Time().Add(8 * time.Hour).Sub(now.Now()))
		if _, err := o.agreements.Today(t.Context(), permit.Platform); err != nil {
			t.Fatal(err)
		}
		if !person.told(t, x.kind) {
			t.Errorf("no %s on %s", x.kind, x.day)
		}
	}
	if o.inForce(t, v.Agreement.Application) {
		t.Error("in force after its end")
	}
	if err := o.replay(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestUserGivesAnAgreementUp: he needs no violation for it.
func TestUserGivesAnAgreementUp(t *testing.T) {
	o := openOffice(t)
	o.withPassword(t, "person", "lead-weather")
	v := o.signed(t, o.agreed(t))
	at := "/api/v1/agreements/" + v.Agreement.ID
	o.as("lead-weather").send(t, "POST", at+"/terminate", jsonMedia, strings.NewReader(`{"reason":"x"}`)).says(t, "the publisher without a violation", http.StatusConflict)
	v = asked[agreement.View](t, o.as("person"), "POST", at+"/terminate", agreement.Terminate{Reason: "项目结束"}, http.StatusOK)
	if v.Agreement.Stage != agreement.StageTerminated || o.inForce(t, v.Agreement.Application) {
		t.Errorf("given up: %+v", v.Agreement)
	}
}
