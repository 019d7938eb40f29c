package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/objects"
	"kaishu/internal/open/version"
)

// options are the flags of commands, beside those of the configuration.
type options struct {
	sample, dataset, by, releaseBy, kind, updatedOn, reason, label, noteZH, noteEN, recipe string
	notSecret                                                                              bool
}

// parse reads flags, which may stand before or after the arguments, and
// returns the arguments.
func parse(name string, c *Config, o *options, args []string) ([]string, error) {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.StringVar(&c.Data, "data", c.Data, "folder that holds everything")
	f.StringVar(&c.Listen, "listen", c.Listen, "address to serve on")
	f.BoolVar(&c.Dev, "dev", c.Dev, "for development on this machine only: one click signs in as anybody")
	if o != nil {
		f.StringVar(&o.sample, "sample", o.sample, "folder of a sample city")
		f.StringVar(&o.dataset, "dataset", "", "slug of the dataset")
		f.StringVar(&o.by, "by", "", "account that acts")
		f.StringVar(&o.releaseBy, "release-by", "", "account that releases when the file is read")
		f.StringVar(&o.kind, "kind", string(version.Full), "full or sample")
		f.StringVar(&o.updatedOn, "updated-on", "", "day up to which the data is; today if left out")
		f.BoolVar(&o.notSecret, "not-secret", false, "declares that the file holds no state secret; needed")
		f.StringVar(&o.noteZH, "note-zh", "", "where the table comes from, in Chinese")
		f.StringVar(&o.noteEN, "note-en", "", "where the table comes from, in English")
		f.StringVar(&o.recipe, "recipe", "", "file that says how the table is read, JSON")
		f.StringVar(&o.reason, "reason", "", "reason, shown to the public")
		f.StringVar(&o.label, "label", "", "what the token is for")
	}
	var rest []string
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		if args = f.Args(); len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	return rest, nil
}

// importFile receives a file, waits until it is read, and releases it if told
// to by whom.
func importFile(ctx context.Context, c Config, args []string) error {
	var o options
	rest, err := parse("import", &c, &o, args)
	if err != nil {
		return err
	}
	var faults problem.List
	if len(rest) != 1 {
		faults.Add("FILE", "kaishu.one_file")
	}
	faults.Require("--dataset", o.dataset)
	faults.Require("--by", o.by)
	if err := faults.Err(); err != nil {
		return err
	}
	return working(ctx, c, func(ctx context.Context, p *platform) error {
		v, err := p.receive(ctx, rest[0], o)
		if err != nil {
			return err
		}
		return p.finish(ctx, v, o)
	})
}

func (p *platform) receive(ctx context.Context, path string, o options) (v version.Version, err error) {
	editor, err := p.actor(ctx, o.by)
	if err != nil {
		return v, err
	}
	recipe, err := readRecipe(o.recipe)
	if err != nil {
		return v, err
	}
	f, err := os.Open(path)
	if err != nil {
		return v, err
	}
	defer f.Close()
	day := workday.Date(o.updatedOn)
	if day == "" {
		day = workday.Of(p.clock.Now())
	}
	return p.versions.Receive(ctx, editor, version.Upload{Dataset: o.dataset, Kind: version.Kind(o.kind), Name: filepath.Base(path),
		UpdatedOn: day, Note: locale.Text{ZH: o.noteZH, EN: o.noteEN}, NotSecret: o.notSecret, Recipe: recipe}, f)
}

func (p *platform) finish(ctx context.Context, v version.Version, o options) error {
	editor, err := p.actor(ctx, o.by)
	if err != nil {
		return err
	}
	if v, err = p.loader.Await(ctx, editor, v.Dataset, v.Number); err != nil {
		return err
	}
	if v.Stage == version.StageStaged && o.releaseBy != "" {
		lead, err := p.actor(ctx, o.releaseBy)
		if err != nil {
			return err
		}
		if v, err = p.versions.Do(ctx, lead, v.Dataset, v.Number, version.Release{}); err != nil {
			return err
		}
	}
	p.tell(v)
	if v.Stage == version.StageRefused {
		return problem.New(problem.Invalid, "kaishu.file_refused", "file", v.Origin.Name)
	}
	return nil
}

// tell prints what became of a version, in Chinese.
func (p *platform) tell(v version.Version) {
	say := func(key string, args map[string]any) string { return p.words.Say(locale.ZH, key, args) }
	fmt.Printf("%s 第%d版：%s\n", v.Dataset, v.Number, say("version.stage."+string(v.Stage), nil))
	if o := v.Outcome; o != nil {
		fmt.Printf("  原件 %s 行 = 入表 %s 行 + 搁置 %s 行；另搁置单元格 %s 个\n",
			locale.Count(o.RowsIn), locale.Count(o.Rows), locale.Count(o.RowsSetAside), locale.Count(o.CellsSetAside))
		for _, column := range o.Columns {
			fmt.Printf("  %s\t%s\n", column.Name, column.Type)
		}
	}
	for _, f := range v.Findings {
		fmt.Printf("  %s\n", say(f.Code, f.Args))
	}
}

