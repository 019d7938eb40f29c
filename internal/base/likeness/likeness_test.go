package likeness

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The names are invented.

func TestNearAreThoseThatNothingTellsApart(t *testing.T) {
	for _, x := range []struct{ why, publisher, a, b string }{
		{"signs", "", "《停车场》（公共）信息", "停车场(公共)信息"},
		{"width and case", "", "ＷＩＦＩ热点信息", "wifi热点信息"},
		{"traditional", "", "醫療機構信息", "医疗机构信息"},
		{"empty words", "", "停车场基本信息", "停车场情况一览表"},
		{"empty words within", "", "停车场信息备案情况", "停车场备案"},
		{"empty words at the end, one behind the other", "", "停车场清单表", "停车场"},
		{"order", "", "停车场收费核定表", "核定停车场收费"},
		{"order, the end of one within the other", "", "帮教月报表民政局", "民政局帮教月报表"},
		{"its province", "省财政厅", "江东省预算单位名单", "预算单位"},
		{"its own city", "江东市公安局", "江东市网吧分布", "网吧分布信息"},
		{"this city", "江东市公安局", "本市网吧分布", "网吧分布"},
		{"its own organ", "江东市公安局", "江东市公安局网吧分布", "网吧分布"},
		{"its own district", "江东市河口区人民政府", "河口区停车场", "停车场"},
		{"its city, without the word", "江东市公安局", "江东网吧分布", "网吧分布"},
		{"its city, within", "江东市公安局", "停车场江东市分布", "停车场分布"},
		{"said twice", "", "河口区区统计局预算", "河口区统计局预算"},
		{"new", "", "金融许可证（新）", "金融许可证"},
		{"a copy", "", "停车场信息2", "停车场信息"},
		{"spelling", "", "餐饮服务行政许可", "餐饮服务许可证书"},
		{"and", "", "车站及码头", "车站和码头"},
		{"about", "", "关于停车场的信息", "停车场"},
	} {
		l := Compare(Name{x.a, x.publisher}, Name{x.b, x.publisher})
		if l.Score < Near || l.Apart != nil {
			t.Errorf("%s: %q and %q: %+v", x.why, x.a, x.b, l)
		}
	}
}

func TestWhatTellsTwoNamesApart(t *testing.T) {
	for _, x := range []struct{ publisher, a, b, kind, left, right string }{
		{"", "2020年停车场信息", "2021年停车场信息", "time", "2020年", "2021年"},
		{"", "停车场一季度信息", "停车场二季度信息", "time", "一季", "二季"},
		{"", "停车场信息", "停车场信息2021", "time", "", "2021"},
		{"", "地铁1号线客流", "地铁2号线客流", "number", "1", "2"},
		{"", "河口区停车场", "山口县停车场", "place", "河口区", "山口县"},
		{"江东市大数据局", "河口区停车场", "停车场", "place", "河口区", ""},
		{"江东市河口区政府", "江东市停车场", "河口区停车场", "place", "江东市", "河口区"},
		{"", "江东市停车场", "停车场", "place", "江东市", ""}, // whose it is is not known
		{"", "小学教师名单", "中学教师名单", "words", "小学", "中学"},
		{"", "企业设立登记信息", "企业注销登记信息", "words", "设立", "注销"},
		{"", "停车场泊位数量", "停车场泊位面积", "words", "数量", "面积"},
		{"", "高新技术企业名单", "企业名单", "words", "高新技术", ""},
		{"", "甲级资质企业", "乙级资质企业", "words", "甲级", "乙级"},
		{"", "外方股东向中方转让股权", "中方股东向外方转让股权", "words", "外", "中"},
		{"", "进场明细", "进场汇总", "words", "明细", "汇总"},
		{"", "信息化项目", "标准化项目", "words", "信息", "标准"},
		{"", "大数据企业", "数据企业", "words", "大数据", ""},
		{"", "公共预算基本支出表", "公共预算支出表", "words", "基本", ""},
		{"河口区公安局", "江东市停车场", "停车场", "place", "江东市", ""},
		{"", "医院停车医院", "医院停车", "words", "医院", ""},
		{"省财政厅", "收费停车场江东省", "收费", "place", "停车场江东省", ""},
		{"财政预算中心", "财政单位", "单位", "words", "财政", ""},
		{"港航管理局", "管理申报信息", "申报信息", "words", "管理", ""},
		{"", "线路1", "线路2", "number", "1", "2"}, // no copies: nothing empty stands before
	} {
		l := Compare(Name{x.a, x.publisher}, Name{x.b, x.publisher})
		if l.Score >= Near || len(l.Apart) == 0 {
			t.Errorf("%q and %q: %+v", x.a, x.b, l)
			continue
		}
		if got := l.Apart[0]; got.Kind != x.kind || !strings.Contains(got.A, x.left) || !strings.Contains(got.B, x.right) {
			t.Errorf("%q and %q: apart by %+v", x.a, x.b, l.Apart)
		}
	}
}

