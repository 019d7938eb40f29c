package material

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of an archive, which an attacker could make unfold for ever.
const (
	mostEntries = 5_000
	mostInside  = 128 << 20 // bytes to which all entries of an archive unfold
	mostRatio   = 200       // to one, of an entry that unfolds to more than a mebibyte
)

// archiveHeader is what both headers of an entry say of it.
type archiveHeader struct {
	flags, method   uint16
	sum             uint32
	folded, wanted  uint32 // sizes in the archive, and unfolded
	name            string
	begin, bodyFrom int // offsets of the local header and of what follows it
}

// Flags of an entry: locked in one of three ways, patched; and sizes that
// follow behind it.
const (
	badFlags   = 1<<0 | 1<<5 | 1<<6 | 1<<13
	sizesAfter = 1 << 3
)

// walkArchive shows take the entries of data, one in memory at a time, until
// take says what is wrong with one. data must be one ZIP archive and nothing
// else, so that no two readers can find different files in it: it begins and
// ends with the archive, its directory and the headers before the entries
// agree, and entries lie one behind the other without gaps. It returns the
// message key of what is wrong; "" if nothing is.
func walkArchive(data []byte, take func(name string, unfolded []byte) string) string {
	headers, directory, code := readDirectory(data)
	if code != "" {
		return code
	}
	slices.SortFunc(headers, func(a, b archiveHeader) int { return a.begin - b.begin })
	names, left := map[string]bool{}, mostInside
	for i, h := range headers {
		end := directory
		if i+1 < len(headers) {
			end = headers[i+1].begin
		}
		key := strings.ToLower(h.name)
		if i == 0 && h.begin != 0 || names[key] || !goodName(h.name) || !agrees(data[:directory], &h, end) {
			return "material.office_odd"
		}
		names[key] = true
		left -= int(h.wanted)
		if left < 0 || h.wanted > 1<<20 && h.wanted/mostRatio > h.folded {
			return "material.office_too_deep"
		}
		unfolded, ok := unfoldEntry(data[h.bodyFrom:h.bodyFrom+int(h.folded)], h)
		if !ok {
			return "material.broken"
		}
		if code := take(h.name, unfolded); code != "" {
			return code
		}
	}
	return ""
}

// readDirectory reads the directory that ends an archive.
func readDirectory(data []byte) (headers []archiveHeader, begin int, code string) {
	const endSize, headSize = 22, 46
	tail := len(data) - endSize
	if tail < 0 || !bytes.Equal(data[tail:tail+4], []byte("PK\x05\x06")) {
		if bytes.Contains(data, []byte("PK\x05\x06")) {
			return nil, 0, "material.goes_on"
		}
		return nil, 0, "material.cut_off"
	}
	short := func(at int) int { return int(binary.LittleEndian.Uint16(data[at:])) }
	count, size := short(tail+10), int64(binary.LittleEndian.Uint32(data[tail+12:]))
	start := int64(binary.LittleEndian.Uint32(data[tail+16:]))
	if short(tail+4) != 0 || short(tail+6) != 0 || short(tail+8) != count || short(tail+20) != 0 || start+size != int64(tail) {
		return nil, 0, "material.office_odd"
	}
	if count > mostEntries {
		return nil, 0, "material.office_too_deep"
	}
	begin = int(start)
	at := begin
	for range count {
		if at+headSize > tail || !bytes.Equal(data[at:at+4], []byte("PK\x01\x02")) {
			return nil, 0, "material.office_odd"
		}
		name, extra, comment := short(at+28), short(at+30), short(at+32)
		next := at + headSize + name + extra + comment
		if next > tail || comment != 0 || short(at+34) != 0 {
			return nil, 0, "material.office_odd"
		}
		h := archiveHeader{name: string(data[at+headSize : at+headSize+name]), begin: int(binary.LittleEndian.Uint32(data[at+42:]))}
		h.read(data[at+8:])
		if !goodExtra(data[at+headSize+name:next], h) || h.flags&badFlags != 0 || h.method != zip.Store && h.method != zip.Deflate || h.begin >= begin {
			return nil, 0, "material.office_odd"
		}
		headers = append(headers, h)
		at = next
	}
	if at != tail || count == 0 {
		return nil, 0, "material.office_odd"
	}
	return headers, begin, ""
}

