package account

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
)

func TestForgottenPassword(t *testing.T) {
	h := newHouse(t)
	secret := h.person()
	for _, x := range []struct {
		realm Realm
		email string
	}{{Public, "nobody@post.example"}, {Office, "pia@post.example"}} {
		before := len(h.mail.Mails())
		h.must(h.Forgot(t.Context(), nobody, x.realm, x.email, locale.ZH))
		if len(h.mail.Mails()) != before {
			t.Errorf("%s of %s got a mail", x.email, x.realm)
		}
	}
	h.must(h.Forgot(t.Context(), nobody, Public, "pia@POST.example", locale.ZH))
	first := h.sentTicket("pia@post.example", "recover")
	h.must(h.Forgot(t.Context(), nobody, Public, "pia@post.example", locale.ZH))
	second := h.sentTicket("pia@post.example", "recover")
	if name, err := h.Recoverer(t.Context(), nobody, second); err != nil || name != "Pia" {
		t.Errorf("for %q, %v", name, err)
	}
	_, err := h.Recover(t.Context(), nobody, second, "short")
	h.want(err, "/password auth.too_short")
	const fresh = "nine quiet herons"
	realm, err := h.Recover(t.Context(), nobody, second, fresh)
	h.must(err)
	if realm != Public || h.actor(secret).Known() {
		t.Error("a new password left a sign-in")
	}
	for _, ticket := range []string{first, second, "made up", ""} {
		_, err = h.Recover(t.Context(), nobody, ticket, "ten quiet herons")
		h.want(err, "account.bad_ticket")
	}
	_, err = h.Enter(t.Context(), nobody, Entry{Public, "pia@post.example", good, browser})
	h.want(err, "account.refused")
	_, err = h.Enter(t.Context(), nobody, Entry{Public, "pia@post.example", fresh, browser})
	h.must(err)
	// A mailbox is not flooded, and a ticket does not wait for ever.
	h.clock.Advance(time.Hour + time.Second)
	before := len(h.mail.Mails())
	for range 6 {
		h.must(h.Forgot(t.Context(), nobody, Public, "pia@post.example", locale.ZH))
	}
	if n := len(h.mail.Mails()) - before; n != mostTickets {
		t.Errorf("%d mails within the hour", n)
	}
	late := h.sentTicket("pia@post.example", "recover")
	h.clock.Advance(time.Hour + time.Second)
	_, err = h.Recover(t.Context(), nobody, late, "ten quiet herons")
	h.want(err, "account.bad_ticket")
}

func TestPasswordAndFactorChange(t *testing.T) {
	h := newHouse(t)
	f := h.invited()
	here, there := h.signIn("dan", good, f), h.signIn("dan", good, f)
	who := h.actor(here)
	const fresh = "nine quiet herons"
	h.want(h.ChangePassword(t.Context(), who, "wrong wrong wrong", fresh, h.code(f)), "/present account.wrong_password")
	h.want(h.ChangePassword(t.Context(), who, good, fresh, "000000"), "/code account.wrong_code")
	h.want(h.ChangePassword(t.Context(), who, good, "dan dan dan dan", h.code(f)), "/fresh auth.contains_name")
	h.clock.Advance(30 * time.Second)
	h.must(h.ChangePassword(t.Context(), who, good, fresh, h.code(f)))
	if !h.actor(here).Known() || h.actor(there).Known() {
		t.Error("a new password must end the other sign-ins, and those only")
	}
	h.clock.Advance(30 * time.Second)
	h.must(h.DropFactor(t.Context(), who, fresh, h.code(f)))
	if who = h.actor(here); who.Must != "account.enrol" {
		t.Errorf("without a second factor must %q", who.Must)
	}
	_, err := h.Enter(t.Context(), nobody, Entry{Office, "dan", fresh, browser})
	h.want(err, "account.no_factor")
	e, err := h.Enrolling(t.Context(), who, "", "")
	h.must(err)
	next := factor{secret: strings.ReplaceAll(e.Secret, " ", "")}
	if e.New || !strings.Contains(e.URI, next.secret) {
		t.Errorf("enrolment %+v", e)
	}
	if again, err := h.Enrolling(t.Context(), who, "", e.Pending); err != nil || again.Secret != e.Secret {
		t.Errorf("the form came back with another secret: %v", err)
	}
	_, err = h.SetFactor(t.Context(), who, "", Factor{Password: fresh, Pending: e.Pending, Code: "000000"})
	h.want(err, "/code account.wrong_code")
	_, err = h.SetFactor(t.Context(), who, "", Factor{Password: good, Pending: e.Pending, Code: h.code(next)})
	h.want(err, "/password account.wrong_password")
	_, err = h.SetFactor(t.Context(), who, "", Factor{Password: fresh, Pending: "box1.other", Code: h.code(next)})
	h.want(err, "account.bad_ticket")
	_, err = h.SetFactor(t.Context(), who, "", Factor{Password: fresh, Pending: e.Pending, Code: h.code(next)})
	h.must(err)
	if h.actor(here).Must != "" {
		t.Error("must enrol again")
	}
	_, err = h.SetFactor(t.Context(), who, "", Factor{Password: fresh, Pending: e.Pending, Code: h.code(next)})
	h.want(err, "account.has_factor")
	// The code that set it is used.
	b, err := h.Enter(t.Context(), nobody, Entry{Office, "dan", fresh, browser})
	h.must(err)
	_, err = h.Step(t.Context(), nobody, b.Ticket, h.code(next), browser)
	h.want(err, "account.refused")
}

