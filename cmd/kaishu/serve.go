package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/casework/codelist"
	"kaishu/internal/casework/proof"
	"kaishu/internal/casework/roster"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/search"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/agreement"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/download"
	"kaishu/internal/obtain/review"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/directory"
	"kaishu/internal/open/objection"
	"kaishu/internal/open/schedule"
	"kaishu/internal/open/version"
	"kaishu/internal/open/yearlyreview"
	"kaishu/internal/people/organisation"
	"kaishu/internal/people/platformrules"
	"kaishu/internal/site/administration"
	"kaishu/internal/site/agreements"
	"kaishu/internal/site/assessmentdesk"
	"kaishu/internal/site/assets"
	"kaishu/internal/site/catalogue"
	"kaishu/internal/site/conditions"
	"kaishu/internal/site/dataset"
	"kaishu/internal/site/debug"
	"kaishu/internal/site/desk"
	"kaishu/internal/site/directorydesk"
	"kaishu/internal/site/gradingdesk"
	"kaishu/internal/site/home"
	"kaishu/internal/site/inbox"
	"kaishu/internal/site/intakedesk"
	"kaishu/internal/site/layout"
	"kaishu/internal/site/listdesk"
	"kaishu/internal/site/membership"
	"kaishu/internal/site/objectiondesk"
	"kaishu/internal/site/people"
	"kaishu/internal/site/qualitydesk"
	"kaishu/internal/site/reviewdesk"
	"kaishu/internal/site/rightsdesk"
	"kaishu/internal/site/rulebook"
	"kaishu/internal/site/seed"
	"kaishu/internal/site/yearlydesk"
	"kaishu/internal/use/rightsclaim"
)

// serve serves what the data folder holds.
func serve(ctx context.Context, c Config, args []string) error {
	if _, err := parse("serve", &c, nil, args); err != nil {
		return err
	}
	return serveCity(ctx, c, "")
}

// runCity loads a sample city and serves it. Bodies and entries are there
// before the address is printed; tables follow in the background.
func runCity(ctx context.Context, c Config, args []string) error {
	o := options{sample: "seeds"}
	if _, err := parse("run", &c, &o, args); err != nil {
		return err
	}
	return serveCity(ctx, c, o.sample)
}

func serveCity(ctx context.Context, c Config, sample string) error {
	if c.Dev && !web.LoopbackHost(c.Listen) {
		return problem.New(problem.Forbidden, "kaishu.dev_here_only", "address", c.Listen)
	}
	p, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.rules.Install(ctx, permit.Platform); err != nil {
		return err
	}
	if err := p.begin(ctx); err != nil {
		return err
	}
	var city seed.City
	if sample != "" {
		if city, err = seed.Read(sample); err != nil {
			return err
		}
		if err := p.loader.Catalogue(ctx, city); err != nil {
			return err
		}
	}
	ready := &atomic.Bool{}
	server, err := p.server(ready)
	if err != nil {
		return err
	}
	if err := p.runner.Start(ctx); err != nil {
		return err
	}
	if err := p.catalogue.Rebuild(ctx); err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	wait := p.background(background)
	defer wait()
	defer stop()
	if sample != "" {
		go p.load(ctx, city)
	}
	ready.Store(true)
	fmt.Printf("Kaishu 开数: http://%s\n", c.Listen)
	return server.ListenAndServe(ctx, c.Listen)
}

func (p *platform) load(ctx context.Context, city seed.City) {
	if err := p.loader.Tables(ctx, city); err != nil && ctx.Err() == nil {
		p.log.Error("load tables", "error", err)
	}
}

