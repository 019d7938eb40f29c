package search

import (
	"sync"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"
)

const (
	heapMax = 128 // entries of a segment without grams
	fan     = 8   // segments of like size that are merged into one
)

// Index finds datasets. It is safe for use by many goroutines: a search works
// on the state it began with and waits for nobody; changes take turns.
type Index struct {
	now atomic.Pointer[state]

	change sync.Mutex
	where  map[string]location // of every document; guarded by change
}

// state is the index at one moment. It is never changed.
type state struct {
	views []view
	n     int
}

// view is a segment and which of its entries are still in the index.
type view struct {
	*segment
	live *roaring.Bitmap
}

type location struct {
	segment *segment
	ordinal uint32
}

// New returns an empty index.
func New() *Index {
	x := &Index{where: map[string]location{}}
	x.now.Store(&state{})
	return x
}

// Len returns the number of documents.
func (x *Index) Len() int { return x.now.Load().n }

// Put adds documents, or replaces those of the same ID. The last of the same
// ID counts. All of them appear at once.
func (x *Index) Put(docs ...Document) {
	entries := prepare(docs)
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.id
	}
	x.change.Lock()
	defer x.change.Unlock()
	views := x.without(ids)
	x.publish(x.tidy(x.with(views, entries)))
}

// Remove takes documents out. Unknown ids are no fault.
func (x *Index) Remove(ids ...string) {
	x.change.Lock()
	defer x.change.Unlock()
	x.publish(x.tidy(x.without(ids)))
}

// Replace makes all the whole of the index, in one step.
func (x *Index) Replace(all []Document) {
	entries := prepare(all)
	x.change.Lock()
	defer x.change.Unlock()
	clear(x.where)
	x.publish(x.with(nil, entries))
}

// prepare folds the documents; of those with one ID it keeps the last.
func prepare(docs []Document) []*entry {
	entries := make([]*entry, 0, len(docs))
	at := make(map[string]int, len(docs))
	for _, d := range docs {
		if i, ok := at[d.ID]; ok {
			entries[i] = newEntry(d)
			continue
		}
		at[d.ID] = len(entries)
		entries = append(entries, newEntry(d))
	}
	return entries
}

// without returns the present views less the given documents.
func (x *Index) without(ids []string) []view {
	gone := map[*segment]*roaring.Bitmap{}
	for _, id := range ids {
		at, ok := x.where[id]
		if !ok {
			continue
		}
		delete(x.where, id)
		if gone[at.segment] == nil {
			gone[at.segment] = roaring.New()
		}
		gone[at.segment].Add(at.ordinal)
	}
	var views []view
	for _, v := range x.now.Load().views {
		if g := gone[v.segment]; g != nil {
			v.live = roaring.AndNot(v.live, g)
		}
		views = append(views, v)
	}
	return views
}

// with returns views and the new entries, which join the segment without
// grams as long as that stays small.
func (x *Index) with(views []view, entries []*entry) []view {
	if last := len(views) - 1; last >= 0 && views[last].all == nil {
		entries = append(views[last].remaining(), entries...)
		views = views[:last]
	}
	if len(entries) == 0 {
		return views
	}
	if len(entries) <= heapMax {
		return append(views, x.enter(newHeap(entries)))
	}
	return append(views, x.enter(newSegment(entries)))
}

// enter records where the entries of a new segment are.
func (x *Index) enter(s *segment) view {
	live := roaring.New()
	live.AddRange(0, uint64(len(s.entries)))
	for i, e := range s.entries {
		x.where[e.id] = location{s, uint32(i)}
	}
	return view{s, live}
}

func (v view) remaining() []*entry {
	entries := make([]*entry, 0, v.live.GetCardinality())
	v.live.Iterate(func(i uint32) bool {
		entries = append(entries, v.entries[i])
		return true
	})
	return entries
}

// tidy merges segments of like size, and rewrites those that are half gone,
// so that there are few segments and an entry is rewritten seldom. The
// segment without grams, if any, stays last.
func (x *Index) tidy(views []view) []view {
	var kept, heap []view
	var loose []*entry
	tiers := map[int]int{}
	for _, v := range views {
		switch n := int(v.live.GetCardinality()); {
		case n == 0:
		case v.all == nil:
			heap = append(heap, v)
		case n < len(v.entries)/2:
			loose = append(loose, v.remaining()...)
		default:
			kept = append(kept, v)
			tiers[tier(n)]++
		}
	}
	for t := range tiers {
		if tiers[t] < fan {
			continue
		}
		var rest []view
		for _, v := range kept {
			if tier(int(v.live.GetCardinality())) == t {
				loose = append(loose, v.remaining()...)
			} else {
				rest = append(rest, v)
			}
		}
		kept = rest
	}
	if len(loose) > 0 {
		kept = append(kept, x.enter(newSegment(loose)))
	}
	return append(kept, heap...)
}

// tier is the order of magnitude of a segment's size.
func tier(n int) (t int) {
	for ; n >= fan*heapMax; n /= fan {
		t++
	}
	return t
}

func (x *Index) publish(views []view) {
	s := &state{views: views}
	for _, v := range views {
		s.n += int(v.live.GetCardinality())
	}
	x.now.Store(s)
}
