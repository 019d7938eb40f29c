package intake

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
	blocks "testing/iotest"
)

// slowly decodes by the tables alone.
func slowly(t *testing.T, text []byte) []byte {
	t.Helper()
	out := make([]byte, 4*len(text)+16)
	n, used, err := newGB18030().slow(out, text, true)
	if err != nil || used != len(text) {
		t.Fatalf("%x: %d bytes used: %v", text, used, err)
	}
	return out[:n]
}

// Looking characters up changes none of them, wherever a block ends.
func TestGB18030LooksUpWhatTheTablesSay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var text []byte
	for a := range 256 {
		for b := range 256 {
			text = append(text, byte(a), byte(b))
			if random.IntN(3) == 0 {
				text = append(text, "一,12345678"[:random.IntN(12)]...)
			}
			if random.IntN(9) == 0 {
				text = append(text, 0x81+byte(random.IntN(126)), '0'+byte(random.IntN(10)), 0x81+byte(random.IntN(126)), '0'+byte(random.IntN(10)))
			}
		}
	}
	for range 200 {
		cut := text[random.IntN(len(text)-400):]
		cut = cut[:1+random.IntN(399)]
		want := slowly(t, cut)
		for name, source := range map[string]io.Reader{"whole": bytes.NewReader(cut), "byte by byte": blocks.OneByteReader(bytes.NewReader(cut)), "halves": blocks.HalfReader(bytes.NewReader(cut))} {
			got, err := io.ReadAll(decoded(source, gb18030Name))
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s of %x: %q, want %q: %v", name, cut, got, want, err)
			}
		}
	}
	got, err := io.ReadAll(decoded(bytes.NewReader(text), gb18030Name))
	if err != nil || !bytes.Equal(got, slowly(t, text)) {
		t.Errorf("all pairs: %v", err)
	}
}

// A line is weighed alike by a look and by its decoded text.
func TestAPlainLineWeighsTheSame(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	plain := 0
	for range 100_000 {
		line := make([]byte, 1+random.IntN(12))
		for i := range line {
			if line[i] = byte(0xa0 + random.IntN(96)); random.IntN(4) == 0 {
				line[i] = byte(random.IntN(256))
			}
		}
		var quick, slow evidence
		if !quick.plain(line) {
			continue
		}
		plain++
		slow.add(1, line, slowly(t, line))
		quick.marked, quick.firstBad = 1, 1
		if quick != slow {
			t.Fatalf("%x: %+v, want %+v", line, quick, slow)
		}
	}
	if plain < 1000 {
		t.Errorf("%d lines were plain", plain)
	}
}