// server wires the pages and routes.
func (p *platform) server(ready *atomic.Bool) (*web.Server, error) {
	look, err := layout.New(p.words, assets.Files)
	if err != nil {
		return nil, err
	}
	p.catalogue = catalogue.New(catalogue.Tools{Index: search.New(), Entries: p.entries, Versions: p.versions,
		Organisations: p.organisations, Clock: p.clock, Layout: look, DB: p.db})
	terms := conditions.New(conditions.Tools{Conditions: p.conditions, Entries: p.entries, Layout: look})
	pages := dataset.New(dataset.Tools{Door: p.door, Assessments: p.assessments, Queries: p.queries, Entries: p.entries, Versions: p.versions,
		Organisations: p.organisations, Conditions: terms, Clock: p.clock, Layout: look, Reviews: p.reviews, Objections: p.objections})
	houses, err := p.providers()
	if err != nil {
		return nil, err
	}
	who := people.New(people.Tools{Accounts: p.accounts, Organisations: p.organisations, Box: p.accounts.Box, Clock: p.clock, Layout: look,
		Dev: p.config.Dev, Outbox: p.outbox, Providers: houses})
	work := desk.New(desk.Tools{Entries: p.entries, Versions: p.versions, Drafts: p.drafts, Schedules: p.schedules, Conditions: p.conditions, Orders: p.adjustments, Catalogue: p.catalogue, Clock: p.clock,
		Layout: look, MaxUpload: int64(p.config.MaxUpload) << 20})
	office := administration.New(administration.Tools{DB: p.db, Clock: p.clock, Layout: look, Organisations: p.organisations,
		Calendar: p.calendar, Codes: p.codes, Versions: p.versions, Disk: p.disk, Wake: p.pool.Wake})
	mine := p.applyPages(look)
	intake := intakedesk.New(intakedesk.Tools{Applications: p.applications, Reviews: p.reviews, Shown: mine, Layout: look})
	orders := reviewdesk.New(reviewdesk.Tools{Reviews: p.reviews, Conditions: p.conditions, Organisations: p.organisations, Names: p.accounts, Shown: mine, Layout: look})
	grades, lists, sources, doubts, rights := gradingdesk.New(gradingdesk.Tools{Gradings: p.gradings, Layout: look}), p.listPages(look), p.directoryPages(look), p.objectionPages(look), p.complaintPages(look)
	look.Mine = p.mine(work, intake, orders, grades, lists, sources, doubts, rights)
	p.runner = ledger.NewRunner(p.db, p.log, slices.Concat(p.calendar.Reactions(), p.gradingReactions(), p.timeliness.Reactions(), p.agreements.Reactions(), p.assessments.Reactions(), p.complaints.Reactions(),
		condition.Teller{Conditions: p.conditions, Notices: p.casework.notices, Holders: p.accounts}.Reactions(),
		version.Teller{Versions: p.versions, Notices: p.casework.notices, Holders: p.accounts}.Reactions(),
		schedule.Teller{Schedules: p.schedules, Notices: p.casework.notices}.Reactions()), []ledger.Listener{
		p.catalogue.Listener(),
		{Name: "queue", Kinds: []string{"version.", "proof.", "roster.", "condition.", "grading.", "directory.", "schedule.", "timeliness.", "assessment.", "adjustment.", "yearlyreview.", "objection.", "rightsclaim.", "application.", "review.", "agreement."}, Do: func(context.Context, ledger.Line) error { p.pool.Wake(); return nil }},
	})
	var routes []web.Route
	for _, more := range [][]web.Route{home.New(home.Tools{Catalogue: p.catalogue, Clock: p.clock, Layout: look}).Routes(), who.Routes(), p.accounts.Routes(), p.catalogue.Routes(), pages.Routes(), look.Routes(),
		work.Routes(), mine.Routes(), intake.Routes(), orders.Routes(), p.decisionPages(look, mine).Routes(), p.gradings.Routes(), grades.Routes(), adjustment.Routes(p.adjustments), yearlyreview.Routes(p.yearly), objection.Routes(p.objections), doubts.Routes(), rightsclaim.Routes(p.complaints), rights.Routes(), directory.Routes(p.directory), sources.Routes(), lists.Routes(), p.qualityPages(look).Routes(), p.yearlyPages(look).Routes(), p.assessmentPages(look).Routes(), p.conditions.Routes(), terms.Routes(), application.Routes(p.applications), review.Routes(p.reviews), agreement.Routes(p.agreements), agreements.New(agreements.Tools{Agreements: p.agreements, Words: p.words, Layout: look}).Routes(), p.schedules.Routes(), p.timeliness.Routes(), p.assessments.Routes(), office.Routes(), rulebook.New(rulebook.Tools{Rules: p.rules, Clock: p.clock, Layout: look}).Routes(), p.rules.Routes(),
		inbox.New(inbox.Tools{Notices: p.casework.notices, Layout: look}).Routes(), p.casework.notices.Routes(),
		membership.New(membership.Tools{Proofs: p.casework.proofs, Roster: p.casework.roster, Layout: look}).Routes(),
		p.drafts.Routes(), p.downloads.Routes(), p.queries.Routes(), organisation.Routes(p.organisations),
		calendar.Routes(p.calendar), codelist.Routes(p.codes), version.Routes(p.versions, int64(p.config.MaxUpload)<<20)} {
		routes = append(routes, more...)
	}
	if p.config.Dev {
		routes = append(routes, debug.New(debug.Tools{Actor: p.actor, DB: p.db, Entries: p.entries, Versions: p.versions, Schedules: p.schedules,
			Accounts: p.accounts, Organisations: p.organisations, Rules: p.rules, Proofs: p.casework.proofs, Calendar: p.calendar, Layout: look}).Routes(routes)...)
	}
	var proxies []netip.Prefix
	for _, text := range p.config.TrustedProxies {
		proxies = append(proxies, netip.MustParsePrefix(text)) // checked when the configuration was read
	}
	return web.New(web.Options{
		Routes: routes, Kept: p.kept, Words: p.words, Clock: p.clock, Log: p.log, SignIn: p.accounts.SignIn, Session: p.session(), Entrance: people.Entrance, Render: look.Problem,
		TrustedProxies: proxies, PublicURL: p.config.PublicURL, FairUse: web.FairUse{PerMinute: p.config.FairUse, Bulk: download.Bulk},
		Ready: func() error {
			if !ready.Load() {
				return fmt.Errorf("the catalogue is being indexed")
			}
			return nil
		},
	})
}

