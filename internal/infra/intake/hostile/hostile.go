package hostile

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
)

// File is one file of the corpus.
type File struct {
	Name  string   // unique, letters, digits, strokes
	Kind  string   // what it tries
	Loads bool     // a table is a right outcome
	Slow  bool     // takes seconds
	Codes []string // refusals that are right; nil: any that names its reason
	Make  func() []byte
}

//go:embed base.parquet
var parquet []byte

//go:embed base.arrows
var arrows []byte

// Corpus returns at least 500 files. Those with damage depend on seed.
func Corpus(seed uint64) (all []File) {
	add := func(kind string, files ...File) {
		for i, f := range files {
			f.Kind = kind
			f.Name = fmt.Sprintf("%s-%02d", kind, i)
			all = append(all, f)
		}
	}
	archives(add)
	texts(add)
	documents(add)
	workbooks(add)
	compounds(add)
	tables(add)
	r := rand.New(rand.NewPCG(seed, 1))
	for _, base := range bases() {
		add("cut-"+base.Kind, damaged(r, base, cut)...)
		add("bits-"+base.Kind, damaged(r, base, flip)...)
		add("filled-"+base.Kind, damaged(r, base, fill)...)
	}
	damagedWithin(r, add)
	return all
}

// perBase is how many files each way of damage makes of one good file.
const perBase = 14

func damaged(r *rand.Rand, base File, how func(*rand.Rand, []byte) []byte) (all []File) {
	for range perBase {
		a, b := r.Uint64(), r.Uint64()
		all = append(all, File{Loads: true, Make: func() []byte { return how(rand.New(rand.NewPCG(a, b)), base.Make()) }})
	}
	return all
}

func cut(r *rand.Rand, b []byte) []byte { return b[:r.IntN(len(b))] }

func flip(r *rand.Rand, b []byte) []byte {
	b = append([]byte(nil), b...)
	for range 1 + r.IntN(8) {
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
	}
	return b
}

// fill writes 0xff or zeros over a run of bytes, as lost sectors are.
func fill(r *rand.Rand, b []byte) []byte {
	b = append([]byte(nil), b...)
	from, with := r.IntN(len(b)), byte(0xff*r.IntN(2))
	for i := from; i < min(len(b), from+1+r.IntN(64)); i++ {
		b[i] = with
	}
	return b
}

func fixed(b []byte) func() []byte { return func() []byte { return b } }

func said(text string) func() []byte { return func() []byte { return []byte(text) } }