func releaseVersion(ctx context.Context, c Config, args []string) error {
	return move(ctx, c, "release", args, func(options) version.Command { return version.Release{} })
}

func recallVersion(ctx context.Context, c Config, args []string) error {
	return move(ctx, c, "recall", args, func(o options) version.Command { return version.Recall{Reason: o.reason} })
}

func move(ctx context.Context, c Config, name string, args []string, command func(options) version.Command) error {
	var o options
	rest, err := parse(name, &c, &o, args)
	if err != nil {
		return err
	}
	number := 0
	if len(rest) == 2 {
		number, _ = strconv.Atoi(rest[1])
	}
	var faults problem.List
	if number < 1 {
		faults.Add("SLUG NUMBER", "kaishu.slug_and_number")
	}
	faults.Require("--by", o.by)
	if err := faults.Err(); err != nil {
		return err
	}
	return working(ctx, c, func(ctx context.Context, p *platform) error {
		who, err := p.actor(ctx, o.by)
		if err != nil {
			return err
		}
		v, err := p.versions.Do(ctx, who, rest[0], number, command(o))
		if err == nil {
			p.tell(v)
		}
		return err
	})
}

func makeToken(ctx context.Context, c Config, args []string) error {
	var o options
	rest, err := parse("token", &c, &o, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		var faults problem.List
		faults.Add("ACCOUNT", "required")
		return faults.Err()
	}
	return working(ctx, c, func(ctx context.Context, p *platform) error {
		secret, err := p.accounts.Issue(ctx, console, rest[0], o.label)
		if err == nil {
			fmt.Println(secret)
		}
		return err
	})
}

// checkData verifies that the database is whole, that every row is what its
// events make it, and that every object exists and holds what its name says.
func checkData(ctx context.Context, c Config, args []string) error {
	if _, err := parse("check", &c, nil, args); err != nil {
		return err
	}
	p, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.db.Check(ctx); err != nil {
		return err
	}
	if err := p.db.Read(ctx, func(tx *database.Tx) error { return ledger.Check(tx) }); err != nil {
		return err
	}
	p.warnOfCalendar()
	n := 0
	err = p.shelf.Each(ctx, func(o objects.Info) error {
		n++
		return p.shelf.Verify(ctx, o.Hash)
	})
	if err != nil {
		return err
	}
	if err := p.replay(ctx); err != nil {
		return err
	}
	missing, err := p.versions.Missing(ctx, console)
	if err != nil {
		return err
	}
	papers, err := p.casework.materials.CheckShelf(ctx, console)
	if err != nil {
		return err
	}
	if missing = append(missing, papers.Missing...); len(missing) > 0 {
		return fmt.Errorf("objects that rows name are missing: %v", missing)
	}
	fmt.Printf("%s objects are whole\n", locale.Count(int64(n)))
	fmt.Printf("%s sent files wait for the virus scanner, %s held malware\n", locale.Count(int64(papers.Held)), locale.Count(int64(papers.Infected)))
	if len(papers.Left) > 0 {
		fmt.Printf("the bytes of these are still to be removed by a job: %v\n", papers.Left)
	}
	return nil
}

// replay verifies that every row is what its events make it, and says how many
// there are of each kind.
func (p *platform) replay(ctx context.Context) error {
	for _, x := range []struct {
		what   string
		replay func(context.Context, permit.Actor) (int, error)
	}{
		{"hooks and sources of the catalogue", p.directory.Replay}, {"entries", p.entries.Replay}, {"gradings, profiles and overlays", p.gradings.Replay}, {"conditions", p.conditions.Replay}, {"work orders", p.adjustments.Replay}, {"yearly reviews", p.yearly.Replay}, {"objections", p.objections.Replay}, {"complaints", p.complaints.Replay}, {"versions", p.versions.Replay}, {"schedules", p.schedules.Replay}, {"watches of timeliness and findings", p.timeliness.Replay}, {"quality rules, waivers and runs", p.assessments.Replay}, {"bodies", p.organisations.Replay},
		{"accounts", p.accounts.Replay}, {"notices and terms", p.calendar.Replay}, {"platform rules", p.rules.Replay}, {"proofs", p.casework.proofs.Replay},
		{"applications", p.applications.Replay}, {"orders", p.reviews.Replay}, {"agreements", p.agreements.Replay},
	} {
		n, err := x.replay(ctx, console)
		if err != nil {
			return err
		}
		fmt.Printf("%s %s follow from their events\n", locale.Count(int64(n)), x.what)
	}
	return nil
}

// warnOfCalendar says from 1 December on when the State Council's notice for
// next year is not entered: due days that cross the year are provisional.
func (p *platform) warnOfCalendar() {
	today := workday.Of(p.clock.Now())
	if next := today.Year() + 1; today.Time().Month() == time.December && !p.calendar.Calendar().Covers(next) {
		fmt.Fprintf(os.Stderr, "kaishu: %d年的放假安排通知尚未录入，跨年的期限都是暂定的。\n", next)
	}
}
