// Command kaishu is the whole platform: server, worker and tools.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
)

// commit is set by the linker: the commit that was built.
var commit = "unknown"

// command is one subcommand.
type command struct {
	name, use, help string
	run             func(ctx context.Context, c Config, args []string) error
}

var commands = []command{
	{"run", "run [--sample DIR] [--data DIR] [--listen ADDR] [--dev]", "load a sample city and serve it", runCity},
	{"serve", "serve [--data DIR] [--listen ADDR] [--dev]", "serve what the data folder holds", serve},
	{"seed", "seed --sample DIR [--data DIR]", "load a sample city and stop", seedCity},
	{"init", "init [--data DIR] [--sys-admin ID] [--sec-admin ID] [--auditor ID]", "enter the three administrators of a new installation and print their links", initialise},
	{"import", "import FILE --dataset SLUG --by ACCOUNT --not-secret [--kind full|sample] [--updated-on DAY] [--recipe FILE] [--release-by ACCOUNT]", "receive a file as a new version of a dataset", importFile},
	{"table", "table FILE [--csv | --json] [--recipe FILE] [--rows N]", "show how a file is read as a table, or write the table", showTable},
	{"release", "release SLUG NUMBER --by ACCOUNT", "release a staged version", releaseVersion},
	{"recall", "recall SLUG NUMBER --by ACCOUNT --reason TEXT", "take a released version back", recallVersion},
	{"token", "token ACCOUNT [--label TEXT]", "make an access token for an account", makeToken},
	{"call", "call [NAME [KEY=VALUE...] [-server URL] [-token-file FILE] | NAME -help]", "ask a running server anything of its API; alone, list what there is", runCall},
	{"verify-agreement", "verify-agreement FILE [-key FILE]", "verify the signed copy of a data use agreement, offline", verifyAgreement},
	{"check", "check [--data DIR]", "verify database, ledger and objects", checkData},
	{"config", "config", "print the effective configuration", printConfig},
	{"version", "version", "print the commit that was built", printVersion},
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(worker())
	}
	os.Exit(realMain(os.Args[1:]))
}

func realMain(args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		usage()
		return 0
	}
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		fmt.Fprintf(os.Stderr, "kaishu: there is no command %q\n", args[0])
		usage()
		return 2
	}
	c, err := loadConfig(os.Environ())
	if err != nil {
		fmt.Fprintln(os.Stderr, "kaishu:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := commands[i].run(ctx, c, args[1:]); err != nil {
		if code, ok := errors.AsType[told](err); ok {
			return int(code)
		}
		explain(err)
		return 1
	}
	return 0
}

func usage() {
	fmt.Fprint(os.Stderr, "Kaishu (开数), the open-data platform of a city. Commands:\n\n")
	for _, c := range commands {
		fmt.Fprintf(os.Stderr, "  kaishu %s\n        %s\n", c.use, c.help)
	}
}

// explain prints what went wrong: a problem in both languages with every
// fault, anything else as it is.
func explain(err error) {
	p := problem.As(err)
	words, werr := loadWords()
	if p == nil || werr != nil {
		fmt.Fprintln(os.Stderr, "kaishu:", err)
		return
	}
	for _, l := range locale.Langs {
		fmt.Fprintln(os.Stderr, "kaishu:", words.Say(l, p.Code, p.Args))
		for _, f := range p.Fields {
			fmt.Fprintf(os.Stderr, "  %s: %s\n", f.Pointer, words.Say(l, f.Code, f.Args))
		}
	}
}

func printConfig(_ context.Context, c Config, _ []string) error {
	c.print(os.Stdout)
	return nil
}

func printVersion(context.Context, Config, []string) error {
	fmt.Println(commit)
	return nil
}
