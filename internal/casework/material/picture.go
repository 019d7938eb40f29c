package material

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/jpeg"
	"image/png"
)

const pngMark = "\x89PNG\r\n\x1a\n"

// mostPixels bounds a picture, so that showing it does not fill a memory: a
// hundred million, a page scanned at 1,200 dots per inch.
const mostPixels = 100_000_000

// checkPNG walks the chunks: the header first, each whole by its sum, the end
// last and nothing behind it.
func checkPNG(data []byte) string {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return "material.broken"
	}
	if int64(c.Width)*int64(c.Height) > mostPixels {
		return "material.picture_too_large"
	}
	rest := data[len(pngMark):]
	for n := 0; ; n++ {
		if len(rest) < 12 {
			return "material.cut_off"
		}
		size := uint64(binary.BigEndian.Uint32(rest))
		if uint64(len(rest)) < size+12 {
			return "material.cut_off"
		}
		kind, body := string(rest[4:8]), rest[4:8+size]
		if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(rest[8+size:]) || (n == 0) != (kind == "IHDR") {
			return "material.broken"
		}
		rest = rest[size+12:]
		if kind == "IEND" {
			if len(rest) > 0 {
				return "material.goes_on"
			}
			return ""
		}
	}
}

// checkJPEG walks the segments up to the end of the picture, behind which
// nothing may stand.
func checkJPEG(data []byte) string {
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return "material.broken"
	}
	if int64(c.Width)*int64(c.Height) > mostPixels {
		return "material.picture_too_large"
	}
	at := 2
	for at+1 < len(data) {
		if data[at] != 0xff {
			return "material.broken"
		}
		switch marker := data[at+1]; {
		case marker == 0xff: // filling
			at++
		case marker == 0xd9:
			if at+2 < len(data) {
				return "material.goes_on"
			}
			return ""
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd7:
			at += 2
		default:
			if at+4 > len(data) {
				return "material.cut_off"
			}
			at += 2 + int(binary.BigEndian.Uint16(data[at+2:]))
			if marker == 0xda {
				at = afterScan(data, at)
			}
		}
	}
	return "material.cut_off"
}

// afterScan returns where the marker stands that ends the compressed bytes of
// a scan.
func afterScan(data []byte, at int) int {
	for ; at+1 < len(data); at++ {
		next := data[at+1]
		if data[at] == 0xff && next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7) {
			return at
		}
	}
	return len(data)
}
