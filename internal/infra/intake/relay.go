package intake

import (
	"io"
	"sync"
)

// relay is a pipe that holds some blocks, so that neither end waits for the
// other at every one.
type relay struct {
	full    chan []byte
	free    chan []byte
	left    chan struct{} // closed when the reader leaves
	once    sync.Once
	gone    error // why it left
	ended   error // why the writer ended, told when full is closed
	present []byte
	rest    []byte // of present
}

// ahead is how many blocks wait at most.
const ahead = 8

func newRelay() *relay {
	return &relay{full: make(chan []byte, ahead), free: make(chan []byte, ahead+2), left: make(chan struct{})}
}

// give hands a block over and returns an empty one, or why the reader left.
func (r *relay) give(block []byte) ([]byte, error) {
	select {
	case r.full <- block:
	case <-r.left:
		return block, r.gone
	}
	select {
	case block = <-r.free:
		return block[:0], nil
	default:
		return make([]byte, 0, cap(block)), nil
	}
}

// end tells the reader, after the last block, that nothing follows; err is why,
// nil if all is there.
func (r *relay) end(err error) {
	if r.ended = err; err == nil {
		r.ended = io.EOF
	}
	close(r.full)
}

// leave lets the writer fail with err.
func (r *relay) leave(err error) { r.once.Do(func() { r.gone = err; close(r.left) }) }

// take makes the next block the present one.
func (r *relay) take() error {
	if r.present != nil {
		select {
		case r.free <- r.present:
		default:
		}
	}
	block, ok := <-r.full
	if r.present, r.rest = block, block; !ok {
		return r.ended
	}
	return nil
}

// Read implements io.Reader.
func (r *relay) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if err := r.take(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// WriteTo implements io.WriterTo, without another copy.
func (r *relay) WriteTo(w io.Writer) (total int64, err error) {
	for {
		n, err := w.Write(r.rest)
		if total += int64(n); err != nil {
			return total, err
		}
		if err := r.take(); err == io.EOF {
			return total, nil
		} else if err != nil {
			return total, err
		}
	}
}
