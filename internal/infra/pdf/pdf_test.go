package pdf

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// read gives the text of a letter as poppler's pdftotext reads it.
func read(t *testing.T, data []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pdftotext is missing: tools/setup.sh pdf")
		}
		t.Skip("pdftotext is not installed: reading letters back is left out")
	}
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-raw", file, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// bare takes away blanks and ends of lines: where a line ends is the paper's.
func bare(text string) string { return strings.Join(strings.Fields(text), "") }

func sample(lang string) Letter {
	return Letter{Lang: lang, Head: []string{"市气象局"}, Number: "GD-2026-000001", Title: "有条件开放数据不予开放决定书", Created: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC),
		Blocks: []Block{
			{Text: "㘵㙟村村民委员会：\n您提交的开放申请SQ-2026-000123“哮喘提醒”，经审核，决定如下；地址为「䩐𡐓」，数据是 Data as is, in CSV; see https://data.example.cn/zh/x。"},
			{Heading: "全部理由", Items: []string{"安全保障不足：没有说明密钥由谁保管，也没有说明泄露后在24小时内报告谁。", "超出场景所需：一年太长（半年足够）。", "Reasons in English: the purpose isn't stated — “why”?"}},
			{Heading: "办理时间", Facts: []Fact{{"收到工单", "2026年11月25日"}, {"实际用时", "9个工作日"}}},
		},
		Signature: []string{"市气象局", "2026年12月8日"}, Foot: []string{"以中文文本为准。"},
		Page: func(page, of int) string { return fmt.Sprintf("第 %d 页 共 %d 页", page, of) }}
}

func written(t *testing.T, l Letter) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, l); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestTextComesBackExactly: what was given is what is read, rare characters
// too, and also those that no font draws.
func TestTextComesBackExactly(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		l := sample(lang)
		l.Blocks[0].Text += "\n没有字形的：𣒍。"
		got := bare(read(t, written(t, l)))
		want := []string{"市气象局", l.Number, l.Title, "以中文文本为准。", "2026年12月8日", "收到工单", "9个工作日"}
		for _, b := range l.Blocks {
			want = append(want, b.Heading)
			want = append(want, strings.Split(b.Text, "\n")...)
			want = append(want, b.Items...)
		}
		for _, text := range want {
			if !strings.Contains(got, bare(text)) {
				t.Errorf("%s: %q does not come back in\n%s", lang, text, got)
			}
		}
	}
}

func TestTheSameLetterIsTheSameBytes(t *testing.T) {
	a, b := written(t, sample("zh-CN")), written(t, sample("zh-CN"))
	if !bytes.Equal(a, b) {
		t.Error("two writings differ")
	}
	if len(a) > 150_000 {
		t.Errorf("one page has %d bytes", len(a))
	}
}

func TestLongLettersHavePages(t *testing.T) {
	l := sample("zh-CN")
	one := l.Blocks
	for range 6 {
		l.Blocks = append(l.Blocks, one...)
	}
	text := read(t, written(t, l))
	pages := strings.Split(strings.TrimRight(text, "\f\n"), "\f")
	if len(pages) < 3 {
		t.Fatalf("%d pages", len(pages))
	}
	for i, p := range pages {
		if !strings.Contains(bare(p), fmt.Sprintf("第%d页共%d页", i+1, len(pages))) {
			t.Errorf("page %d does not say which it is", i+1)
		}
		for _, line := range strings.Split(p, "\n") {
			if strings.HasPrefix(line, "，") || strings.HasPrefix(line, "。") || strings.HasPrefix(line, "；") || strings.HasPrefix(line, "）") {
				t.Errorf("a line begins with %q", line)
			}
		}
	}
	if strings.Count(bare(text), bare(one[1].Items[0])) != 7 {
		t.Errorf("a reason comes back %d times", strings.Count(bare(text), bare(one[1].Items[0])))
	}
}

func TestMissingNamesWhatNoFontDraws(t *testing.T) {
	missing, err := Missing("上海㘵𡐓𣒍abc é ")
	if err != nil || string(missing) != "𣒍" {
		t.Errorf("%q %v", string(missing), err)
	}
	var b bytes.Buffer
	if err := Write(&b, Letter{Lang: "zh-CN", Title: "\x00\x1b坏\xff字"}); err != nil || b.Len() == 0 {
		t.Errorf("controls and broken UTF-8: %v", err)
	}
}
