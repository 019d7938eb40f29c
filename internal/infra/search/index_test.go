package search

import (
	"strconv"
	"testing"
)

// A search visits every segment, so they must stay few; and what is gone must
// not be kept for long.
func TestSegmentsStayFewAndTight(t *testing.T) {
	x := New()
	held := func() (segments, entries int) {
		for _, v := range x.now.Load().views {
			entries += len(v.entries)
		}
		return len(x.now.Load().views), entries
	}
	for i := range 3000 {
		x.Put(Document{ID: strconv.Itoa(i), Fields: map[Field]string{Title: "水质监测" + strconv.Itoa(i)}})
		if segments, _ := held(); segments > 2*fan+1 {
			t.Fatalf("%d segments after %d documents", segments, i+1)
		}
	}
	for i := range 2900 {
		x.Remove(strconv.Itoa(i))
	}
	if segments, entries := held(); entries > 2*100+heapMax || segments > 4 {
		t.Errorf("%d segments hold %d entries for %d documents", segments, entries, x.Len())
	}
	for i := range 3000 {
		x.Remove(strconv.Itoa(i))
	}
	if segments, entries := held(); segments != 0 || entries != 0 || x.Len() != 0 || len(x.where) != 0 {
		t.Errorf("%d segments hold %d entries, %d known, when all is gone", segments, entries, len(x.where))
	}
}
