package identifier

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestCreditCode: the published vector of GB 32100-2015, and one sign changed.
func TestCreditCode(t *testing.T) {
	if got := CreditSign("91350100M000100Y4"); got != '3' {
		t.Errorf("check sign %c", got)
	}
	for s, want := range map[string]bool{"91350100M000100Y43": true, "91350100M000100Y4Z": false, "91350100M000100Y44": false, "91350100M000100Y34": false,
		"91350100I000100Y43": false, "913501O0M000100Y43": false, "91990100M000100Y43": false, "91350100M000100Y4": false} {
		if got := creditCode(s); got != want {
			t.Errorf("%s: %t", s, got)
		}
	}
	// Any one sign that changes is noticed: the weights have no common factor with 31.
	good := "91350100M000100Y43"
	for i := range good {
		for _, c := range creditSigns {
			if s := good[:i] + string(c) + good[i+1:]; s != good && creditCode(s) {
				t.Errorf("%s is a code too", s)
			}
		}
	}
}

// TestLook: what columns hold, and what they only seem to hold. All of it is
// made up.
func TestLook(t *testing.T) {
	id := madeUp("31010119900101123")
	wide := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '０'
		}
		return r
	}, id)
	for _, tt := range []struct {
		header, cells string // cells apart by |
		want          string // kinds, apart by blanks
	}{
		{"文", "证号" + id + "。|无|无", "resident_id"},
		{"文", wide + "|无", "resident_id"},
		{"文", id[:6] + " " + id[6:14] + " " + id[14:], "resident_id"},
		{"证号", "310101900101123|310101900101124|310101800101126", "resident_id_old"},
		{"电话", phone + "|021-12345678", "mobile"},
		{"电话", phone + "|021-62345678", "mobile landline"},
		{"卡号", withLuhn("622202100100000000"), "bank_card"},
		{"代码", "91350100M000100Y43|91350100m000100y43", "credit_code"},
		{"代码", "91350100M000100Y44|91350100M000100Y45", ""},
		{"文", "车辆沪A12345违停|苏E·D12345|沪AD12345", "plate"},
		{"文", "粤B1234学|沪AF12345", "plate"},
		{"文", "沪ABCDEF|沪I12345|沪A1234", ""},
		{"护照号", "E12345678|EA1234567|G12345678", "passport"},
		{"订单", "E12345678|G12345678|无", ""},
		{"港澳通行证号", "H12345678|C12345678|M1234567890", "hong_kong_macau_permit"},
		{"台胞证", "12345678|T12345678", "taiwan_permit"},
		{"数", "12345678|20260101", ""},
		{"文", "请写信到 zhang.san@example.com。|无", "email"},
		{"文", "a@b|@某人|版本1.2@3.4", ""},
		{"访问地址", "192.168.10.1|10.0.12.255|172.16.0.31", "ip"},
		{"版本", "1.2.3.4|2.0.0.1|300.1.1.20|1.20.3", ""},
		{"设备", "00:1A:2b:3c:4d:5e|无", "mac"},
		{"时刻", "2026-01-02 10:11:12|2026-01-02 10:11:13", ""},
		{"对外", "（021）62345678|010-62345678|0571 87654321", "landline"},
		{"代号", "0010234567|0000000001|0212345678901234", ""},
		{"姓名", "张伟|欧阳娜娜|王某某|买买提·艾力", "person_name"},
		{"某列", "张伟|李静|王丽华|陈建国|刘洋|赵敏", "person_name"},
		{"单位", "张江集团|王府井公司|金山区|高桥镇|黄浦区|马桥村", ""},
		{"路名", "马当路|金沙江路|高科西路|张杨路|江苏路|龙阳路", ""},
		{"负责机构", "张江医院|金山中心|马陆小学", ""},
		{"商品", "黄油|金鱼|白糖|马铃薯粉|红烧肉|方便面", ""},
		{"联系人", "张先生|欧阳女士|李老师", "person_name"},
		{"内容", "来电，联系人：张建国，反映积水。|无|无|无", "person_name"},
		{"内容", "投诉人李建国反映积水，申请人李建国。|无|无", "person_name"},
		{"内容", "申请人信息|联系人：待定|患者安全|负责人：水滩|姓名：王某某|申请人张伟", ""},
		{"内容", "联系人：敖滩，1号|负责人：敖屯1|申请人：张滩，有1处", "person_name"},
		{"内容", "联系人：敖屯，1号|负责人：敖屯1|无", ""},
		{"姓名", "张某|李某某|王**", ""},
		{"文", "编号91350100M000100Y43", ""},
		{"证件号", "20260101|20260102", ""},
		{"地址", "南京西路1266号|打浦路35弄6号|华泾镇12号", "address"},
		{"家庭住址", "长乐路１２３弄５号４０２室|川沙新镇某村3组12号", "home_address"},
		{"患者地址", "长乐路123弄5号402室", "home_address"},
		{"线路", "地铁2号线|11号线|第3组织", ""},
	} {
		var kinds []string
		for _, e := range Look(Column{Header: tt.header}, strings.Split(tt.cells, "|"), "2026-11-24") {
			kinds = append(kinds, e.Kind.String())
			if e.Cells < 1 || e.Share <= 0 || e.Share > 1 || e.Distinct < 1 || len(e.Examples) < 1 || len(e.Examples) > maxExamples || e.Confidence == "" {
				t.Errorf("%s: %+v", tt.cells, e)
			}
			for _, example := range e.Examples {
				if !strings.Contains(example, "*") {
					t.Errorf("%s is shown whole: %s", e.Kind, example)
				}
			}
		}
		if got := strings.Join(kinds, " "); got != tt.want {
			t.Errorf("%s: %s holds %q, want %q", tt.header, tt.cells, got, tt.want)
		}
	}
}

