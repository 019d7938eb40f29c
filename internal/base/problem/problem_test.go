package problem

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func TestListTellsEveryFaultInOrder(t *testing.T) {
	var p List
	if err := p.Err(); err != nil {
		t.Fatalf("nothing was wrong, got %v", err)
	}
	p.Require("/purpose", " \t ")
	p.Require("/name", "given")
	p.Add("/size", "too_big", "most", 10, "given", 12)
	err := p.Err()
	got := As(err)
	if got == nil || got.Kind != Invalid || got.Code != "invalid_input" || len(got.Fields) != 2 {
		t.Fatalf("got %v", err)
	}
	if f := got.Fields[1]; f.Pointer != "/size" || f.Args["most"] != 10 || f.Args["given"] != 12 {
		t.Errorf("second field %+v", f)
	}
	if want := "invalid: invalid_input; /purpose required; /size too_big"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestMerge(t *testing.T) {
	var one, all List
	one.Add("/a", "required")
	all.Add("/b", "required")
	if rest := all.Merge(fmt.Errorf("check: %w", one.Err())); rest != nil {
		t.Errorf("fields were left: %v", rest)
	}
	if got := len(As(all.Err()).Fields); got != 2 {
		t.Errorf("%d fields", got)
	}
	if rest := all.Merge(nil); rest != nil {
		t.Errorf("nil became %v", rest)
	}
	for _, err := range []error{New(Forbidden, "no"), errors.New("disk is full")} {
		if rest := all.Merge(err); rest != err {
			t.Errorf("%v was swallowed, got %v", err, rest)
		}
	}
}

func TestIsAndAsSeeThroughWrapping(t *testing.T) {
	err := fmt.Errorf("load: %w", New(NotFound, "entry.not_found", "slug", "a"))
	if !Is(err, NotFound) || Is(err, Conflict) || As(err).Args["slug"] != "a" {
		t.Errorf("did not see the problem in %v", err)
	}
	fault := errors.New("disk is full")
	if Is(fault, NotFound) || As(fault) != nil || Is(nil, NotFound) || As(nil) != nil {
		t.Error("took a fault for a problem")
	}
}

func TestKindsDiffer(t *testing.T) {
	kinds := []Kind{Invalid, Malformed, Unsigned, Forbidden, NotFound, Method, Conflict, Gone, TooLarge, Unsupported, TooMany, Exhausted, Stopped}
	slices.Sort(kinds)
	if len(slices.Compact(kinds)) != 13 {
		t.Error("two kinds share a word")
	}
}
