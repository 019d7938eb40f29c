package schema

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/problem"
)

// server starts a PostgreSQL of its own on a socket in a folder, and returns a
// connection string. As root it runs as "postgres", since the server refuses
// root.
func server(t *testing.T) (dsn string, do func(sql string)) {
	t.Helper()
	if os.Getenv("POSTGRES_TESTS") == "" {
		t.Skip("POSTGRES_TESTS is not set: tests with a real PostgreSQL are left out")
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		t.Fatal("PostgreSQL is not installed: make setup-postgres")
	}
	bin := filepath.Dir(slices.Max(found))
	dir, err := os.MkdirTemp("", "kaishu-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	run := func(name string, args ...string) {
		t.Helper()
		line := append([]string{filepath.Join(bin, name)}, args...)
		if os.Getuid() == 0 {
			line = append([]string{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"}, line...)
		}
		c := exec.Command(line[0], line[1:]...)
		c.Dir, c.Env = dir, append(os.Environ(), "HOME="+dir, "LC_ALL=C.UTF-8")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	if os.Getuid() == 0 {
		if out, err := exec.Command("chown", "postgres:", dir).CombinedOutput(); err != nil {
			t.Fatalf("chown: %v %s", err, out)
		}
	}
	data := filepath.Join(dir, "data")
	run("initdb", "-D", data, "-U", "kaishu", "-A", "trust", "-E", "UTF8", "--no-sync")
	run("pg_ctl", "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", fmt.Sprintf("-c listen_addresses='' -k %s -c fsync=off", dir), "start")
	t.Cleanup(func() { run("pg_ctl", "-D", data, "-m", "immediate", "stop") })
	return fmt.Sprintf("host=%s user=kaishu dbname=postgres", dir), func(sql string) {
		t.Helper()
		run("psql", "-h", dir, "-U", "kaishu", "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql)
	}
}

// TestAPostgreSQLSchemaIsRead: tables, views and partitioned tables with types
// and comments, and nothing of another schema; a reader without rights on the
// rows is enough.
func TestAPostgreSQLSchemaIsRead(t *testing.T) {
	dsn, do := server(t)
	do(`CREATE SCHEMA lake; CREATE SCHEMA other; CREATE TABLE other.hidden (x int);
		CREATE TABLE lake.stops (stop_id varchar(20) PRIMARY KEY, name text NOT NULL, lon numeric(9,6), gone int);
		ALTER TABLE lake.stops DROP COLUMN gone;
		COMMENT ON TABLE lake.stops IS '公交站点'; COMMENT ON COLUMN lake.stops.stop_id IS '站点编号';
		CREATE VIEW lake.named AS SELECT name FROM lake.stops;
		CREATE TABLE lake.rides (day date, n bigint) PARTITION BY RANGE (day);
		CREATE TABLE lake.rides_2026 PARTITION OF lake.rides FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
		CREATE ROLE reader LOGIN`)
	folder := t.TempDir()
	for name, text := range map[string]string{"lake": strings.Replace(dsn, "user=kaishu", "user=reader", 1) + "\n", "down": "host=/nowhere user=x", "Bad Name": "x"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := Folder{Path: folder}
	if names, err := f.Connections(); err != nil || !slices.Equal(names, []string{"down", "lake"}) {
		t.Errorf("%q %v", names, err)
	}
	all, err := f.Columns(t.Context(), "lake", "lake")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range all {
		got = append(got, c["code"]+" "+c["column"]+" "+c["type"]+" "+c["table_comment"]+c["comment"])
	}
	want := []string{"lake.named name text ", "lake.rides day date ", "lake.rides n bigint ", "lake.stops stop_id character varying(20) 公交站点站点编号", "lake.stops name text 公交站点", "lake.stops lon numeric(9,6) 公交站点"}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	if all, err := f.Columns(t.Context(), "lake", "nothing"); err != nil || len(all) != 0 {
		t.Errorf("an empty schema: %v %v", all, err)
	}
	quick := f
	quick.Time = time.Nanosecond
	for name, x := range map[string]struct {
		f    Folder
		of   string
		code string
	}{"no such": {f, "pond", "schema.unknown_connection"}, "a path": {f, "../x", "schema.unknown_connection"}, "no folder": {Folder{}, "lake", "schema.unknown_connection"},
		"down": {f, "down", "schema.unreachable"}, "too slow": {quick, "lake", "schema.unreachable"}} {
		if _, err := x.f.Columns(t.Context(), x.of, ""); problem.As(err) == nil || problem.As(err).Code != x.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if names, err := (Folder{Path: filepath.Join(folder, "none")}).Connections(); err != nil || len(names) != 0 {
		t.Errorf("%q %v", names, err)
	}
}