// TestAddAgreesWithAddRuns: the two ways of counting hold the same.
func TestAddAgreesWithAddRuns(t *testing.T) {
	id := madeUp("31010119900101123")
	for _, cell := range []string{id, phone, "SH" + phone, "+86 " + phone, id + "ab", "0." + phone, withLuhn("622202100100000000"), "138-1234-5678"} {
		a, b := NewTally("2026-11-24"), Tally{}
		a.Add("见" + cell + "。")
		b.AddRuns(cell[max(0, strings.IndexAny(cell, "+0123456789H")):], "2026-11-24")
		if slices.Compare(a.Cells[:numberKinds], b.Cells[:numberKinds]) != 0 {
			t.Errorf("%s: %v and %v", cell, a.Cells, b.Cells)
		}
	}
	if got := Look(Column{}, []string{"https://sh.example/" + id + "/" + phone + ".html"}, "2026-11-24"); len(got) != 0 {
		t.Errorf("an address on the web: %+v", got)
	}
}

// TestChanceIsRare: of 200,000 random numbers of 18 signs at most one in
// 10,000 counts, and no column of them holds anything.
func TestChanceIsRare(t *testing.T) {
	r := rand.New(rand.NewPCG(20261125, 6))
	tally, cells := NewTally("2026-11-24"), int64(200_000)
	for range cells {
		tally.Add(fmt.Sprintf("%09d%09d", r.IntN(1e9), r.IntN(1e9)))
	}
	if n := tally.Cells[ResidentID]; n*10_000 > cells {
		t.Errorf("residents by chance: %d", n)
	}
	for _, e := range tally.Evidence(Column{Header: "n"}) {
		t.Errorf("held: %+v", e)
	}
	t.Logf("by themselves: %v", tally.Cells)
}

