package tabular

import (
	"fmt"
	"io"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Recode copies UTF-8 text to w in another encoding: "utf-8-bom" for
// spreadsheet programs that would otherwise guess, or "gb18030", which holds
// every character that UTF-8 does.
func Recode(w io.Writer, r io.Reader, encoding string) error {
	switch encoding {
	case "utf-8-bom":
		if _, err := io.WriteString(w, "\uFEFF"); err != nil {
			return err
		}
		_, err := io.Copy(w, r)
		return err
	case "gb18030":
		out := simplifiedchinese.GB18030.NewEncoder().Writer(w)
		_, err := io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{r}, make([]byte, 256<<10))
		return err
	}
	return fmt.Errorf("recode to %s: no such encoding", encoding)
}