func TestResetBySecurityAdministrator(t *testing.T) {
	h := newHouse(t)
	f := h.invited()
	secret := h.signIn("dan", good, f)
	for _, who := range []permit.Actor{sys, auditor, as("lead", permit.OpnLead)} {
		_, err := h.Reset(t.Context(), who, "dan", "手机丢失")
		h.want(err, "permit.not_your_part")
	}
	_, err := h.Reset(t.Context(), sec, "dan", " ")
	h.want(err, "/reason required")
	_, err = h.Reset(t.Context(), sec, "sec", "手机丢失")
	h.want(err, "account.not_oneself")
	link, err := h.Reset(t.Context(), sec, "dan", "手机丢失")
	h.must(err)
	ticket := h.sentTicket("dan@city.example", "reset")
	if link != "" || h.actor(secret).Known() {
		t.Error("the link was shown to the administrator, or the sign-in goes on")
	}
	e, err := h.Enrolling(t.Context(), nobody, ticket, "")
	h.must(err)
	next := factor{secret: strings.ReplaceAll(e.Secret, " ", "")}
	// Whoever has the link still needs the password.
	_, err = h.SetFactor(t.Context(), nobody, ticket, Factor{Password: "some new password", Pending: e.Pending, Code: h.code(next)})
	h.want(err, "/password account.wrong_password")
	_, err = h.SetFactor(t.Context(), nobody, ticket, Factor{Password: good, Pending: e.Pending, Code: h.code(next)})
	h.must(err)
	_, err = h.SetFactor(t.Context(), nobody, ticket, Factor{Password: good, Pending: e.Pending, Code: h.code(next)})
	h.want(err, "account.bad_ticket")
	h.clock.Advance(time.Minute)
	h.signIn("dan", good, next)
	c, err := h.Card(t.Context(), auditor, "dan")
	h.must(err)
	if c.Acts[len(c.Acts)-1].Act != "invite" || !slices.ContainsFunc(c.Acts, func(a Act) bool { return a.Act == "reset" && a.By == "sec" && a.Reason == "手机丢失" }) {
		t.Errorf("acts %+v", c.Acts)
	}
	if c.Email != "" || len(c.SignIns) == 0 || len(c.Open) > 0 {
		t.Errorf("the auditor sees %+v", c)
	}
}

// TestWhatChangesMeanwhile: between the check of a secret and the write, the
// account may have moved on.
func TestWhatChangesMeanwhile(t *testing.T) {
	h := newHouse(t)
	secret := h.person()
	who := h.actor(secret)
	stale := h.holder(who.Account)
	h.must(h.ChangePassword(t.Context(), who, good, "nine quiet herons", ""))
	h.want(h.DB.Write(t.Context(), func(tx *database.Tx) error {
		_, err := h.onward(tx, nobody, stale, "", browser)
		return err
	}), "account.refused")
	// Two who set a second factor at once: one has it.
	e, err := h.Enrolling(t.Context(), who, "", "")
	h.must(err)
	f := factor{secret: strings.ReplaceAll(e.Secret, " ", "")}
	var set atomic.Int32
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if _, err := h.SetFactor(t.Context(), who, "", Factor{Password: "nine quiet herons", Pending: e.Pending, Code: h.code(f)}); err == nil {
				set.Add(1)
			}
		})
	}
	all.Wait()
	if set.Load() != 1 {
		t.Errorf("%d have set the second factor", set.Load())
	}
	// A ticket is good for its purpose only, and a membership for its account.
	h.must(h.Forgot(t.Context(), nobody, Public, "pia@post.example", locale.ZH))
	ticket := h.sentTicket("pia@post.example", "recover")
	_, err = h.Enrolling(t.Context(), nobody, ticket, "")
	h.want(err, "account.bad_ticket")
	_, err = h.Confirm(t.Context(), nobody, ticket, good, browser)
	h.want(err, "account.bad_ticket")
	h.must(h.DB.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE sign_in SET membership = 'home-ann'`)
		return err
	}))
	if who = h.actor(secret); len(who.Roles) > 0 || who.Organisation != "" {
		t.Errorf("in somebody else's membership acts as %+v", who)
	}
}