// TestAnyTextIsTaken: whatever stands in a cell, cut in the middle of a sign
// too, is counted or left out, and what is shown has a mask.
func TestAnyTextIsTaken(t *testing.T) {
	r := rand.New(rand.NewPCG(20261125, 7))
	parts := []string{"0", "1", "021", "-", " ", ".", "@", ":", "沪", "A", "D", "路", "弄", "号", "室", "张", "伟", "·", "，", "（", "９", "Ｘ", "\xe6", "\xef\xbc", "a.cn", "1.22.3.4", "E12345678", "H12345678", "91350100M000100Y43", phone}
	tally := NewTally("2026-11-24")
	for range 100_000 {
		var cell strings.Builder
		for range r.IntN(9) {
			cell.WriteString(parts[r.IntN(len(parts))])
		}
		tally.Add(cell.String())
	}
	for k, examples := range tally.Shown {
		for _, e := range examples {
			if !strings.Contains(e, "*") {
				t.Errorf("%s is shown whole: %q", Kind(k), e)
			}
		}
	}
	for k := range Kinds {
		if k != OldResidentID && k != ResidentID && k != BankCard && k != HomeAddress && tally.Cells[k] == 0 && k != MAC {
			t.Errorf("no %s among them", k)
		}
	}
}

// TestCreditCodesAmongLookalikes measures cell by cell, on codes from a seed:
// right ones in words, against the same with one sign changed.
func TestCreditCodesAmongLookalikes(t *testing.T) {
	r := rand.New(rand.NewPCG(20261125, 8))
	const cells = 50_000
	right, wrong := NewTally("2026-11-24"), NewTally("2026-11-24")
	for range cells {
		b := []byte([]string{"91310101", "52310115", "12440524", "91100000", "92500236", "93310000"}[r.IntN(6)])
		for range 9 {
			b = append(b, creditSigns[r.IntN(len(creditSigns))])
		}
		code := string(b) + string(CreditSign(string(b)))
		right.Add([]string{"", "代码", "（"}[r.IntN(3)] + code + []string{"", "，", "）有效"}[r.IntN(3)])
		i := r.IntN(18)
		sign := creditSigns[r.IntN(len(creditSigns))]
		for sign == code[i] {
			sign = creditSigns[r.IntN(len(creditSigns))]
		}
		wrong.Add(code[:i] + string(sign) + code[i+1:])
	}
	found, mistaken := right.Cells[CreditCode], wrong.Cells[CreditCode]
	recall, precision := float64(found)/cells, float64(found)/float64(found+mistaken)
	t.Logf("recall %.4f, precision %.4f, of %d each", recall, precision, cells)
	if recall < 0.999 || precision < 0.995 {
		t.Errorf("recall %.4f, precision %.4f; must be 0.999 and 0.995", recall, precision)
	}
}

// TestKinds: each has its own name and a group, and only those with a check
// sign have a chance.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for k := range Kinds {
		if k.String() == "" || seen[k.String()] || k.Group() == "" {
			t.Errorf("%d: %q", k, k)
		}
		seen[k.String()] = true
	}
	if CreditCode.Group() != Organisation || PersonName.Group() != Person || Address.Group() != Place || Email.Group() != Contact || Kinds.String() != "none" ||
		CreditCode.Chance() != 1.0/31 || Plate.Chance() != 0 {
		t.Error("groups or chances")
	}
}

// BenchmarkAdd tells how much of a table's cells a core looks through.
func BenchmarkAdd(b *testing.B) {
	id := madeUp("31010119900101123")
	cells := []string{id, "南京西路1266号上海恒隆广场办公楼", "2026-11-24 12:30:00", "黄浦区半淞园路街道办事处公开的服务事项说明，全年受理", phone, "121.473701", "91350100M000100Y43", "SH20260101000123"}
	size := 0
	for _, c := range cells {
		size += len(c)
	}
	t := NewTally("2026-11-24")
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, c := range cells {
			t.Add(c)
		}
	}
}

// BenchmarkAddRuns tells the same of runs of digits alone.
func BenchmarkAddRuns(b *testing.B) {
	cells := []string{madeUp("31010119900101123"), phone, withLuhn("622202100100000000"), "20260101120000", "310101001001"}
	size := 0
	for _, c := range cells {
		size += len(c)
	}
	var t Tally
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, c := range cells {
			t.AddRuns(c, "2026-11-24")
		}
	}
}