// TestAnotherPublishersAreaIsNoneOfOurs: the area that one of two bodies says
// may be what tells their data apart.
func TestAnotherPublishersAreaIsNoneOfOurs(t *testing.T) {
	if l := Compare(Name{"江东省登记信息", "省市场监管局"}, Name{"登记信息", "河口市市场监管局"}); l.Score >= Near {
		t.Errorf("%+v", l)
	}
	if l := Compare(Name{"江东省登记信息", "省市场监管局"}, Name{"登记信息", "省市场监管局"}); l.Score < Near || !l.Area {
		t.Errorf("%+v", l)
	}
}

func TestScoresAreInOrder(t *testing.T) {
	of := func(a, b string) float64 { return Compare(Name{Title: a}, Name{Title: b}).Score }
	same, sign, word, order := of("停车场收费", "停车场收费"), of("停车场收费", "停车场·收费"), of("停车场收费", "停车场收费信息"), of("停车场收费", "收费停车场信息")
	year, half, none := of("停车场收费2020", "停车场收费2021"), of("停车场收费", "停车场泊位"), of("停车场收费", "医师名册")
	if same != 1 || sign != 1 || word >= 1 || !(word > order && order >= Near && Near > year && year > half && half > none && none == 0) {
		t.Error(same, sign, word, order, year, half, none)
	}
	in := func(publisher, a, b string) float64 { return Compare(Name{a, publisher}, Name{b, publisher}).Score }
	if own, other := in("江东市公安局", "江东市停车场", "停车场"), of("停车场江东市", "停车场表和单"); own >= of("停车场一览表", "停车场") || other >= Near {
		t.Error("an area that is not said, and one that is:", own, other)
	}
	if long := strings.Repeat("一二三四五六七八九十", 9); of(long, long+"的") != nearest {
		t.Error("not quite the same:", of(long, long+"的"))
	}
	if got := Compare(Name{}, Name{}).Score; got != 1 {
		t.Error("nothing and nothing:", got)
	}
	if got := of("信息", "数据"); got >= Near {
		t.Error("two names that say nothing:", got)
	}
}

// invented are n names, many of them of one series.
func invented(n int, seed uint64) (all []Name) {
	r := rand.New(rand.NewPCG(seed, 1))
	areas, things := []string{"", "河口区", "山口县", "江东市", "东港镇"}, []string{"停车场", "医疗机构", "中小学校", "养老机构", "旅游景区", "公交线路", "建筑工地", "食品经营户", "充电桩", "公共厕所", "文物保护单位", "气象站"}
	aspects, ends := []string{"", "登记", "注销登记", "收费标准", "行政处罚", "行政许可", "分布", "年度统计", "抽检结果", "从业人员", "备案"}, []string{"", "信息", "数据", "情况", "一览表", "名单", "基本信息", "（新）"}
	years := []string{"", "", "2019年", "2020年", "2021年"}
	letters := []rune("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地玄黄宇宙洪荒日月盈昃")
	for range n {
		pick := func(of []string) string { return of[r.IntN(len(of))] }
		special := string([]rune{letters[r.IntN(len(letters))], letters[r.IntN(len(letters))], letters[r.IntN(len(letters))]})
		all = append(all, Name{pick(areas) + pick(years) + special + pick(things) + pick(aspects) + pick(ends), pick([]string{"江东市公安局", "河口区人民政府"})})
	}
	return all
}

func TestItDoesNotMatterWhichIsFirst(t *testing.T) {
	names := invented(90, 7)
	r := rand.New(rand.NewPCG(2, 2))
	for range 60 { // of few letters, so that there are many ways to cover them
		var b strings.Builder
		for range 4 + r.IntN(6) {
			b.WriteString([]string{"甲", "乙", "丙"}[r.IntN(3)])
		}
		names = append(names, Name{Title: b.String()})
	}
	for i := range names {
		for j := range i {
			a, b := Compare(names[i], names[j]), Compare(names[j], names[i])
			if a.Score != b.Score || a.Moved != b.Moved || a.Area != b.Area || len(a.Apart) != len(b.Apart) || a.Score < 0 || a.Score > 1 {
				t.Fatalf("%v, %v: %+v, %+v", names[i], names[j], a, b)
			}
			for n := range a.Apart {
				if a.Apart[n].A != b.Apart[n].B || a.Apart[n].B != b.Apart[n].A {
					t.Fatalf("%v, %v: %+v, %+v", names[i], names[j], a, b)
				}
			}
			if (a.Score >= Near) != (a.Apart == nil) {
				t.Fatalf("%v, %v: %+v", names[i], names[j], a)
			}
		}
	}
}

