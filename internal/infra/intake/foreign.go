package intake

import (
	"context"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/traditionalchinese"

	"kaishu/internal/base/problem"
)

// lettering is how the pairs of bytes of a text are spread over the code
// tables of East Asia. National sets put the characters of every day before
// the others: GB 2312 in rows B0 to D7, Big5 in A440 to C67E; KS X 1001 has
// its syllables in rows B0 to C8, JIS X 0208 its kana in rows A4 and A5. Text
// read by another table leaves that place. Each pair counts once: a word that
// stands in every row of a table says no more than in one.
type lettering struct {
	gb, jis map[uint16]bool // pairs as GBK and as Shift-JIS cut them
	broken  bool            // something is no pair of Big5
	missed  int             // bytes that Shift-JIS does not know
}

// enoughLetters is how much text is looked at.
const enoughLetters = 1 << 20

// Least numbers of different pairs that decide; below them text is GB18030.
const (
	fewBig5   = 8
	fewKana   = 8
	fewKorean = 40
)

// add notes the pairs of a line.
func (l *lettering) add(line []byte) {
	for i := 0; i < len(line); i++ {
		a := line[i]
		if a < 0x80 {
			continue
		}
		if i+1 == len(line) || a == 0x80 || a == 0xff || line[i+1] < 0x40 {
			l.broken = true
			continue
		}
		b := line[i+1]
		l.broken = l.broken || a < 0xa1 || b == 0x7f || b > 0x7f && b < 0xa1 || b == 0xff
		l.gb[uint16(a)<<8|uint16(b)] = true
		i++
	}
	for i := 0; i < len(line); i++ {
		switch a := line[i]; {
		case a < 0x80 || a >= 0xa1 && a <= 0xdf: // kana of half width
		case a == 0x80 || a == 0xa0 || a > 0xfc || i+1 == len(line) || line[i+1] < 0x40 || line[i+1] > 0xfc:
			l.missed++
		default:
			l.jis[uint16(a)<<8|uint16(line[i+1])] = true
			i++
		}
	}
}

// encoding returns big5Name, the name of an encoding that is not read, or ""
// if the text is GB18030, or too short to tell.
func (l *lettering) encoding() string {
	var usual, rare, big5, hangul, kana, kanji, signs int
	for p := range l.gb {
		row, low := p>>8, p&0xff < 0xa1
		switch {
		case row >= 0xa1 && row <= 0xa9 && !low:
			signs++
			if row == 0xa4 || row == 0xa5 {
				kana++
			}
		case row >= 0xb0 && row <= 0xd7 && !low:
			usual++
		default:
			rare++
		}
		if p >= 0xa440 && p <= 0xc67e {
			big5++
		}
		if row >= 0xb0 && row <= 0xc8 && !low {
			hangul++
		}
		if row >= 0xb0 && row <= 0xcf && !low {
			kanji++
		}
	}
	inJIS := 0
	for p := range l.jis {
		if p >= 0x829f && p <= 0x82f1 || p >= 0x8340 && p <= 0x8396 {
			inJIS++
		}
	}
	words := usual + rare // of GB18030, without signs
	beyond := len(l.gb) - inRows(l.gb, 0xa1, 0xa3)
	switch {
	case !l.broken && beyond >= fewBig5 && big5*10 >= beyond*9 && rare*10 >= words*3:
		return big5Name
	case inJIS >= fewKana && inJIS*20 >= len(l.jis) && l.missed == 0 && rare > usual:
		return "Shift_JIS"
	case kana >= fewKana && kana*10 >= words && kanji*10 >= words*9:
		return "EUC-JP"
	case words >= fewKorean && hangul*100 >= words*85 && signs*2 < words:
		return "EUC-KR"
	}
	return ""
}

func inRows(pairs map[uint16]bool, from, to uint16) (n int) {
	for p := range pairs {
		if p>>8 >= from && p>>8 <= to {
			n++
		}
	}
	return n
}

// letters reads as much of r as tells its encoding, and the number of the first
// line that is not UTF-8.
func letters(ctx context.Context, r io.Reader, eol byte) (l lettering, first int64, err error) {
	l = lettering{gb: map[uint16]bool{}, jis: map[uint16]bool{}}
	seen := 0
	err = eachLine(ctx, r, eol, func(number int64, line []byte) error {
		if !utf8.Valid(line) {
			if first == 0 {
				first = number
			}
			seen += len(line)
			l.add(line)
		}
		if seen >= enoughLetters {
			return io.EOF
		}
		return nil
	})
	return l, first, err
}

// weighBig5 accepts text that is Big5 throughout.
func weighBig5(ctx context.Context, r io.Reader, eol byte) error {
	decoder := traditionalchinese.Big5.NewDecoder()
	return eachLine(ctx, r, eol, func(number int64, line []byte) error {
		if isASCII(line) {
			return nil
		}
		if utf8.Valid(line) && countChinese(line) >= 4 {
			return problem.New(problem.Invalid, "intake.encoding_mixed", "line", number, "encoding", encodingName(big5Name))
		}
		text, err := decoder.Bytes(line)
		if err != nil {
			return fmt.Errorf("decode line %d: %w", number, err)
		}
		if hasReplacement(text) {
			return problem.New(problem.Invalid, "intake.encoding_broken", "line", number, "encoding", encodingName(big5Name))
		}
		return nil
	})
}
