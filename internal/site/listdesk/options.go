package listdesk

import (
	"kaishu/internal/base/locale"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/openlist"
	"kaishu/internal/site/layout"
)

// pick is a list of options in the reader's language.
type pick struct {
	c   *web.Context
	out []layout.Option
}

func (p *pick) add(value, word string) {
	p.out = append(p.out, layout.Option{Value: value, Label: word})
}

func (p *pick) code(ended bool, value string, name locale.Text) {
	if !ended {
		p.add(value, name.In(p.c.Lang))
	}
}

// options are what the selects of the editor offer.
func (p *Pages) options(c *web.Context) map[string][]layout.Option {
	codes := p.Entries.Codes(c.Actor)
	all := map[string][]layout.Option{}
	list := func(name, empty string, add func(*pick)) {
		x := &pick{c: c}
		if empty != "" {
			x.add("", c.Say(empty))
		}
		add(x)
		all[name] = x.out
	}
	list("domain", "listdesk.choose", func(x *pick) {
		for _, d := range codes.Domains {
			x.code(d.Ended, d.Code, d.Name)
		}
	})
	for _, name := range []string{"frequency", "production"} {
		list(name, "listdesk.choose", func(x *pick) {
			for _, f := range codes.Frequencies {
				x.code(f.Ended, f.Code, f.Name)
			}
		})
	}
	list("opening", "listdesk.choose", func(x *pick) {
		for _, t := range openlist.Openings {
			x.add(string(t), c.Say("openlist.opening."+string(t)))
		}
	})
	list("source", "", func(x *pick) {
		for _, k := range openlist.SourceKinds {
			x.add(k, c.Say("listdesk.source."+k))
		}
	})
	list("relation", "", func(x *pick) {
		for _, k := range openlist.RelationKinds {
			x.add(k, c.Say("listdesk.relation."+k))
		}
	})
	list("ground", "listdesk.choose", func(x *pick) {
		for _, g := range adjustment.Grounds {
			x.add(g, c.Say("adjustment.ground."+g))
		}
	})
	list("code", "", func(x *pick) {
		for _, r := range adjustment.ReturnCodes {
			x.add(r, r+" "+c.Say("adjustment.code."+r))
		}
	})
	return all
}
