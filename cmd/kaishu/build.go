package main

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/casework/codelist"
	"kaishu/internal/casework/draft"
	"kaishu/internal/casework/feed"
	"kaishu/internal/casework/material"
	"kaishu/internal/casework/notice"
	"kaishu/internal/casework/proof"
	"kaishu/internal/casework/roster"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/idempotency"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/mail"
	"kaishu/internal/infra/objects/disk"
	"kaishu/internal/infra/outgoing"
	"kaishu/internal/infra/queue"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/schema"
	"kaishu/internal/infra/search"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/tabular/duckdb"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/access"
	"kaishu/internal/obtain/agreement"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/download"
	"kaishu/internal/obtain/query"
	"kaishu/internal/obtain/review"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/assessment"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/directory"
	"kaishu/internal/open/grading"
	"kaishu/internal/open/objection"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/quality"
	"kaishu/internal/open/schedule"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
	"kaishu/internal/open/yearlyreview"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
	"kaishu/internal/people/platformrules"
	"kaishu/internal/site/administration"
	"kaishu/internal/site/agreements"
	"kaishu/internal/site/apply"
	"kaishu/internal/site/assessmentdesk"
	"kaishu/internal/site/catalogue"
	"kaishu/internal/site/conditions"
	"kaishu/internal/site/dataset"
	"kaishu/internal/site/debug"
	"kaishu/internal/site/decisions"
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

// console is whoever runs a command on the machine itself. It plays two parts
// that no account may join, since the shell of the machine holds everything
// anyway: the three administrators keep each other honest, not the shell.
var console = permit.Actor{Account: "console", Roles: []permit.Role{permit.SysAdmin, permit.SecAdmin}}

// platform is everything, wired by hand.
type platform struct {
	config Config
	log    *slog.Logger
	clock  clock.Clock
	words  *locale.Catalogue

	db            *database.DB
	shelf         *disk.Store
	engine        tabular.Engine
	recorder      *record.Recorder
	organisations *organisation.Service
	accounts      *account.Service
	rules         *platformrules.Service
	outbox        *account.Outbox
	drafts        *draft.Service
	calendar      *calendar.Service
	codes         *codelist.Service
	casework      casework
	poster        *outgoing.Client
	directory     *directory.Service
	entries       *openlist.Service
	gradings      *grading.Service
	conditions    *condition.Service
	versions      *version.Service
	schedules     *schedule.Service
	timeliness    *timeliness.Service
	assessments   *assessment.Service
	adjustments   *adjustment.Service
	yearly        *yearlyreview.Service
	objections    *objection.Service
	applications  *application.Service
	reviews       *review.Service
	agreements    *agreement.Service
	complaints    *rightsclaim.Service
	door          *access.Service
	queries       *query.Service
	downloads     *download.Service
	catalogue     *catalogue.Service
	loader        *seed.Loader
	pool          *queue.Pool
	runner        *ledger.Runner
	kept          *idempotency.Store
}

//go:embed messages.*.json
var own embed.FS

// messages are the words of every package that has some.
var messages = []fs.FS{
	web.Messages, outgoing.Messages, mail.Messages, auth.Messages, tabular.Messages, intake.Messages, search.Messages, schema.Messages,
	organisation.Messages, account.Messages, platformrules.Messages,
	draft.Messages, calendar.Messages, codelist.Messages, notice.Messages, material.Messages, proof.Messages, roster.Messages,
	directory.Messages, grading.Messages, openlist.Messages, condition.Messages, version.Messages, quality.Messages, objection.Messages, schedule.Messages, timeliness.Messages, assessment.Messages, adjustment.Messages, yearlyreview.Messages,
	application.Messages, review.Messages, agreement.Messages, access.Messages, download.Messages, query.Messages, rightsclaim.Messages,
	own, layout.Messages, directorydesk.Messages, objectiondesk.Messages, rightsdesk.Messages, people.Messages, rulebook.Messages, inbox.Messages, membership.Messages, administration.Messages, apply.Messages, agreements.Messages, intakedesk.Messages, listdesk.Messages, qualitydesk.Messages, yearlydesk.Messages, assessmentdesk.Messages, reviewdesk.Messages, decisions.Messages, home.Messages, catalogue.Messages, conditions.Messages, gradingdesk.Messages, dataset.Messages, desk.Messages, debug.Messages, seed.Messages,
}

