package intake

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"kaishu/internal/base/problem"
)

// Every file of the set has its outcome: an encoding, and the UTF-8 twin that
// it must equal, or a refusal.
func TestEncodings(t *testing.T) {
	outcomes := map[string]struct{ want, same string }{
		"candide-gb18030.txt":                          {"gb18030", "candide-utf-8.txt"},
		"candide-utf-16le.txt":                         {"utf-16le", "candide-utf-8.txt"},
		"candide-utf-32be.txt":                         {"intake.nul_byte", ""},
		"candide-utf-8.txt":                            {"utf-8", "candide-utf-8.txt"},
		"candide-windows-1252.txt":                     {"intake.encoding_unknown", ""},
		"rashomon-euc-jp.txt":                          {"intake.encoding_foreign EUC-JP", ""},
		"rashomon-iso-2022-jp.txt":                     {"utf-8", ""}, // nothing but ASCII by its bytes
		"rashomon-shift-jis.txt":                       {"intake.encoding_foreign Shift_JIS", ""},
		"rashomon-utf-8.txt":                           {"utf-8", "rashomon-utf-8.txt"},
		"sunzi-bingfa-gb-levels-1-and-2-hz-gb2312.txt": {"utf-8", ""}, // the same
		"sunzi-bingfa-gb-levels-1-and-2-utf-8.txt":     {"utf-8", "sunzi-bingfa-gb-levels-1-and-2-utf-8.txt"},
		"sunzi-bingfa-simplified-gbk.txt":              {"gb18030", "sunzi-bingfa-simplified-utf-8.txt"},
		"sunzi-bingfa-simplified-utf-8.txt":            {"utf-8", "sunzi-bingfa-simplified-utf-8.txt"},
		"sunzi-bingfa-traditional-big5.txt":            {"big5", "sunzi-bingfa-traditional-utf-8.txt"},
		"sunzi-bingfa-traditional-utf-8.txt":           {"utf-8", "sunzi-bingfa-traditional-utf-8.txt"},
		"unsu-joh-eun-nal-euc-kr.txt":                  {"intake.encoding_foreign EUC-KR", ""},
		"unsu-joh-eun-nal-utf-8.txt":                   {"utf-8", "unsu-joh-eun-nal-utf-8.txt"},
	}
	dir := shared(t, "conformance/encodings")
	files, err := filepath.Glob(dir + "/*.txt")
	if err != nil || len(files) != len(outcomes) {
		t.Fatalf("%d files, %d outcomes, %v", len(files), len(outcomes), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			o := outcomes[filepath.Base(path)]
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			s, err := spell(t.Context(), f, "")
			if got := outcome(s, err); got != o.want {
				t.Fatalf("%s, want %s", got, o.want)
			}
			if o.same == "" {
				return
			}
			if err := rewind(f); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(decoded(f, s.encoding))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(dir, o.same))
			if err != nil || string(got) != string(want) {
				t.Errorf("differs from %s, %v", o.same, err)
			}
		})
	}
}

func outcome(s spelling, err error) string {
	p := problem.As(err)
	switch {
	case p == nil && err != nil:
		return err.Error()
	case p == nil:
		return s.encoding
	case p.Args["encoding"] != nil:
		return fmt.Sprint(p.Code, " ", p.Args["encoding"])
	}
	return p.Code
}

