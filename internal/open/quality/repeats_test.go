package quality

import (
	"strings"
	"testing"

	"kaishu/internal/infra/intake"
	"kaishu/internal/open/version"
)

func TestRepeatedRows(t *testing.T) {
	c := newCity(t)
	c.list("a", nil)
	for _, tt := range []struct{ name, file, want string }{
		{"passes", "站,n\n" + lines(100, "站%d,1"), "staged"},
		{"one in a hundred is noted", "站,n\n" + lines(99, "站%d,1") + "站7,1\n", "staged; some_rows_repeated 1 note [站7 | 1]"},
		{"more hold", "站,n\n" + lines(97, "站%d,1") + "站7,1\n站7,1\n", "blocked; rows_repeated 2 [站7 | 1]"},
		{"rows that differ in one cell are two", "站,n\n" + lines(50, "站%d,1") + lines(50, "站%d,"), "staged"},
	} {
		if got := told(c.send("a", tt.file)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestAppendedRowsRepeat: what comes twice in two files is a repeat too.
func TestAppendedRowsRepeat(t *testing.T) {
	c := newCity(t)
	c.list("a", nil)
	c.release(c.send("a", "站,n\n"+lines(10, "站%d,1")))
	v, err := c.versions.Receive(t.Context(), editor, version.Upload{Dataset: "a", NotSecret: true, Kind: version.Full, Name: "b.csv", UpdatedOn: "2026-11-02",
		Recipe: &intake.Recipe{Version: 1, Mode: intake.Append}}, strings.NewReader("站,n\n"+lines(3, "站%d,1")+"站12,1\n"))
	c.must(err)
	if got := told(c.work(v)); got != "blocked; rows_repeated 3 [站0 | 1 站1 | 1 站2 | 1]" {
		t.Error(got)
	}
}
