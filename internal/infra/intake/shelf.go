package intake

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

const (
	maxSetAside = 100_000 // records kept; all are counted
	maxText     = 2000    // characters of one
)

// shelf writes what is set aside, one JSON object a line, and counts it. The
// file is made with the first record.
type shelf struct {
	want        string
	path        string // "" while there is nothing
	file        *os.File
	w           *bufio.Writer
	kept        int
	rows, cells int64
}

func newShelf(path string) (*shelf, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("set aside into %s: it exists", path)
	}
	return &shelf{want: path}, nil
}

// row sets a whole record aside.
func (s *shelf) row(a SetAside) error {
	s.rows++
	return s.write(a)
}

// put sets cells aside.
func (s *shelf) put(all []SetAside) error {
	s.cells += int64(len(all))
	for _, a := range all {
		if err := s.write(a); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) write(a SetAside) error {
	if s.kept == maxSetAside {
		return nil
	}
	s.kept++
	if s.file == nil {
		f, err := os.Create(s.want)
		if err != nil {
			return fmt.Errorf("create set-aside file: %w", err)
		}
		s.path, s.file, s.w = s.want, f, bufio.NewWriter(f)
	}
	a.Text = cut(a.Text)
	line, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("write set-aside record: %w", err)
	}
	if _, err := s.w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write set-aside record: %w", err)
	}
	return nil
}

// close may be called twice.
func (s *shelf) close() error {
	if s.file == nil {
		return nil
	}
	err := s.w.Flush()
	if e := s.file.Close(); err == nil {
		err = e
	}
	s.file = nil
	if err != nil {
		return fmt.Errorf("close set-aside file: %w", err)
	}
	return nil
}

// cut shortens text to maxText characters.
func cut(text string) string {
	n := 0
	for i := range text {
		if n == maxText {
			return text[:i]
		}
		n++
	}
	return text
}

// text returns the record as it stands; a sheet's cells with tabs between.
func (r row) text() string {
	if r.raw != nil {
		return string(r.raw)
	}
	return string(bytes.Join(r.fields, []byte{'\t'}))
}