// TestTheIndexFindsWhatComparingFinds: every near duplicate that comparing with
// each name finds, after names came, changed and went.
func TestTheIndexFindsWhatComparingFinds(t *testing.T) {
	names := invented(3000, 3)
	for i := 0; i < len(names); i += 3 { // near duplicates of others
		names[i].Title = strings.TrimSuffix(names[i+1].Title, "信息") + "情况"
	}
	x, now := NewIndex(), map[string]Name{}
	r := rand.New(rand.NewPCG(5, 5))
	for range 6000 {
		id := fmt.Sprint("d", r.IntN(2000))
		if r.IntN(4) == 0 {
			x.Remove(id)
			delete(now, id)
			continue
		}
		n := names[r.IntN(len(names))]
		x.Put(id, n)
		now[id] = n
	}
	fresh, forms := NewIndex(), map[string]form{}
	for id, n := range now {
		fresh.Put(id, n)
		forms[id] = read(n)
	}
	if x.Len() != len(now) {
		t.Fatalf("%d names, want %d", x.Len(), len(now))
	}
	found := 0
	for _, id := range slices.Sorted(func(yield func(string) bool) {
		for id := range now {
			if !yield(id) {
				return
			}
		}
	})[:60] {
		var want []string
		for other, f := range forms {
			if l := compare(forms[id], f); other != id && l.Score >= Near {
				want = append(want, fmt.Sprintf("%.4f %s", l.Score, other))
			}
		}
		slices.SortFunc(want, func(a, b string) int {
			return cmp.Or(cmp.Compare(b[:6], a[:6]), cmp.Compare(a[7:], b[7:]))
		})
		var got []string
		hits := x.Near(id, now[id], 1000)
		for _, h := range hits {
			if h.Score >= Near {
				got = append(got, fmt.Sprintf("%.4f %s", h.Score, h.ID))
			}
			if h.Score < Floor || h.ID == id || now[h.ID] != h.Name {
				t.Fatalf("%s: %+v", id, h)
			}
		}
		found += len(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%s %v:\n got %v\nwant %v", id, now[id], got, want)
		}
		again := fresh.Near(id, now[id], 1000)
		if !slices.EqualFunc(hits, again, func(a, b Hit) bool { return a.ID == b.ID && a.Score == b.Score }) {
			t.Fatalf("%s: an index that was built anew answers otherwise", id)
		}
		if few := x.Near(id, now[id], 2); len(few) != min(2, len(hits)) {
			t.Fatalf("%d hits, asked for 2 of %d", len(few), len(hits))
		}
	}
	if found < 20 {
		t.Errorf("only %d near duplicates: nothing was tried", found)
	}
}

// TestFewNamesAreAllCompared: of no more names than are compared, each that is
// like enough is found, near duplicate or not.
func TestFewNamesAreAllCompared(t *testing.T) {
	x, names := NewIndex(), invented(200, 11)
	var forms []form
	for i, n := range names {
		x.Put(fmt.Sprint(i), n)
		forms = append(forms, read(n))
	}
	found := 0
	for i, n := range names {
		var want, got []string
		for j, other := range forms {
			if l := compare(forms[i], other); j != i && l.Score >= Floor {
				want = append(want, fmt.Sprint(j))
			}
		}
		for _, h := range x.Near(fmt.Sprint(i), n, len(names)) {
			got = append(got, h.ID)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%v: got %v, want %v", n, got, want)
		}
		found += len(want)
	}
	if found < 15 {
		t.Errorf("only %d: nothing was tried", found)
	}
}

func TestAnEmptyIndexKeepsNothing(t *testing.T) {
	x := NewIndex()
	x.Remove("no")
	if x.Put("a", Name{Title: "车"}); len(x.Near("", Name{Title: "车信息"}, 5)) != 1 {
		t.Error("a name of one letter is not found")
	}
	if x.Remove("a"); x.Len() != 0 || len(x.grams) != 0 || x.Near("", Name{Title: "车"}, 5) != nil {
		t.Errorf("%+v", x)
	}
}

func BenchmarkNear(b *testing.B) {
	x, names := NewIndex(), invented(100_000, 1)
	for i, n := range names {
		x.Put(fmt.Sprint(i), n)
	}
	for i := 0; b.Loop(); i++ {
		x.Near("", names[i*7919%len(names)], 5)
	}
}

func BenchmarkPut(b *testing.B) {
	x, names := NewIndex(), invented(100_000, 1)
	for i := 0; b.Loop(); i++ {
		x.Put(fmt.Sprint(i%len(names)), names[i*7919%len(names)])
	}
}
