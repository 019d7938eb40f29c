package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/sign"
	"kaishu/internal/obtain/agreement"
)

// verifyAgreement verifies a signed copy without the platform: it opens no data
// folder and no connection.
func verifyAgreement(_ context.Context, _ Config, args []string) error {
	flags := flag.NewFlagSet("verify-agreement", flag.ContinueOnError)
	keyFile := flags.String("key", "", "")
	file := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		file, args = args[0], args[1:]
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if file == "" {
		file = flags.Arg(0)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return problem.New(problem.Invalid, "kaishu.no_such_file", "file", file)
	}
	keys := ""
	if *keyFile != "" {
		raw, err := os.ReadFile(*keyFile)
		if err != nil {
			return problem.New(problem.Invalid, "kaishu.no_such_file", "file", *keyFile)
		}
		keys = string(raw)
		if keys == "" {
			return problem.New(problem.Invalid, "agreement.no_key")
		}
	}
	c, err := agreement.Verify(text, keys)
	if err != nil {
		return err
	}
	words, err := loadWords()
	if err != nil {
		return err
	}
	trusted, said := keys, "kaishu.verified"
	if keys == "" {
		trusted, said = c.PublicKeys, "kaishu.verified_by_itself"
	}
	print, err := sign.Fingerprint(trusted)
	if err != nil {
		return err
	}
	for _, l := range locale.Langs {
		fmt.Println(words.Say(l, said, map[string]any{"number": c.Number, "hash": c.SHA256, "key": print}))
	}
	for _, s := range c.Signatures {
		fmt.Printf("  %s  %s  %s\n", s.At.UTC().Format("2006-01-02T15:04:05.000Z"), s.Side, s.By)
	}
	return nil
}
