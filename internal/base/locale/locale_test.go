package locale

import (
	"strings"
	"testing"
	"testing/fstest"
)

func system(zh, en string) fstest.MapFS {
	return fstest.MapFS{"messages.zh.json": {Data: []byte(zh)}, "messages.en.json": {Data: []byte(en)}}
}

func TestSay(t *testing.T) {
	c, err := Load(system(`{"a.rows":"共{n}行，来自{who}"}`, `{"a.rows":"{n} rows from {who}"}`))
	if err != nil {
		t.Fatal(err)
	}
	args := map[string]any{"n": 1234567, "who": Text{ZH: "市数据局"}}
	if got := c.Say(EN, "a.rows", args); got != "1,234,567 rows from 市数据局" {
		t.Error(got)
	}
	if got := c.Say(EN, "a.rows", map[string]any{"n": float64(1234567), "who": 0.5}); got != "1,234,567 rows from 0.5" {
		t.Error(got)
	}
	if got := c.Say(ZH, "a.rows", map[string]any{"n": -12}); got != "共-12行，来自{who}" {
		t.Error(got)
	}
	if got := c.Say(ZH, "a.unknown", nil); got != "a.unknown" {
		t.Error(got)
	}
}

func TestLoadNamesEveryFault(t *testing.T) {
	_, err := Load(system(`{"a.x":"{n}","a.y":"b"}`, `{"a.x":"{m}","a.z":"b"}`), system(`{"a.x":"{n}"}`, `{}`))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"zh a.x is given twice", "a.x: zh has", "en lacks a.y", "zh lacks a.z"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
}
