package hostile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// memoTable is a table of dBASE with a memo field; the texts of its records
// begin in these blocks.
func memoTable(version byte, blocks ...int) []byte {
	b := make([]byte, 32)
	for _, f := range []struct {
		name   string
		kind   byte
		length byte
	}{{"NAME", 'C', 6}, {"NOTE", 'M', 10}} {
		one := make([]byte, 32)
		copy(one, f.name)
		one[11], one[16] = f.kind, f.length
		b = append(b, one...)
	}
	b = append(b, 0x0d)
	b[0] = version
	binary.LittleEndian.PutUint32(b[4:], uint32(len(blocks)))
	binary.LittleEndian.PutUint16(b[8:], uint16(len(b)))
	binary.LittleEndian.PutUint16(b[10:], 17)
	for i, n := range blocks {
		b = fmt.Appendf(b, " row%03d%10d", i%1000, n)
	}
	return append(b, 0x1a)
}

// memoFile holds texts of one make, from block 1 on; .fpt from block 8 on.
func memoFile(version byte, texts ...string) []byte {
	b, block := make([]byte, 512), 512
	if version == 0xf5 {
		block = 64
		binary.BigEndian.PutUint16(b[6:], 64)
	}
	for _, text := range texts {
		switch version {
		case 0x83:
			b = append(b, text+"\x1a\x1a"...)
		case 0x8b:
			b = append(binary.LittleEndian.AppendUint32(append(b, "\xff\xff\x08\x00"...), uint32(len(text)+8)), text...)
		default:
			b = append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, 1), uint32(len(text))), text...)
		}
		b = append(b, make([]byte, (block-len(b)%block)%block)...)
	}
	return b
}

// shapes makes the shapes of one kind.
func shapes(kind uint32, all ...[]byte) []byte {
	b := make([]byte, 100)
	binary.BigEndian.PutUint32(b, 9994)
	binary.LittleEndian.PutUint32(b[32:], kind)
	for i, s := range all {
		b = binary.BigEndian.AppendUint32(b, uint32(i+1))
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(s)/2)), s...)
	}
	return b
}

// line is a shape of one part and of so many points, with heights and measures,
// which says that it has these parts and points.
func line(kind, points, saysParts, saysPoints uint32) []byte {
	b := binary.LittleEndian.AppendUint32(nil, kind)
	b = append(b, make([]byte, 32)...)
	for _, n := range []uint32{saysParts, saysPoints, 0} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for i := range 4*points + 4 {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(float64(i)))
	}
	return b
}

func packedTable(table, memo []byte, ext string) []byte {
	return zipped(entry{name: "t.dbf", body: table}, entry{name: "t" + ext, body: memo})
}

func packedLayer(all []byte) []byte {
	return zipped(entry{name: "t.shp", body: all}, entry{name: "t.dbf", body: memoTable(0x03, 0, 0)})
}

func tables(add func(string, ...File)) {
	packed := func(table, memo []byte, ext string) func() []byte {
		return func() []byte { return packedTable(table, memo, ext) }
	}
	layer := func(all []byte) func() []byte { return func() []byte { return packedLayer(all) } }
	add("memo", File{Loads: true, Make: packed(memoTable(0x83, 0, 1, 99_999_999), memoFile(0x83, "one"), ".dbt")},
		File{Codes: []string{"intake.dbf_broken"}, Make: func() []byte { // every record the same long text
			all := make([]int, 50_000)
			for i := range all {
				all[i] = 1
			}
			return packedTable(memoTable(0x83, all...), memoFile(0x83, strings.Repeat("x", 3<<20)), ".dbt")
		}},
		File{Loads: true, Make: packed(memoTable(0x83, 1, 2), bytes.Repeat([]byte{'x'}, 9<<20), ".dbt")}, File{Loads: true, Make: packed(memoTable(0x8b, 1), []byte("\xff\xff\x08\x00"), ".dbt")},
		File{Loads: true, Make: packed(memoTable(0x8b, 1), append(memoFile(0x8b), "\xff\xff\x08\x00\xff\xff\xff\xff"...), ".dbt")}, File{Loads: true, Make: packed(memoTable(0xf5, 8), append(memoFile(0xf5), 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff), ".fpt")},
		File{Loads: true, Make: packed(memoTable(0xf5, 8, 9, 512), make([]byte, 1<<20), ".fpt")}, File{Loads: true, Make: packed(memoTable(0x83, 1), nil, ".dbt")},
		File{Codes: []string{"intake.unpacks_too_large"}, Make: packed(memoTable(0x83, 1), make([]byte, 100<<20), ".dbt")}, File{Loads: true, Make: fixed(memoTable(0x83, 1, 2))})
	add("shapes", File{Loads: true, Make: layer(shapes(13, line(13, 2, 1, 2), line(13, 2, 1, math.MaxUint32)))}, File{Loads: true, Make: layer(shapes(15, line(15, 3, math.MaxUint32, 3), line(15, 3, 1, 4)))},
		File{Loads: true, Make: layer(shapes(13, line(13, 2, 2, 2), line(13, 2, 1<<30, 1<<31)))}, File{Loads: true, Make: layer(shapes(23, line(23, 2, 1, 2), line(3, 2, 1, 2)))},
		File{Codes: []string{"intake.shapes_not_read"}, Make: layer(shapes(31, line(31, 2, 1, 2)))}, File{Codes: []string{"intake.shape_broken"}, Make: layer(shapes(1<<31, line(3, 2, 1, 2)))}, File{Codes: []string{"intake.shape_broken"}, Make: layer(shapes(13, line(13, 2, 1, 2)))})
}

// damagedWithin damages what is packed, which an archive's own sums would show.
func damagedWithin(r *rand.Rand, add func(string, ...File)) {
	all := shapes(15, line(15, 4, 1, 4), line(15, 4, 1, 4))
	for _, one := range []struct {
		kind string
		part []byte
		pack func([]byte) []byte
	}{
		{"dbf", memoTable(0x83, 1, 2, 0), func(b []byte) []byte { return b }},
		{"dbf-memo", memoTable(0x83, 1, 2, 0), func(b []byte) []byte { return packedTable(b, memoFile(0x83, "one", "two"), ".dbt") }},
		{"dbt", memoFile(0x83, "one", "two"), func(b []byte) []byte { return packedTable(memoTable(0x83, 1, 2, 0), b, ".dbt") }},
		{"fpt", memoFile(0xf5, "one", "two"), func(b []byte) []byte { return packedTable(memoTable(0xf5, 8, 9, 0), b, ".fpt") }},
		{"shp", all, packedLayer},
	} {
		within := func(how func(*rand.Rand, []byte) []byte) []File {
			files := damaged(r, File{Make: fixed(one.part)}, how)
			for i := range files {
				part := files[i].Make
				files[i].Make = func() []byte { return one.pack(part()) }
			}
			return files
		}
		add("cut-"+one.kind, within(cut)...)
		add("bits-"+one.kind, within(flip)...)
	}
}
