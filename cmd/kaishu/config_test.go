package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const configDoc = "../../docs/operate/configuration.md"

// TestConfigurationIsDocumented holds the document to the defaults; with
// UPDATE=1 it writes it.
func TestConfigurationIsDocumented(t *testing.T) {
	c, err := loadConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	c.Workers = 0 // the default depends on the machine
	c.print(&b)
	want := "# Configuration\n\nEvery setting is an environment variable, or a line KEY=VALUE of the file that\n`KAISHU_CONFIG` names. Unknown keys are refused. `kaishu config` prints what is in\nforce. These are the defaults; the law's numbers are not here, they are terms and\ncode lists with dates.\n\n```\n" + b.String() + "```\n"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(configDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(configDoc); err != nil || string(got) != want {
		t.Errorf("%s is out of date (%v); run UPDATE=1 go test -run Documented ./cmd/kaishu", configDoc, err)
	}
}

func TestEveryBadSettingIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kaishu.conf")
	if err := os.WriteFile(file, []byte("# a comment\nKAISHU_LISTEN=:1\nnonsense\nKAISHU_COLOUR=blue\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := loadConfig([]string{"KAISHU_CONFIG=" + file, "KAISHU_QUERY_TIME=soon", "KAISHU_WORKERS=-1", "KAISHU_TRUSTED_PROXIES=10.0.0.0", "KAISHU_CLAMD=/run/clamd", "HOME=/root"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{":3: not KEY=VALUE", "KAISHU_COLOUR: unknown", "KAISHU_QUERY_TIME:", "KAISHU_WORKERS:", "KAISHU_TRUSTED_PROXIES:", "KAISHU_CLAMD:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
	if c, err := loadConfig([]string{"KAISHU_LISTEN=0.0.0.0:80"}); err != nil || c.Listen != "0.0.0.0:80" || c.Memory != 512 {
		t.Errorf("%+v, %v", c, err)
	}
}
