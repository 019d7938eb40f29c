package agreements

import (
	"bytes"
	"net/http"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/pdf"
	"kaishu/internal/infra/sign"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/agreement"
	"kaishu/internal/site/layout"
)

// paper is the signed agreement as a PDF. It is in Chinese whatever the page's
// language: that is the text that was signed. The same agreement is the same
// bytes.
func (p *Pages) paper(c *web.Context) error {
	signed, a, err := p.Agreements.Signed(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	l, err := p.write(signed, a)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := pdf.Write(&b, l); err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Set("Content-Disposition", `attachment; filename="`+a.Number+`.pdf"`)
	h.Set("Cache-Control", string(web.Personal))
	return c.Bytes(http.StatusOK, "application/pdf", b.Bytes())
}

// write sets the signed text, part by part, and below it by whom, when and how
// it was signed.
func (p *Pages) write(signed agreement.Copy, a agreement.Agreement) (l pdf.Letter, err error) {
	say := func(key string, args map[string]any) string { return p.Words.Say(locale.ZH, key, args) }
	parts := strings.Split(strings.TrimSpace(signed.Text), "\n\n")
	l = pdf.Letter{Lang: locale.ZH.Tag(), Number: a.Number, Title: parts[0], Created: a.From.Time(),
		Page: func(page, of int) string { return say("agreements.page", map[string]any{"page": page, "of": of}) }}
	for _, part := range parts[1:] {
		first, rest, _ := strings.Cut(part, "\n")
		block := pdf.Block{Text: part}
		for _, clause := range a.Clauses {
			if strings.HasSuffix(first, "　"+clause.Title.ZH) {
				block = pdf.Block{Heading: first, Text: rest}
			}
		}
		l.Blocks = append(l.Blocks, block)
	}
	var facts []pdf.Fact
	for _, s := range signed.Signatures {
		facts = append(facts, pdf.Fact{Label: say("agreements.signed."+s.Side, nil), Value: s.By + "　" + s.At.In(workday.Shanghai).Format("2006-01-02 15:04:05")})
	}
	print, err := sign.Fingerprint(signed.PublicKeys)
	if err != nil {
		return l, err
	}
	facts = append(facts, pdf.Fact{Label: say("agreements.in_force", nil), Value: layout.Day(locale.ZH, signed.From) + " — " + layout.Day(locale.ZH, signed.Until)},
		pdf.Fact{Label: "SHA-256", Value: signed.SHA256}, pdf.Fact{Label: "Ed25519", Value: signed.Seal.Ed25519}, pdf.Fact{Label: "SM2", Value: signed.Seal.SM2}, pdf.Fact{Label: say("agreements.fingerprint", nil), Value: print})
	l.Blocks = append(l.Blocks, pdf.Block{Heading: say("agreements.signatures", nil), Facts: facts})
	l.Foot = []string{say("agreements.foot", map[string]any{"number": a.Number})}
	return l, nil
}
