package intake

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	flatbuffers "github.com/google/flatbuffers/go"
)

// The library makes room for as many things as a message says it has, before
// it looks whether they are there. So every message is held to its own size
// first (Arrow columnar format 1.5, Message.fbs and Schema.fbs).

const (
	maxMessage   = 16 << 20  // bytes of one description
	messageHead  = 8         // bytes before it: the mark of a message and its size
	maxBatch     = 1 << 27   // rows of one batch
	maxArrowDeep = 64        // fields within one another
	arrowSchema  = byte(1)   // kinds of message
	arrowDict    = byte(2)   //
	arrowBatch   = byte(3)   //
	arrowUnion   = byte(14)  // kind of type
	fieldNode    = int64(16) // bytes of a node, and of a buffer
)

// arrowNext is the mark before each message.
const arrowNext = "\xff\xff\xff\xff"

var (
	errArrowSize = errors.New("a message says it holds more than it does")
	errArrowCut  = errors.New("the file ends before its messages do")
	errArrowMore = errors.New("something follows the end of the stream")
)

// isArrowStream takes a file that begins with the message of a schema, as a
// stream without the marks of a file does.
func isArrowStream(head []byte, _ *os.File) (is bool) {
	if len(head) < messageHead+8 || string(head[:4]) != arrowNext {
		return false
	}
	size := int64(int32(binary.LittleEndian.Uint32(head[4:])))
	if size < 8 || size > maxMessage {
		return false
	}
	defer func() {
		if dead := recover(); dead != nil { // an offset leads out of the head
			is = false
		}
	}()
	message := head[messageHead:min(int64(len(head)), messageHead+size)]
	m := &flatbuffers.Table{Bytes: message, Pos: flatbuffers.GetUOffsetT(message)}
	return m.GetByteSlot(6, 0) == arrowSchema && slot(m, 2) != 0
}

// checkArrow follows the messages of a file from mark to mark, those of a
// stream to its end, and returns where the first begins. The writer of a stream
// may leave out the message that ends it, the writer of a file may not.
func checkArrow(f *os.File) (start int64, err error) {
	defer func() {
		if dead := recover(); dead != nil { // an offset leads out of the message
			err = errArrowSize
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("look at file: %w", err)
	}
	head := make([]byte, messageHead)
	if n, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		return 0, fmt.Errorf("read message: %w", err)
	} else if string(head[:n]) == arrowMark {
		start = int64(len(arrowMark))
	}
	for at := start; ; {
		if at == info.Size() && start == 0 {
			return start, nil
		}
		if info.Size()-at < messageHead {
			return start, errArrowCut
		}
		if _, err := f.ReadAt(head, at); err != nil {
			return start, fmt.Errorf("read message: %w", err)
		}
		if string(head[:4]) != arrowNext {
			return start, errors.New("no message begins where it should")
		}
		size := int64(int32(binary.LittleEndian.Uint32(head[4:])))
		if at += messageHead; size == 0 {
			return start, endsThere(f, start, at, info.Size())
		}
		if size < 8 || size > maxMessage || size > info.Size()-at {
			return start, errArrowSize
		}
		message := make([]byte, size)
		if _, err := f.ReadAt(message, at); err != nil {
			return start, fmt.Errorf("read message: %w", err)
		}
		body, err := checkMessage(message)
		if err != nil {
			return start, err
		}
		if at += size; body < 0 || body > info.Size()-at {
			return start, errArrowSize
		}
		at += body
	}
}

// endsThere refuses what stands behind the end of a stream: rows that nobody
// would see. The footer of a file is no such thing, nor are zeros.
func endsThere(f *os.File, start, at, size int64) error {
	if start > 0 {
		return nil
	}
	rest := newBlocks(f, at)
	for range size - at {
		if b, err := rest.ReadByte(); err != nil {
			return fmt.Errorf("read file: %w", err)
		} else if b != 0 {
			return errArrowMore
		}
	}
	return nil
}

// slot returns where member n of a table stands, 0 if it does not.
func slot(t *flatbuffers.Table, n int) flatbuffers.UOffsetT {
	return flatbuffers.UOffsetT(t.Offset(flatbuffers.VOffsetT(4 + 2*n)))
}

func within(t *flatbuffers.Table, n int) (one flatbuffers.Table, ok bool) {
	o := slot(t, n)
	if o == 0 {
		return one, false
	}
	return flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(o + t.Pos)}, true
}

// vector returns the length of a vector whose elements take that many bytes.
func vector(t *flatbuffers.Table, n int, each int64) (int, error) {
	o := slot(t, n)
	if o == 0 {
		return 0, nil
	}
	count := t.VectorLen(o)
	if int64(count) < 0 || int64(count)*each > int64(len(t.Bytes)) {
		return 0, errArrowSize
	}
	return count, nil
}

// checkMessage returns the bytes of the body that follows.
func checkMessage(b []byte) (body int64, err error) {
	m := &flatbuffers.Table{Bytes: b, Pos: flatbuffers.GetUOffsetT(b)}
	kind := m.GetByteSlot(6, 0)
	header, ok := within(m, 2)
	if !ok {
		return 0, errArrowSize
	}
	switch kind {
	case arrowSchema:
		if _, err = vector(&header, 2, 4); err == nil { // its key-value pairs
			err = checkFields(&header, 1, 0)
		}
	case arrowDict:
		var batch flatbuffers.Table
		if batch, ok = within(&header, 1); ok {
			err = checkArrowBatch(&batch)
		}
	case arrowBatch:
		err = checkArrowBatch(&header)
	}
	return m.GetInt64Slot(10, 0), err
}

func checkArrowBatch(t *flatbuffers.Table) error {
	if rows := t.GetInt64Slot(4, 0); rows < 0 || rows > maxBatch {
		return errArrowSize
	}
	for _, v := range []struct {
		member int
		each   int64
	}{{1, fieldNode}, {2, fieldNode}, {4, 8}} {
		if _, err := vector(t, v.member, v.each); err != nil {
			return err
		}
	}
	return nil
}

// checkFields follows the fields of a schema or of a field, which are its
// member n, and their key-value pairs.
func checkFields(t *flatbuffers.Table, n, depth int) error {
	if depth > maxArrowDeep {
		return errArrowSize
	}
	count, err := vector(t, n, 4)
	if err != nil || count == 0 {
		return err
	}
	start := t.Vector(slot(t, n))
	for i := range count {
		field := flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(start + flatbuffers.UOffsetT(4*i))}
		if err := checkFields(&field, 5, depth+1); err != nil {
			return err
		}
		if _, err := vector(&field, 6, 4); err != nil {
			return err
		}
		if kind, ok := within(&field, 3); ok && field.GetByteSlot(8, 0) == arrowUnion {
			if _, err := vector(&kind, 1, 4); err != nil { // the ids of its types
				return err
			}
		}
	}
	return nil
}
