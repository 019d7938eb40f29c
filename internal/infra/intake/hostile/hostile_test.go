//go:build linux

package hostile

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/tabular/duckdb"
)

// The test binary is its own worker.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(intake.Serve(map[string]intake.Task{"import": func(ctx context.Context, in json.RawMessage) (any, error) {
			var r intake.Request
			if err := json.Unmarshal(in, &r); err != nil {
				return nil, err
			}
			return intake.Read(ctx, r, duckdb.Loader{Dir: r.Dir})
		}}))
	}
	os.Exit(m.Run())
}

// limits are those of production, with less time.
var limits = intake.Limits{Memory: intake.DefaultLimits.Memory, Time: time.Minute}

// words are the messages in both languages.
func words(t *testing.T) (all [2]map[string]string) {
	t.Helper()
	for i, language := range []string{"zh", "en"} {
		text, err := intake.Messages.ReadFile("messages." + language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &all[i]); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// Every file of the corpus, through the worker process, ends as it should: in
// a table or in a reason that has words, in bounded time and memory, with
// nothing written beside the folder given. All of them with HARD_ROUNDS, which
// is also the seed; otherwise the first two of each kind that are quick.
func TestHostileFiles(t *testing.T) {
	rounds, _ := strconv.Atoi(os.Getenv("HARD_ROUNDS"))
	corpus := Corpus(uint64(max(rounds, 1)))
	if len(corpus) < 500 {
		t.Fatalf("%d files", len(corpus))
	}
	both, before, tried := words(t), runtime.NumGoroutine(), 0
	for _, f := range corpus {
		if rounds == 0 && (f.Slow || !strings.HasSuffix(f.Name, "-00") && !strings.HasSuffix(f.Name, "-01")) {
			continue
		}
		tried++
		t.Run(f.Name, func(t *testing.T) { check(t, f, both) })
	}
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &use); err != nil {
		t.Fatal(err)
	}
	if peak := use.Maxrss << 10; peak > limits.Memory+limits.Memory/4 {
		t.Errorf("a worker took %d MB", peak>>20)
	}
	if after := runtime.NumGoroutine(); after > before+2 {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
	t.Logf("%d of %d files; the largest worker took %d MB", tried, len(corpus), use.Maxrss>>10)
}

func check(t *testing.T, f File, words [2]map[string]string) {
	place := t.TempDir()
	dir := filepath.Join(place, "work")
	path := filepath.Join(place, "upload")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, f.Make(), 0o600); err != nil {
		t.Fatal(err)
	}
	var result intake.Result
	err := intake.Run(t.Context(), []string{"/proc/self/exe", "worker"}, "import", intake.Request{Path: path, Name: f.Name, Dir: dir}, &result, limits)
	if left, _ := os.ReadDir(place); len(left) != 2 {
		t.Errorf("%d files beside the folder", len(left)-2)
	}
	if err == nil {
		if !f.Loads {
			t.Errorf("a table of %d rows, %d columns", result.RowsOut, len(result.Recipe.Columns))
		}
		if result.RowsIn != result.RowsOut+result.RowsSetAside {
			t.Errorf("%d rows in, %d out, %d set aside", result.RowsIn, result.RowsOut, result.RowsSetAside)
		}
		return
	}
	p := problem.As(err)
	if p == nil {
		t.Fatalf("a fault of ours: %.500v", err)
	}
	switch {
	case p.Code == "intake.reader_crashed" || p.Code == "intake.too_long" || p.Code == "intake.too_much_memory":
		t.Errorf("%.700v", err)
	case len(f.Codes) > 0 && !slices.Contains(f.Codes, p.Code):
		t.Errorf("%s, want %v", p.Code, f.Codes)
	case strings.Contains(fmt.Sprint(p.Args), place):
		t.Errorf("the reason names our folder: %v", p.Args)
	}
	for _, one := range words {
		if one[p.Code] == "" && strings.HasPrefix(p.Code, "intake.") {
			t.Errorf("no words for %s", p.Code)
		}
	}
}
