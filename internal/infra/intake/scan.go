package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"unicode/utf8"

	"kaishu/internal/base/problem"
)

// scanned is what one look at the bytes of a text shows.
type scanned struct {
	lf, cr int64
	nul    int64 // line of the first NUL byte, counted from 1; 0 if there is none
	utf8   bool
	ascii  bool
}

// scanAll looks for NUL bytes and line ends and tells whether all is UTF-8. A
// large file is looked at in parts, one for each processor.
func scanAll(ctx context.Context, r io.ReadSeeker) (s spelling, valid bool, err error) {
	parts, err := cutParts(r)
	if err != nil {
		return s, false, err
	}
	seen, failed := make([]scanned, len(parts)), make([]error, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		all.Go(func() { seen[i], failed[i] = scan(ctx, part) })
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		return s, false, err
	}
	s, valid = spelling{encoding: utf8Name, ascii: true, eol: '\n'}, true
	var lf, cr int64
	for _, p := range seen {
		if p.nul > 0 {
			return s, false, problem.New(problem.Invalid, "intake.nul_byte", "line", lf+p.nul)
		}
		lf, cr = lf+p.lf, cr+p.cr
		valid, s.ascii = valid && p.utf8, s.ascii && p.ascii
	}
	if lf == 0 && cr > 0 {
		s.eol = '\r'
	}
	return s, valid, nil
}

// cutParts cuts a large file behind line ends; anything else is one part.
func cutParts(r io.ReadSeeker) ([]io.Reader, error) {
	const large, window = 32 << 20, 1 << 20
	f, ok := r.(*os.File)
	if !ok {
		return []io.Reader{r}, nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at file: %w", err)
	}
	n := int64(runtime.GOMAXPROCS(0))
	if info.Size() < large {
		n = 1
	}
	var parts []io.Reader
	from, near := int64(0), make([]byte, window)
	for i := int64(1); i < n; i++ {
		to := info.Size() * i / n
		read, err := f.ReadAt(near, to)
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("read file: %w", err)
		}
		at := bytes.IndexByte(near[:read], '\n')
		if at < 0 {
			continue
		}
		to += int64(at) + 1
		parts, from = append(parts, io.NewSectionReader(f, from, to-from)), to
	}
	return append(parts, io.NewSectionReader(f, from, info.Size()-from)), nil
}

func scan(ctx context.Context, r io.Reader) (s scanned, err error) {
	s = scanned{utf8: true, ascii: true}
	buf, kept := make([]byte, 1<<20), 0
	for end := false; !end; {
		n, err := io.ReadFull(r, buf[kept:])
		if end = err == io.EOF || err == io.ErrUnexpectedEOF; err != nil && !end {
			return s, fmt.Errorf("read file: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return s, err
		}
		fresh := buf[kept : kept+n]
		if i := bytes.IndexByte(fresh, 0); i >= 0 {
			s.nul = 1 + s.lf + int64(bytes.Count(fresh[:i], []byte{'\n'}))
			return s, nil
		}
		s.lf += int64(bytes.Count(fresh, []byte{'\n'}))
		s.cr += int64(bytes.Count(fresh, []byte{'\r'}))
		block := buf[:kept+n]
		whole := len(block)
		if !end {
			whole -= cutRune(block)
		}
		if s.utf8 {
			s.utf8 = utf8.Valid(block[:whole])
			s.ascii = s.ascii && s.utf8 && isASCII(block[:whole])
		}
		kept = copy(buf, block[whole:])
	}
	return s, nil
}