// migrations are the tables of every package that owns some.
var migrations = []fs.FS{
	ledger.Migrations, queue.Migrations, record.Migrations, idempotency.Migrations,
	organisation.Migrations, account.Migrations, platformrules.Migrations,
	draft.Migrations, feed.Migrations, calendar.Migrations, codelist.Migrations, notice.Migrations, material.Migrations, proof.Migrations, roster.Migrations,
	directory.Migrations, grading.Migrations, openlist.Migrations, condition.Migrations, version.Migrations, objection.Migrations, schedule.Migrations, timeliness.Migrations, assessment.Migrations, adjustment.Migrations, yearlyreview.Migrations,
	application.Migrations, review.Migrations, agreement.Migrations, rightsclaim.Migrations,
}

func loadWords() (*locale.Catalogue, error) { return locale.Load(messages...) }

// open wires the platform on the data folder of c. The folder belongs to one
// process at a time; a second one is told so.
func open(ctx context.Context, c Config) (*platform, error) { return openAt(ctx, c, clock.System{}) }

// openAt is [open] by another clock.
func openAt(ctx context.Context, c Config, now clock.Clock) (*platform, error) {
	p := &platform{config: c, clock: now, log: slog.New(slog.NewJSONHandler(os.Stderr, nil))}
	for _, dir := range []string{"objects", "serving", "scratch", "uploads"} {
		if err := os.MkdirAll(filepath.Join(c.Data, dir), 0o755); err != nil {
			return nil, fmt.Errorf("make data folder: %w", err)
		}
	}
	if err := lock(c.Data); err != nil {
		return nil, err
	}
	var err error
	if p.words, err = loadWords(); err != nil {
		return nil, err
	}
	p.db, err = database.Open(ctx, database.Options{Path: filepath.Join(c.Data, "kaishu.db"), Migrations: migrations, Clock: p.clock})
	if err != nil {
		return nil, err
	}
	if p.shelf, err = disk.Open(filepath.Join(c.Data, "objects")); err != nil {
		return nil, err
	}
	if err := sweep(filepath.Join(c.Data, "scratch")); err != nil {
		return nil, err
	}
	p.engine, err = duckdb.New(duckdb.Options{Objects: p.shelf.Path, Dir: filepath.Join(c.Data, "serving"),
		Connections: c.Connections, Memory: int64(c.Memory) << 20, Timeout: c.QueryTime})
	if err != nil {
		return nil, err
	}
	return p, p.concepts(ctx)
}

