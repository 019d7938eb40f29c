package download

import (
	"strings"
	"testing"

	"kaishu/internal/base/problem"
)

func TestFileName(t *testing.T) {
	for _, tt := range []struct{ title, want string }{
		{"全市地铁进出客流量", "全市地铁进出客流量.csv"},
		{` a/b\c:d*e?"f"<g>|h` + "\n", "a_b_c_d_e__f__g__h.csv"},
		{"..", "data.csv"},
	} {
		if got := FileName(tt.title, "csv"); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.title, got, tt.want)
		}
	}
	long := FileName(strings.Repeat("长", 200), "parquet")
	if len(long) > 255 || !strings.HasSuffix(long, "长.parquet") {
		t.Errorf("%d bytes: %s", len(long), long)
	}
}

func TestParse(t *testing.T) {
	w, err := Parse("全市.地铁.CSV", "gb18030")
	if err != nil || w != (Wanted{"csv", "gb18030"}) {
		t.Error(w, err)
	}
	for _, tt := range []struct{ file, encoding, want string }{
		{"csv", "", "download.unknown_format"},
		{"a.pdf", "", "download.unknown_format"},
		{"a.csv", "latin1", "download.unknown_encoding"},
		{"a.xlsx", "gb18030", "download.encoding_is_for_csv"},
	} {
		_, err := Parse(tt.file, tt.encoding)
		p := problem.As(err)
		if p == nil || p.Code != tt.want && (len(p.Fields) != 1 || p.Fields[0].Code != tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}
