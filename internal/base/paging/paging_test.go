package paging

import (
	"encoding/json"
	"reflect"
	"testing"

	"kaishu/internal/base/problem"
)

func TestCursorSurvivesItsURL(t *testing.T) {
	q := Fingerprint("stations", "line = 1")
	c := Cursor{Query: q, Key: []any{"静安区", json.Number("9007199254740993"), nil, true}}
	got, err := Parse(c.String(), q)
	if err != nil || !reflect.DeepEqual(*got, c) {
		t.Errorf("got %+v, %v", got, err)
	}
	if none, err := Parse("", q); none != nil || err != nil {
		t.Error(none, err)
	}
}

func TestBadCursors(t *testing.T) {
	q := Fingerprint("stations")
	for text, code := range map[string]string{
		"!!!":  "paging.bad_cursor",
		"e30x": "paging.bad_cursor",
		Cursor{Query: q, Key: []any{[]int{}}}.String(): "paging.bad_cursor",
		Cursor{Query: "other"}.String():                "paging.other_query",
	} {
		_, err := Parse(text, q)
		if p := problem.As(err); p == nil || p.Fields[0].Code != code {
			t.Errorf("%q: %v, want %s", text, err, code)
		}
	}
}
