package listdesk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/site/layout"
)

// digest names what an editor finds, so that he who saves can be told that
// somebody else saved meanwhile.
func (w work) digest() string {
	said := struct {
		What    any
		Content any
	}{What: w.now}
	if w.order != nil {
		said.Content = w.order.Order.Content
	}
	text, err := json.Marshal(said)
	if err != nil { // a description is plain text
		panic(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// showMeanwhile shows what was typed, and beside it what somebody else saved
// since the form was opened. Nothing is kept; saving once more keeps it.
func (p *Pages) showMeanwhile(c *web.Context, w work, in written) error {
	all, err := adjustment.Differences(w.now, in.description(w.entry.Publisher))
	if err != nil {
		return err
	}
	x := editorPage{Meanwhile: []changed{}}
	for _, d := range all {
		x.Meanwhile = append(x.Meanwhile, p.inWords(c, d))
	}
	return p.show(c, w, layout.Again(c, problem.New(problem.Conflict, "listdesk.meanwhile")), x, layout.Status)
}