func (p *platform) concepts(ctx context.Context) error {
	c := p.config
	ids := id.New(p.clock)
	first, err := openlist.FirstEdition()
	if err != nil {
		return err
	}
	scenarios, err := condition.FirstEdition()
	if err != nil {
		return err
	}
	if p.codes, err = codelist.New(ctx, p.db, p.clock, append(first, scenarios...)...); err != nil {
		return err
	}
	if p.calendar, err = calendar.New(ctx, p.db, p.clock, ids); err != nil {
		return err
	}
	p.kept = idempotency.New(p.db, p.clock, ids)
	p.recorder = record.New(p.db, ids, p.log)
	p.organisations = organisation.New(p.db)
	if p.accounts, err = p.openAccounts(ids); err != nil {
		return err
	}
	p.rules = platformrules.New(p.db, p.clock)
	if err := p.openCasework(ids); err != nil {
		return err
	}
	p.drafts = draft.New(p.db, p.clock)
	p.entries = openlist.New(p.db, p.clock, openlist.FromLists(p.codes))
	if err := p.openGradings(); err != nil {
		return err
	}
	p.conditions = condition.New(condition.Tools{DB: p.db, Clock: p.clock, IDs: ids, Entries: p.entries, Codes: condition.FromLists(p.codes), Materials: p.casework.materials})
	p.versions = version.New(version.Tools{DB: p.db, Clock: p.clock, IDs: ids, Entries: p.entries, Shelf: p.shelf,
		Worker:     c.worker(),
		Conditions: p.conditions, Engine: p.engine, Scratch: filepath.Join(c.Data, "scratch"), Uploads: filepath.Join(c.Data, "uploads")})
	p.gradings.Scanner = quality.Scanner{Versions: p.versions, Gradings: p.gradings, Words: p.words}
	p.schedules = schedule.New(schedule.Tools{DB: p.db, Clock: p.clock, Entries: p.entries, Versions: p.versions, Holders: p.accounts,
		Fetch: p.poster, Scratch: filepath.Join(c.Data, "scratch"), Most: int64(c.MaxUpload) << 20})
	p.openDirectory(ids)
	p.openTimeliness()
	p.openAssessments(ids)
	p.openAdjustments(ids)
	p.openYearly(ids)
	p.openObjections(ids)
	p.openApplications(ids)
	if err := p.openAgreements(); err != nil {
		return err
	}
	p.door = access.New(access.Tools{Clock: p.clock, Entries: p.entries, Versions: p.versions, Engine: p.engine, Shelf: p.shelf, Recorder: p.recorder})
	p.openComplaints(ids)
	p.queries = query.New(p.door)
	p.downloads = download.New(p.door)
	p.loader = &seed.Loader{Directory: p.directory, Organisations: p.organisations, Accounts: p.accounts, Entries: p.entries, Conditions: p.conditions, Versions: p.versions, Log: p.log, Console: console}
	p.pool = queue.NewPool(p.db, p.clock, ids, p.log, queue.Options{Workers: c.Workers}, slices.Concat(p.versions.Jobs(), p.gradings.Jobs(), p.rules.Jobs(), p.casework.jobs(), p.schedules.Jobs(), p.timeliness.Jobs(), p.assessments.Jobs(), p.adjustments.Jobs(), p.yearly.Jobs(), p.objections.Jobs(), p.complaints.Jobs(), p.directory.Jobs(), p.applications.Jobs(), p.reviews.Jobs(), p.agreements.Jobs())...)
	return nil
}

// openAccounts wires who is who. The key that seals the secrets of
// authenticators stands apart from the database.
func (p *platform) openAccounts(ids *id.Source) (*account.Service, error) {
	dir := filepath.Join(p.config.Data, "secrets")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of secrets: %w", err)
	}
	box, err := auth.OpenBox(filepath.Join(dir, "box.key"))
	if err != nil {
		return nil, err
	}
	p.outbox = &account.Outbox{}
	return account.New(account.Tools{DB: p.db, Clock: p.clock, IDs: ids, Passwords: auth.NewPasswords(runtime.NumCPU()), Box: box,
		Messenger: p.outbox, Public: cmp.Or(p.config.PublicURL, "http://"+p.config.Listen), Dev: p.config.Dev}), nil
}

// close ends what open began.
func (p *platform) close() error { return errors.Join(p.engine.Close(), p.db.Close()) }

// sweep empties a folder of work in progress.
func sweep(dir string) error {
	all, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("sweep %s: %w", dir, err)
	}
	for _, e := range all {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("sweep %s: %w", dir, err)
		}
	}
	return nil
}

// background runs what the platform does by itself until ctx ends; wait for
// the returned function before closing.
func (p *platform) background(ctx context.Context) (wait func()) {
	done := make(chan struct{}, 3)
	for _, run := range []func(context.Context){p.recorder.Run, p.pool.Run, p.runner.Run} {
		go func() {
			run(ctx)
			done <- struct{}{}
		}()
	}
	return func() {
		for range 3 {
			select {
			case <-done:
			case <-time.After(20 * time.Second):
				p.log.Error("something did not stop in time")
			}
		}
	}
}