// mine lists what somebody who has signed in finds in the header.
func (p *platform) mine(work *desk.Service, intake *intakedesk.Pages, orders *reviewdesk.Pages, grades *gradingdesk.Service, lists *listdesk.Pages, sources *directorydesk.Pages, doubts *objectiondesk.Pages, rights *rightsdesk.Pages) func(c *web.Context) []layout.Link {
	return func(c *web.Context) (all []layout.Link) {
		link := func(name, word string, count int) {
			href := layout.URL(c, name)
			all = append(all, layout.Link{Name: c.Say(word), Href: href, Count: count, Current: strings.HasPrefix(c.Request.URL.Path, href)})
		}
		none := func(*web.Context) int { return 0 }
		year := func(c *web.Context) int { return yearlydesk.Waiting(c, p.yearly) }
		first, asked := administration.First(c.Actor), func(rule permit.Rule) bool { return rule.Asked(c.Actor) == nil }
		for _, d := range []struct {
			may        bool
			page, word string
			waiting    func(*web.Context) int
		}{
			{desk.May(c.Actor), "desk.page", "desk.title", work.Waiting},
			{!desk.May(c.Actor) && asked(condition.MayWork), "conditions.list", "conditions.list", none},
			{listdesk.May(c.Actor), "listdesk.list", "listdesk.title", lists.Waiting},
			{directorydesk.May(c.Actor), "directorydesk.overview", "directorydesk.title", sources.Waiting},
			{rightsdesk.May(c.Actor), "rightsdesk.queue", "rightsdesk.title", rights.Waiting},
			{objectiondesk.May(c.Actor), "objectiondesk.queue", "objectiondesk.title", doubts.Waiting},
			{qualitydesk.May(c.Actor), "qualitydesk.desk", "qualitydesk.title", none},
			{!qualitydesk.May(c.Actor) && assessmentdesk.May(c.Actor), "assessmentdesk.desk", "assessmentdesk.title", none},
			{yearlydesk.May(c.Actor), "yearlydesk.list", "yearlydesk.title", year},
			{gradingdesk.May(c.Actor), "gradingdesk.list", "gradingdesk.title", grades.Waiting},
			{asked(application.MayCheck) || asked(application.MayAllow), "intakedesk.queue", "intakedesk.title", intake.Waiting},
			{reviewdesk.May(c.Actor), "reviewdesk.queue", "reviewdesk.title", orders.Waiting},
			{first != "", first, "administration.nav", none},
			{asked(proof.MayDecide), "membership.queue", "membership.queue", none},
			{asked(platformrules.MayKeep), "rulebook.desk", "rulebook.desk", none},
			{asked(roster.MayKeep), "membership.members", "membership.members", none},
			{asked(application.MayApply), "apply.list", "apply.title", none},
			{asked(agreement.MayRead), "agreements.list", "agreements.title", agreements.Waiting(p.agreements)},
			{!c.Actor.Office, "membership.proofs", "membership.proofs", none},
		} {
			if d.may {
				link(d.page, d.word, d.waiting(c))
			}
		}
		if n, err := p.casework.notices.Unread(c.Request.Context(), c.Actor); err == nil {
			link("inbox.list", "inbox.title", n)
		}
		return current(append(all, people.Mine(c)...))
	}
}

// current leaves one link marked: the one whose address says most of the page's.
func current(all []layout.Link) []layout.Link {
	best := -1
	for i, l := range all {
		if l.Current && (best < 0 || len(l.Href) > len(all[best].Href)) {
			best = i
		}
	}
	for i := range all {
		all[i].Current = i == best
	}
	return all
}

// seedCity loads a sample city, waits for its tables and stops.
func seedCity(ctx context.Context, c Config, args []string) error {
	o := options{sample: "seeds"}
	if _, err := parse("seed", &c, &o, args); err != nil {
		return err
	}
	city, err := seed.Read(o.sample)
	if err != nil {
		return err
	}
	return working(ctx, c, func(ctx context.Context, p *platform) error {
		if err := p.loader.Catalogue(ctx, city); err != nil {
			return err
		}
		return p.loader.Tables(ctx, city)
	})
}

// working runs do on an open platform whose jobs run.
func working(ctx context.Context, c Config, do func(context.Context, *platform) error) error {
	p, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer p.close()
	p.runner = ledger.NewRunner(p.db, p.log, nil, []ledger.Listener{
		{Name: "queue", Kinds: []string{"version."}, Do: func(context.Context, ledger.Line) error { p.pool.Wake(); return nil }}})
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	wait := p.background(background)
	defer wait()
	defer stop()
	return do(ctx, p)
}

// actor returns the actor of the account called id.
func (p *platform) actor(ctx context.Context, id string) (permit.Actor, error) {
	a, err := p.accounts.Get(ctx, console, id)
	return a.Actor(), err
}
