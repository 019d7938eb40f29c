package intake

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
)

// conversion is the state of the second pass.
type conversion struct {
	form    Recipe
	survey  *survey // looks at every row too; may be nil
	columns []column
	padded  bool
	glimpse glimpse
	longest int // bytes of a row
	aside   *shelf
	place   *place
	in, out int64
	line    []byte
	ends    []int      // of the cells of the present row in line: their commas
	misfits []SetAside // of the present record
	first   [][]string
	repeats repeats
}

// stream runs the loader beside the conversion and waits for both.
func (c *conversion) stream(ctx context.Context, b *body, loader Loader, result Result) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pipe := newRelay()
	type answer struct {
		rows int64
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		rows, err := loader.Load(ctx, pipe, result.Schema(), func() int64 { return c.out }, c.longest, result.Parquet)
		if err != nil {
			pipe.leave(err)
		} else {
			pipe.leave(io.ErrClosedPipe)
		}
		done <- answer{rows, err}
	}()
	err := c.all(ctx, b, pipe)
	pipe.end(err)
	a := <-done
	switch {
	case err != nil && (a.err == nil || !errors.Is(err, a.err)):
		return 0, err
	case a.err != nil:
		return 0, fmt.Errorf("load table: %w", a.err)
	}
	return a.rows, nil
}

// all converts every record and writes the rows in large pieces.
func (c *conversion) all(ctx context.Context, b *body, to *relay) error {
	var r row
	for {
		err := b.next(&r)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		c.in++
		if c.survey != nil {
			c.survey.see(&r, b)
		}
		if err := c.record(&r); err != nil {
			return err
		}
		if len(c.line) < 4*blockSize {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.survey != nil && !c.survey.holds(c.form, b) {
			return errSurprise
		}
		if c.line, err = to.give(c.line); err != nil {
			return err
		}
	}
	_, err := to.give(c.line)
	return err
}

// record adds one record to c.line, or sets it aside.
func (c *conversion) record(r *row) error {
	width := len(c.columns)
	code := r.code
	if code == "" && len(r.fields) != width {
		if used := len(r.fields) - blankTail(r.fields); used > width || len(r.fields) < width && !c.padded && c.form.Head.Rows > 0 {
			code = "intake.wrong_field_count"
		}
	}
	if code != "" {
		return c.aside.row(SetAside{Row: c.in, Line: r.line, Text: r.text(), Code: code})
	}
	c.misfits, c.ends = c.misfits[:0], c.ends[:0]
	start := len(c.line)
	for i := range c.columns {
		if c.columns[i].Drop == "" {
			c.cell(r, i)
		}
	}
	c.convertPlace(start)
	c.repeats.add(c.line[start:])
	if c.out < shownRows {
		c.first = append(c.first, c.shown(start))
	}
	c.line[len(c.line)-1] = '\n' // instead of the last comma
	if len(c.line)-start > c.longest {
		return errLongRow
	}
	c.out++
	return c.aside.put(c.misfits)
}

// cell converts one cell and ends it with a comma.
func (c *conversion) cell(r *row, i int) {
	column := &c.columns[i]
	var cell []byte
	if i < len(r.fields) {
		cell = r.fields[i]
	}
	unread := i < len(r.codes) && r.codes[i] != ""
	if unread {
		c.misfits = append(c.misfits, SetAside{Row: c.in, Line: r.line, Column: column.Name, Text: string(cell), Code: r.codes[i]})
		cell = nil
	}
	seen := c.survey != nil && i < len(c.survey.seen)
	if column.Fill == FillDown && !unread {
		seen = false
		if len(trim(cell)) == 0 {
			cell = column.last
		} else {
			column.last = append(column.last[:0], cell...)
		}
	}
	if len(cell) > 0 {
		var code string
		g := &c.glimpse
		if seen {
			g = &c.survey.seen[i]
		} else {
			g.look(cell)
		}
		if c.line, code = column.convert(c.line, cell, g); code != "" {
			c.misfits = append(c.misfits, SetAside{Row: c.in, Line: r.line, Column: column.Name, Text: string(cell), Code: code})
		}
	}
	c.line = append(c.line, ',')
	c.ends = append(c.ends, len(c.line)-1)
}

// part returns a cell of the present row, which starts there.
func (c *conversion) part(start, n int) []byte {
	if n > 0 {
		start = c.ends[n-1] + 1
	}
	return c.line[start:c.ends[n]]
}

// convertPlace follows the place of a row, and writes it in WGS 84 if it is in
// a system that needs it.
func (c *conversion) convertPlace(start int) {
	if c.place == nil {
		return
	}
	x, y, ok := c.place.read(c.part(start, c.place.lon), c.part(start, c.place.lat))
	if !c.form.Coordinates.converts() {
		return
	}
	if ok {
		x, y = toWGS84(c.place.system, x, y)
		c.line = append(degrees(c.line, x), ',')
		c.ends = append(c.ends, len(c.line)-1)
		c.line = append(degrees(c.line, y), ',')
	} else {
		c.line = append(c.line, ',')
		c.ends = append(c.ends, len(c.line)-1)
		c.line = append(c.line, ',')
	}
	c.ends = append(c.ends, len(c.line)-1)
}

// shown returns the row as people read it.
func (c *conversion) shown(start int) []string {
	all := make([]string, len(c.ends))
	for n := range all {
		text := string(c.part(start, n))
		if strings.HasPrefix(text, `"`) {
			text = strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)
		}
		all[n] = cut(text)
	}
	return all
}

// maxCounted is how many rows are compared with one another to find repeats.
const maxCounted = 5_000_000

// repeats counts rows that equal an earlier one, by a hash of 64 bits: among
// five million rows, one chance in a million of a false one.
type repeats struct {
	seed   maphash.Seed
	hashes []uint64
	over   bool
}

func newRepeats() repeats { return repeats{seed: maphash.MakeSeed()} }

func (r *repeats) add(line []byte) {
	if r.over {
		return
	}
	if len(r.hashes) == maxCounted {
		r.over, r.hashes = true, nil
		return
	}
	r.hashes = append(r.hashes, maphash.Bytes(r.seed, line))
}

// count returns -1 if there were too many rows.
func (r *repeats) count() int64 {
	if r.over {
		return -1
	}
	slices.Sort(r.hashes)
	n := int64(0)
	for i := 1; i < len(r.hashes); i++ {
		if r.hashes[i] == r.hashes[i-1] {
			n++
		}
	}
	return n
}
