package main

import (
	"context"
	"flag"
	"fmt"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/people/account"
)

// initialise enters the three administrators of a new installation, who are
// three people (三员分立), and prints for each a link by which password and
// second factor are set, once, within a week.
func initialise(ctx context.Context, c Config, args []string) error {
	f := flag.NewFlagSet("init", flag.ContinueOnError)
	f.StringVar(&c.Data, "data", c.Data, "folder that holds everything")
	sys := f.String("sys-admin", "sys-admin", "account of the system administrator")
	sec := f.String("sec-admin", "sec-admin", "account of the security administrator")
	auditor := f.String("auditor", "auditor", "account of the auditor")
	if err := f.Parse(args); err != nil {
		return err
	}
	p, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer p.close()
	var three []account.Account
	for _, x := range []struct {
		id   string
		role permit.Role
	}{{*sys, permit.SysAdmin}, {*sec, permit.SecAdmin}, {*auditor, permit.Auditor}} {
		three = append(three, account.Account{ID: x.id, Name: p.words.Say(locale.ZH, "web.role."+string(x.role), nil), Roles: []permit.Role{x.role}})
	}
	links, err := p.accounts.First(ctx, console, three)
	if err != nil {
		return err
	}
	fmt.Println(p.words.Say(locale.ZH, "kaishu.init_links", nil))
	for i, a := range three {
		fmt.Printf("  %s\t%s\t%s\n", a.ID, a.Name, links[i])
	}
	return nil
}