func TestTellsEncodingsApart(t *testing.T) {
	const (
		traditional = "區域,場所名稱,開放時間\n臺北市,圖書館與體育場,每週一至週五\n新竹縣,游泳池,週六\n"
		simplified  = "区域,场所名称,开放时间\n静安区,图书馆与体育场,每周一至周五\n黄浦区,游泳池,周六\n"
	)
	names := simplified + strings.Repeat("公共,公共,公共\n", 500) // few characters, again and again
	korean500 := "이름,주소\n운수 좋은 날,새침하게 흐린 품이 눈이 올 듯하더니\n눈은 아니 오고,얼다가 만 비가 추적추적 내리는 날이었다\n이 날이야말로,동소문 안에서 인력거꾼 노릇을 하는 김첨지에게는\n오래간만에도,닥친 운수 좋은 날이었다\n"
	little, big := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	for _, c := range []struct {
		name, text string
		as         encoding.Encoding
		recipe     string
		want       string
	}{
		{"Big5", traditional, traditionalchinese.Big5, "", "big5"},
		{"Big5 as the recipe says", traditional, traditionalchinese.Big5, "big5", "big5"},
		{"two characters of Big5 decide nothing", "市,1\n縣,2\n", traditionalchinese.Big5, "", "gb18030"},
		{"the recipe decides", "市,1\n縣,2\n", traditionalchinese.Big5, "big5", "big5"},
		{"GB18030", simplified, simplifiedchinese.GB18030, "", "gb18030"},
		{"traditional characters in GB18030", traditional, simplifiedchinese.GB18030, "gb18030", "gb18030"},
		{"GB18030 of few words", names, simplifiedchinese.GB18030, "", "gb18030"},
		{"GB18030 is not Big5", "㐀区域,场所\n1,2\n", simplifiedchinese.GB18030, "big5", "intake.encoding_broken Big5"},
		{"GB18030 with Japanese names", "站名,日文\n人民广场,ひとびとひろば\n静安寺,せいあんじ\n徐家汇,シュージャーフイ\n虹桥枢纽,こうきょう\n", simplifiedchinese.GB18030, "", "gb18030"},
		{"EUC-KR", korean500, korean.EUCKR, "", "intake.encoding_foreign EUC-KR"},
		{"EUC-KR that insists on being GB18030", korean500, korean.EUCKR, "gb18030", "gb18030"},
		{"Shift_JIS", "名前,住所\nひとびとひろば,とうきょうと\nおおさか,なごや\n", japanese.ShiftJIS, "", "intake.encoding_foreign Shift_JIS"},
		{"UTF-16 without mark", simplified, little, "", "utf-16le"},
		{"UTF-16 without mark, other order", simplified, big, "", "utf-16be"},
		{"上 has the byte of a line end", "上\n上海,上海,上海上\n", little, "", "utf-16le"},
		{"UTF-16 of one column", "1\n2\n3\n", little, "", "utf-16le"},
		{"UTF-16 in the wrong order", simplified, big, "utf-16le", "intake.encoding_differs"},
		{"UTF-8 is no Big5", simplified, encoding.Nop, "big5", "intake.encoding_differs"},
		{"ASCII is what the recipe says", "a,b\n1,2\n", encoding.Nop, "big5", "big5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := c.as.NewEncoder().String(c.text)
			if err != nil {
				t.Fatal(err)
			}
			s, err := spell(t.Context(), strings.NewReader(text), c.recipe)
			if got := outcome(s, err); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	big5, err := traditionalchinese.Big5.NewEncoder().String(traditional)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := spell(t.Context(), strings.NewReader(big5+"公共数据开放,1\n"), ""); outcome(s, err) != "intake.encoding_mixed Big5" {
		t.Errorf("Big5, then UTF-8: %v", outcome(s, err))
	}
	_, got, err := readText(t, big5, nil)
	if err != nil || got.text(0) != "臺北市|圖書館與體育場|每週一至週五" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestDelimiters(t *testing.T) {
	for _, c := range []struct{ name, text, delimiter, row string }{
		{"caret", "a^b\n1^x,y\n2^z\n", "^", "1|x,y"},
		{"tilde", "a~b~c\n1~x~3\n2~z~4\n", "~", "1|x|3"},
		{"unit separator", "a\x1fb\n1\x1fx\n2\x1fz\n", "\x1f", "1|x"},
		{"SOH", "a\x01b\n1\x01x\n2\x01z\n", "\x01", "1|x"},
		{"a range is no delimiter", "年龄\n1~3\n2~4\n", ",", "1~3"},
		{"an hour is none", "h:m\n08:00\n09:00\n", ",", "08:00"},
		{"sep names it", "sep=;\r\na;b,c,d\r\n1;2,3,4\r\n2;3,4,5\r\n", ";", "1|2,3,4"},
		{"sep in quotes", "\"sep=^\"\na^b\n1^x\n2^y\n", "^", "1|x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			result, got, err := readText(t, c.text, nil)
			if err != nil {
				t.Fatal(err)
			}
			if result.Recipe.Delimiter != c.delimiter || got.text(0) != c.row {
				t.Errorf("%q %+v: %s", result.Recipe.Delimiter, result.Recipe.Head, got.text(0))
			}
		})
	}
	_, got, err := readText(t, "a:b\n1:x\n", &Recipe{Version: 1, Delimiter: ":"})
	if err != nil || got.text(0) != "1|x" {
		t.Errorf("%v, %v", got, err)
	}
}
