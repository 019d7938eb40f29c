package database_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
)

// TestMain lets this binary be the process that TestKilledWriter kills.
func TestMain(m *testing.M) {
	if path := os.Getenv("KAISHU_TEST_WRITE"); path != "" {
		writeForEver(path)
	}
	os.Exit(m.Run())
}

func TestSQLite(t *testing.T) {
	databasetest.Suite(t, func(t *testing.T) *database.DB { return databasetest.Open(t, databasetest.Tables) })
}

// TestSettings pins what durability and integrity hang on.
func TestSettings(t *testing.T) {
	db := databasetest.Open(t)
	for name, do := range map[string]func(context.Context, func(*database.Tx) error) error{"write": db.Write, "read": db.Read} {
		err := do(t.Context(), func(tx *database.Tx) error {
			var journal string
			var synchronous, keys int
			err := tx.QueryRow(`
				SELECT journal_mode, synchronous, foreign_keys
				FROM   pragma_journal_mode, pragma_synchronous, pragma_foreign_keys`).Scan(&journal, &synchronous, &keys)
			if journal != "wal" || synchronous != 2 || keys != 1 {
				t.Errorf("%s: journal %s, synchronous %d, foreign keys %d; want wal, 2 (full), 1", name, journal, synchronous, keys)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestWaitingInsideIsAFault: a transaction begun inside another with a context
// that does not show it would wait for itself for ever.
func TestWaitingInsideIsAFault(t *testing.T) {
	db, err := database.Open(t.Context(), database.Options{Path: filepath.Join(t.TempDir(), "test.db"), Clock: clock.System{}, Patience: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Write(t.Context(), func(*database.Tx) error {
		return db.Write(t.Context(), func(*database.Tx) error { return nil })
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestRewrite(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{`SELECT ?`, `SELECT $1`},
		{`a = ? AND b IN (?, ?)`, `a = $1 AND b IN ($2, $3)`},
		{`'?' ? '' ? 'it''s ?' ?`, `'?' $1 '' $2 'it''s ?' $3`},
		{`"a?" = ?`, `"a?" = $1`},
		{"a -- why?\n= ?", "a -- why?\n= $1"},
		{`a /* why? */ = ?`, `a /* why? */ = $1`},
		{`a /*/ why? */ = ?`, `a /*/ why? */ = $1`},
		{`a - ? / ?`, `a - $1 / $2`},
		{`'open ?`, `'open ?`},
		{`-- end?`, `-- end?`},
		{`/* end?`, `/* end?`},
		{`'--' ? '/*' ? '*/'`, `'--' $1 '/*' $2 '*/'`},
		{`名 = ?`, `名 = $1`},
		{`?, ?, ?, ?, ?, ?, ?, ?, ?, ?`, `$1, $2, $3, $4, $5, $6, $7, $8, $9, $10`},
		{``, ``},
	} {
		if got := database.PostgreSQL.Rewrite(tt.in); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.in, got, tt.want)
		}
		if got := database.SQLite.Rewrite(tt.in); got != tt.in {
			t.Errorf("SQLite: %s became %s", tt.in, got)
		}
	}
}

func file(name, text string) fstest.MapFS {
	return fstest.MapFS{"migrations/" + name: {Data: []byte(text)}}
}

func TestMigrationsAreMergedByNameAndAppliedOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	open := func(systems ...fstest.MapFS) (*database.DB, error) {
		o := database.Options{Path: path, Clock: clock.At(databasetest.Noon)}
		for _, s := range systems {
			o.Migrations = append(o.Migrations, s)
		}
		return database.Open(t.Context(), o)
	}
	second := file("2_b.sql", `INSERT INTO a (n) VALUES (2);`)
	first := file("1_a.sql", `CREATE TABLE a (n INTEGER); INSERT INTO a (n) VALUES (1);`)
	third := file("3_c.sql", `INSERT INTO a (n) VALUES (3);`)
	for _, systems := range [][]fstest.MapFS{{second, first}, {first, second}, {third, second, first}} {
		db, err := open(systems...)
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
	}
	db, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Read(t.Context(), func(tx *database.Tx) error {
		var n, sum, recorded int
		err := tx.QueryRow(`
			SELECT COUNT(*), SUM(n), (SELECT COUNT(*) FROM migration WHERE length(hash) = 64)
			FROM   a`).Scan(&n, &sum, &recorded)
		if n != 3 || sum != 6 || recorded != 3 {
			t.Errorf("%d rows with sum %d, %d migrations recorded; want 3, 6, 3", n, sum, recorded)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for _, tt := range []struct {
		name, says string
		systems    []fstest.MapFS
	}{
		{"changed after it was applied", "was changed", []fstest.MapFS{file("2_b.sql", `INSERT INTO a (n) VALUES (20);`)}},
		{"two of one name", "two migrations", []fstest.MapFS{first, first}},
		{"broken", "4_d.sql", []fstest.MapFS{file("4_d.sql", `CREATE TABLE d (n INTEGER); INSERT INTO nowhere (n) VALUES (1);`)}},
	} {
		if _, err := open(tt.systems...); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	// Nothing of the broken one was kept, so that it can be mended.
	mended, err := open(file("4_d.sql", `CREATE TABLE d (n INTEGER);`))
	if err != nil {
		t.Fatal(err)
	}
	mended.Close()
}

func TestMigrationsOfSeveralProcessesAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			db, err := database.Open(t.Context(), database.Options{Path: path, Clock: clock.At(databasetest.Noon),
				Migrations: []fs.FS{databasetest.Tables}})
			if err != nil {
				t.Error(err)
				return
			}
			db.Close()
		})
	}
	all.Wait()
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is a text ", 100)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := database.Open(t.Context(), database.Options{Path: path, Clock: clock.System{}}); err == nil {
		t.Error("a text file was opened as a database")
	}
}

func TestCheckSeesDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := database.Open(t.Context(), database.Options{Path: path, Clock: clock.System{}, Migrations: []fs.FS{databasetest.Tables}})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx *database.Tx) error {
		for i := range 2000 {
			if _, err := tx.Exec(`INSERT INTO thing (id, version, at) VALUES (?, 1, '')`, fmt.Sprintf("%030d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Errorf("a whole database: %v", err)
	}
	if err := db.Close(); err != nil { // moves everything from the log into the file
		t.Fatal(err)
	}
	damage(t, path)
	if db, err = database.Open(t.Context(), database.Options{Path: path, Clock: clock.System{}}); err != nil {
		return // seen even earlier
	}
	defer db.Close()
	if db.Check(t.Context()) == nil {
		t.Error("damage went unseen")
	}
}

// damage overwrites a page in the middle of the file.
func damage(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 4096)), info.Size()/2/4096*4096); err != nil {
		t.Fatal(err)
	}
}

// TestKilledWriter: what was acknowledged is there after kill -9, and nothing
// is there in half.
func TestKilledWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "KAISHU_TEST_WRITE="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	for lines := bufio.NewScanner(out); acknowledged < 50 && lines.Scan(); acknowledged++ {
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	if acknowledged < 50 {
		t.Fatalf("the child wrote %d rows", acknowledged)
	}
	db := databasetest.At(t, path, databasetest.Tables)
	err = db.Read(t.Context(), func(tx *database.Tx) error {
		var things, parts int
		err := tx.QueryRow(`SELECT (SELECT COUNT(*) FROM thing), (SELECT COUNT(*) FROM part)`).Scan(&things, &parts)
		if things < acknowledged || things != parts {
			t.Errorf("%d things with %d parts; %d were acknowledged", things, parts, acknowledged)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func writeForEver(path string) {
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{Path: path, Clock: clock.System{}, Migrations: []fs.FS{databasetest.Tables}})
	for i := 0; err == nil; i++ {
		err = db.Write(ctx, func(tx *database.Tx) error {
			if _, err := tx.Exec(`INSERT INTO thing (id, version, at) VALUES (?, 1, '')`, fmt.Sprint(i)); err != nil {
				return err
			}
			_, err := tx.Exec(`INSERT INTO part (id, thing) VALUES (?, ?)`, fmt.Sprint(i), fmt.Sprint(i))
			return err
		})
		fmt.Println(i)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
