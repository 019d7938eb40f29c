package intake

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// gb18030 decodes GB18030. The tables of x/text have no private use areas, yet
// real place names stand there; GB 18030-2022 gives each of their codes one
// character, and so do we.
type gb18030 struct{ tables transform.Transformer }

func newGB18030() *gb18030 {
	return &gb18030{tables: simplifiedchinese.GB18030.NewDecoder()}
}

// Reset does nothing: no character leaves a state behind.
func (g *gb18030) Reset() {}

// Transform makes UTF-8. What is no character becomes U+FFFD. ASCII and
// characters of two bytes, which are nearly all, are looked up; slow does the
// others.
func (g *gb18030) Transform(dst, src []byte, atEOF bool) (written, used int, err error) {
	const high = 0x8080808080808080
	pairs := pairsOfGB18030()
	for used < len(src) {
		lead := src[used]
		switch {
		case len(dst)-written < 8:
			return written, used, transform.ErrShortDst
		case lead < 0x80:
			for used+8 <= len(src) && len(dst)-written >= 8 {
				v := binary.LittleEndian.Uint64(src[used:])
				binary.LittleEndian.PutUint64(dst[written:], v)
				n := bits.TrailingZeros64(v&high) >> 3 // 8 if all are ASCII
				written, used = written+n, used+n
				if n < 8 {
					break
				}
			}
			for used < len(src) && src[used] < 0x80 && written < len(dst) {
				dst[written] = src[used]
				written, used = written+1, used+1
			}
			continue
		case used+1 < len(src):
			if p := pairs[int(lead&0x7f)<<8|int(src[used+1])]; p != 0 {
				dst[written], dst[written+1], dst[written+2] = byte(p), byte(p>>8), byte(p>>16)
				written, used = written+int(p>>24), used+2
				continue
			}
		}
		end := min(used+4, len(src))
		n, m, err := g.slow(dst[written:], src[used:end], atEOF && end == len(src))
		written, used = written+n, used+m
		if err != nil && m == 0 {
			return written, used, err
		}
	}
	return written, used, nil
}

// pairsOfGB18030 are the characters of two bytes, by the lower seven bits of
// the first and the second: their UTF-8, lowest byte first, and its length; 0
// where there is none.
var pairsOfGB18030 = sync.OnceValue(func() *[1 << 15]uint32 {
	all := &[1 << 15]uint32{}
	g := newGB18030()
	into := make([]byte, 16)
	for code := 0x8140; code <= 0xfefe; code++ {
		lead, trail := byte(code>>8), byte(code)
		if trail < 0x40 {
			continue
		}
		n, m, err := g.slow(into, []byte{lead, trail}, true)
		r, size := utf8.DecodeRune(into[:n])
		if err != nil || m != 2 || size != n || n > 3 || r == utf8.RuneError {
			continue
		}
		for i := range n {
			all[int(lead&0x7f)<<8|int(trail)] |= uint32(into[i]) << (8 * i)
		}
		all[int(lead&0x7f)<<8|int(trail)] |= uint32(n) << 24
	}
	return all
})

// slow makes UTF-8 of any characters.
func (g *gb18030) slow(dst, src []byte, atEOF bool) (written, used int, err error) {
	for {
		end, r := private(src[used:])
		// Characters before a private one are whole: none may be cut off there.
		n, m, err := g.tables.Transform(dst[written:], src[used:used+end], atEOF || r != 0)
		written, used = written+n, used+m
		if err != nil || r == 0 {
			return written, used, err
		}
		if len(dst)-written < utf8.UTFMax {
			return written, used, transform.ErrShortDst
		}
		written += utf8.EncodeRune(dst[written:], r)
		used += 2
	}
}

// private returns where the first private character of b stands and which it
// is, or len(b) and 0.
func private(b []byte) (at int, r rune) {
	for i := 0; i < len(b); i++ {
		lead := b[i]
		if lead <= 0x80 || lead == 0xff || i+1 == len(b) {
			continue
		}
		trail := b[i+1]
		switch {
		case trail >= '0' && trail <= '9':
			if i+3 < len(b) && b[i+2] > 0x80 && b[i+3] >= '0' && b[i+3] <= '9' {
				i += 3
			}
			continue
		case trail < 0x40 || trail == 0x7f || trail == 0xff:
			continue // no character: tables will say so and take one byte
		case trail >= 0xa1 && lead >= 0xaa && lead <= 0xaf:
			return i, 0xe000 + rune(lead-0xaa)*94 + rune(trail-0xa1)
		case trail >= 0xa1 && lead >= 0xf8 && lead <= 0xfe:
			return i, 0xe234 + rune(lead-0xf8)*94 + rune(trail-0xa1)
		case trail <= 0xa0 && lead >= 0xa1 && lead <= 0xa7:
			if lead == 0xa3 && trail == 0xa0 {
				return i, '\u3000' // as every browser reads it
			}
			if trail > 0x7f {
				trail--
			}
			return i, 0xe4c6 + rune(lead-0xa1)*96 + rune(trail-0x40)
		}
		i++
	}
	return len(b), 0
}
