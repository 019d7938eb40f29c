package quality

import (
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// TestSpelledIdentifiers: what is no run of digits holds data that is open to
// all too; in other data it is noted. All of it is made up.
func TestSpelledIdentifiers(t *testing.T) {
	c := newCity(t)
	c.list("a", func(d *openlist.Description) {
		d.Items = []openlist.Item{{Name: "码", Title: locale.Text{ZH: "台胞证号"}}, {Name: "箱", Title: locale.Text{ZH: "申请人邮箱"}}}
	})
	c.list("shut", func(d *openlist.Description) { d.Opening = openlist.Conditional })
	names := "1,张伟\n2,李静\n3,王丽华\n4,陈建国\n5,刘洋\n"
	for _, tt := range []struct{ slug, name, file, want string }{
		{"a", "names under a header", "n,姓名\n" + names, "blocked; person_name 姓名 5 firm [张* 李* 王**]"},
		{"a", "names under none", "n,甲\n" + names, "blocked; person_name 甲 5 firm [张* 李* 王**]"},
		{"a", "names that repeat count as often as they stand", "n,姓名\n1,张伟\n2,张伟\n3,无\n4,无\n5,无\n", "blocked; person_name 姓名 2 firm [张*]"},
		{"a", "two in six are too few", "n,姓名\n1,张伟\n2,张伟\n3,无\n4,无\n5,无\n6,无\n", "staged"},
		{"a", "one in a text", "n,文\n" + lines(20, "%d,普通文字第1号") + "99,联系人：张建国。\n", "blocked; person_name 文 1 firm [张**]"},
		{"a", "goods and places", "n,名,地\n1,白糖,黄浦区\n2,黄油,徐汇区\n3,马铃薯,静安区\n4,金鱼,长宁区\n5,方便面,普陀区\n", "staged"},
		{"a", "homes", "n,家庭住址\n1,长乐路123弄5号402室\n2,川沙新镇某村3组12号\n", "blocked; home_address 家庭住址 2 firm [长乐路***弄*号***室 川沙新镇某村*组**号]"},
		{"a", "shops", "n,门店地址\n1,长乐路123弄5号\n2,南京西路1266号\n", "staged"},
		{"a", "a plate", "n,文\n" + lines(20, "%d,普通文字") + "99,车辆沪A12345违停\n", "blocked; plate 文 1 firm [沪A****5]"},
		{"a", "passports", "n,护照号\n1,E12345678\n2,EA1234567\n", "blocked; passport 护照号 2 firm [E*******8 E*******7]"},
		{"a", "permits of Hong Kong and Macao", "n,港澳通行证号\n1,H12345678\n", "blocked; hong_kong_macau_permit 港澳通行证号 1 firm [H*******8]"},
		{"a", "whole numbers that the dictionary calls permits", "n,码\n1,12345678\n2,22345678\n", "blocked; taiwan_permit 码 2 firm [1******8 2******8]"},
		{"a", "whole numbers", "n,数\n1,12345678\n2,22345678\n", "staged"},
		{"a", "mail, of whomever", "n,文\n1,a@example.com\n2,无\n", "blocked; email 文 1 [a***@example.com]"},
		{"a", "mail of persons, as the dictionary says", "n,箱\n1,a@example.com\n2,无\n", "blocked; email 箱 1 firm [a***@example.com]"},
		{"a", "devices", "n,ip,mac\n1,192.168.10.12,00:1A:2b:3c:4d:5e\n", "blocked; ip ip 1 [192********2]; mac mac 1 [00:*************e]"},
		{"shut", "data under conditions", "n,姓名\n" + names, "staged; person_name 姓名 5 note firm"},
	} {
		got := c.send(tt.slug, tt.file)
		if told(got) != tt.want && !sameCells(told(got), tt.want) {
			t.Errorf("%s: %s, want %s", tt.name, told(got), tt.want)
		}
		for _, f := range got.Outcome.Findings {
			if f.Evidence == "" {
				t.Errorf("%s: its evidence is not told", tt.name)
			}
		}
	}
	if got := told(c.sendAs("shut", version.Sample, "n,姓名\n"+names+"6,赵敏\n")); got[:7] != "blocked" {
		t.Errorf("a sample is open to all: %s", got)
	}
}

// TestNoNameIsKept: neither as a repeated row nor as a key.
func TestNoNameIsKept(t *testing.T) {
	c := newCity(t)
	c.list("a", func(d *openlist.Description) { d.Key = []string{"姓名"} })
	v := c.send("a", "姓名,数\n张建国,1\n张建国,1\n李静,2\n王丽华,3\n陈建国,4\n")
	seen := 0
	for _, f := range v.Outcome.Findings {
		for _, cell := range f.Cells {
			if seen++; strings.Contains(cell, "张建国") {
				t.Errorf("%s keeps %s", f.Code, cell)
			}
		}
	}
	if seen < 3 {
		t.Errorf("%d cells: %s", seen, told(v))
	}
}

// sameCells compares without the cells: an engine hands them over in any order.
func sameCells(a, b string) bool { return withoutBrackets(a) == withoutBrackets(b) }

func withoutBrackets(s string) (out string) {
	for i, depth := 0, 0; i < len(s); i++ {
		switch {
		case s[i] == '[':
			depth++
		case s[i] == ']':
			depth--
		case depth == 0:
			out += s[i : i+1]
		}
	}
	return out
}
