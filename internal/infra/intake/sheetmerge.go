package intake

import (
	"bytes"
	"context"
	"io"

	"kaishu/internal/base/problem"
)

// readMerges returns the merged ranges of a sheet. They stand behind all cells
// and are looked for as bytes.
func (b *workbook) readMerges(ctx context.Context, sheet sheetPart) (spans []span, err error) {
	text, err := b.entry(sheet.path)
	if err != nil {
		return nil, err
	}
	rest, err := seekTag(ctx, text, "mergeCells")
	if err != nil {
		return nil, err
	}
	x := newMarkupReader(rest)
	for {
		err := x.next()
		if err == io.EOF || err == nil && x.kind == closeTag && string(x.name) == "mergeCells" {
			sortSpans(spans)
			return spans, nil
		}
		if err != nil {
			return nil, sheetFault(err)
		}
		if x.kind != openTag || string(x.name) != "mergeCell" {
			continue
		}
		ref, err := x.attr("ref")
		if err != nil {
			return nil, sheetFault(err)
		}
		if spans, err = addSpan(spans, parseSpan(ref)); err != nil {
			return nil, err
		}
	}
}

// addSpan adds a range if its value is meant for each of its cells.
func addSpan(spans []span, s span) ([]span, error) {
	if !s.spread() {
		return spans, nil
	}
	if len(spans) >= maxMerges {
		return nil, problem.New(problem.Invalid, "intake.unpacks_too_large")
	}
	return append(spans, s), nil
}

// parseSpan reads A1:B2; of anything else it makes a range without cells.
func parseSpan(ref []byte) span {
	first, last, ok := bytes.Cut(ref, []byte(":"))
	top, left := parseCell(first)
	bottom, right := parseCell(last)
	if !ok || top < 0 || left < 0 {
		return span{bottom: -1}
	}
	return span{top: top, bottom: bottom, left: left, right: right}
}

func parseCell(ref []byte) (row, column int) {
	letters := 0
	for letters < len(ref) && ref[letters] >= 'A' && ref[letters] <= 'Z' {
		letters++
	}
	n, ok := shortNumber(ref[letters:])
	if !ok {
		return -1, -1
	}
	return int(n) - 1, columnOf(ref[:letters])
}

// seekTag returns what follows the opening of the first tag of a name; nothing
// if there is none. It reads blocks and compares bytes: in well-formed XML a <
// begins nothing but a tag or a comment.
func seekTag(ctx context.Context, r io.Reader, name string) (io.Reader, error) {
	mark := []byte(name)
	const most = 64 // of a prefix, kept from block to block
	buf := make([]byte, blockSize)
	kept := 0
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := r.Read(buf[kept:])
		if err != nil && err != io.EOF {
			return nil, sheetFault(err)
		}
		block := buf[:kept+n]
		for at := 0; ; {
			i := bytes.Index(block[at:], mark)
			if i < 0 {
				break
			}
			at += i + len(mark)
			if opensTag(block[:at-len(mark)]) {
				return io.MultiReader(bytes.NewReader(block[at:]), r), nil
			}
		}
		if err == io.EOF {
			return bytes.NewReader(nil), nil
		}
		tail := block[max(0, len(block)-most-len(mark)):]
		kept = copy(buf, tail)
	}
}

// opensTag reports whether text ends with < or with < and a prefix.
func opensTag(text []byte) bool {
	n := len(text)
	if n > 0 && text[n-1] == ':' {
		for n--; n > 0 && text[n-1] != '<' && text[n-1] != '/' && !isXMLSpace(text[n-1]) && text[n-1] != '>'; {
			n--
		}
	}
	return n > 0 && text[n-1] == '<'
}