// read takes what stands in both kinds of header in the same order: flags,
// method, time, sum and sizes.
func (h *archiveHeader) read(from []byte) {
	h.flags, h.method = binary.LittleEndian.Uint16(from), binary.LittleEndian.Uint16(from[2:])
	h.sum = binary.LittleEndian.Uint32(from[8:])
	h.folded, h.wanted = binary.LittleEndian.Uint32(from[12:]), binary.LittleEndian.Uint32(from[16:])
}

// goodExtra reports whether the extra fields are whole and none says another
// name or other sizes than h.
func goodExtra(extra []byte, h archiveHeader) bool {
	for len(extra) >= 4 {
		kind, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if len(extra) < 4+size {
			return false
		}
		field := extra[4 : 4+size]
		extra = extra[4+size:]
		switch kind {
		case 0x0001: // long sizes: unfolded, folded, offset
			real := []uint64{uint64(h.wanted), uint64(h.folded), uint64(h.begin)}
			for i := 0; i < len(real) && len(field) >= 8; i, field = i+1, field[8:] {
				if said := binary.LittleEndian.Uint64(field); said != 0 && said != real[i] {
					return false
				}
			}
		case 0x7075: // the name once more
			if len(field) < 5 || string(field[5:]) != h.name {
				return false
			}
		case 0x9901: // locked
			return false
		}
	}
	return true // fewer than four bytes are filling
}

// agrees reports whether the header before an entry says what the directory
// says in h, and whether the entry ends at end; it notes where the body is.
func agrees(data []byte, h *archiveHeader, end int) bool {
	const size = 30
	at := h.begin
	if at+size > end || !bytes.Equal(data[at:at+4], []byte("PK\x03\x04")) {
		return false
	}
	var local archiveHeader
	local.read(data[at+6:])
	name, extra := int(binary.LittleEndian.Uint16(data[at+26:])), int(binary.LittleEndian.Uint16(data[at+28:]))
	h.bodyFrom = at + size + name + extra
	bodyEnd := int64(h.bodyFrom) + int64(h.folded)
	if bodyEnd > int64(end) || string(data[at+size:at+size+name]) != h.name || !goodExtra(data[at+size+name:h.bodyFrom], *h) ||
		local.flags != h.flags || local.method != h.method {
		return false
	}
	same := local.sum == h.sum && local.folded == h.folded && local.wanted == h.wanted
	if h.flags&sizesAfter == 0 {
		return same && int(bodyEnd) == end
	}
	none := local.sum == 0 && local.folded == 0 && local.wanted == 0
	after, _ := bytes.CutPrefix(data[bodyEnd:end], []byte("PK\x07\x08"))
	var want [12]byte
	binary.LittleEndian.PutUint32(want[:], h.sum)
	binary.LittleEndian.PutUint32(want[4:], h.folded)
	binary.LittleEndian.PutUint32(want[8:], h.wanted)
	return (same || none) && bytes.Equal(after, want[:])
}

// goodName reports whether a name stays inside the archive on every system and
// is no text of another format.
func goodName(name string) bool {
	if name == "" || len(name) > 250 || !utf8.ValidString(name) || strings.ContainsAny(name, "\\:<>|*?\"") {
		return false
	}
	for _, r := range name {
		if r < ' ' || r == 0x7f {
			return false
		}
	}
	for _, part := range strings.Split(strings.TrimSuffix(name, "/"), "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

// unfoldEntry returns what body holds, if it is exactly what the header says.
func unfoldEntry(body []byte, h archiveHeader) ([]byte, bool) {
	data := body
	if h.method == zip.Deflate {
		in := bytes.NewReader(body)
		out := make([]byte, 0, h.wanted)
		buffer := bytes.NewBuffer(out)
		r := flate.NewReader(in)
		n, err := io.Copy(buffer, io.LimitReader(r, int64(h.wanted)+1))
		if err != nil || n != int64(h.wanted) || in.Len() != 0 {
			return nil, false
		}
		data = buffer.Bytes()
	}
	folder := strings.HasSuffix(h.name, "/")
	return data, uint32(len(data)) == h.wanted && crc32.ChecksumIEEE(data) == h.sum && (!folder || len(data) == 0)
}
