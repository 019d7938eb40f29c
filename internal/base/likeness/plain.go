package likeness

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words that say nothing of the content. [D]
var (
	// anywhere in a name; longer ones first
	empty = []string{"基本信息", "基本情况", "基本数据", "基础信息", "基础情况", "基础数据", "信息库", "数据库", "数据集", "信息", "数据", "情况", "相关", "有关", "的"}
	// at the end of a name, or of what stands before a sign
	atEnd = []string{"一览表", "列表", "明细表", "汇总表", "清单", "名单", "名录", "目录", "明细", "汇总", "一览", "通告", "公示", "公开", "查询", "接口", "新版", "副本", "测试", "表"}
	// between signs, alone
	alone = []string{"新", "新版", "副本", "测试"}
	// empty words are not empty before or behind these
	means = map[string][]string{
		"信息": {"化", "系统", "中心", "公开", "技术", "网", "产业", "服务", "平台", "安全", "资源", "管理"},
		"数据": {"中心", "字典", "采集", "管理", "局", "平台", "资源", "安全"},
	}
	meansAfter = map[string]string{"数据": "大", "数据库": "大", "数据集": "大"}
	// spellings of one thing; longer ones first
	spellings = strings.NewReplacer("许可证书", "许可", "许可证", "许可", "行政许可", "许可", "资格证书", "资格证", "执业证书", "执业证",
		"机构", "单位", "其它", "其他", "帐", "账", "以及", "", "及", "", "和", "", "与", "", "暨", "")
	// a bare number that counts copies of a list
	copies = regexp.MustCompile(`(信息|数据|情况|表|清单|名单|名录|目录|明细|汇总)([|(]?)\d{1,2}(\)?)($|\|)`)
)

// Signs by which a name is cut while it is read.
const cut = "|()"

// fold writes s in half width, lower case and 简体; signs become "|", brackets
// "(" and ")", and blanks and quotation marks go.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case unicode.IsSpace(r) || strings.ContainsRune("《》〈〉“”‘’「」『』\"'", r):
			return -1
		}
		if to, ok := simple[r]; ok {
			r = to
		}
		switch {
		case strings.ContainsRune("([{【〔", r):
			return '('
		case strings.ContainsRune(")]}】〕", r):
			return ')'
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '*':
			return unicode.ToLower(r)
		}
		return '|'
	}, s)
}

// letters are those of s, folded, without signs.
func letters(s string) []rune { return []rune(strip(fold(s))) }

func strip(folded string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(cut, r) {
			return -1
		}
		return r
	}, folded)
}

// content is what a name says of its dataset: its letters, without what says
// nothing. A name that says nothing at all is its letters.
func content(title string) []rune {
	s := strings.TrimPrefix(fold(title), "关于")
	for copies.MatchString(s) {
		s = copies.ReplaceAllString(s, "$1$4")
	}
	s = withoutEmpty(s)
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(cut, r) }) {
		b.WriteString(ended(part))
	}
	if said := spellings.Replace(b.String()); said != "" {
		return []rune(said)
	}
	return letters(title)
}

func ended(part string) string {
	for _, word := range alone {
		if part == word {
			return ""
		}
	}
	for again := true; again; {
		again = false
		for _, word := range atEnd {
			if rest, ok := strings.CutSuffix(part, word); ok {
				part, again = rest, true
			}
		}
	}
	return part
}

// withoutEmpty takes the empty words out of s.
func withoutEmpty(s string) string {
	var b strings.Builder
	for at := 0; at < len(s); {
		word := emptyAt(s, at)
		if word == "" {
			_, word2 := utf8.DecodeRuneInString(s[at:])
			b.WriteString(s[at : at+word2])
			at += word2
			continue
		}
		at += len(word)
	}
	return b.String()
}

func emptyAt(s string, at int) string {
next:
	for _, word := range empty {
		rest, ok := strings.CutPrefix(s[at:], word)
		if !ok || meansAfter[word] != "" && strings.HasSuffix(s[:at], meansAfter[word]) {
			continue
		}
		for _, m := range means[word] {
			if strings.HasPrefix(rest, m) {
				continue next
			}
		}
		return word
	}
	return ""
}

// simple are the 繁体 characters that names of datasets use, in 简体.
var simple = func() map[rune]rune {
	const from = "數據庫訊務業產會學區縣鎮鄉縱國門衛醫療藥質檢測環電機車輛運輸線號認證許書場圖館費資標準養護農漁氣溫濕災難備統計劃規處罰辦開關網絡設項單總額價財稅險銀組織團體時間點歷員職勞動層級類監執營經濟戶殘眾傳廣報紙預決實驗課師歲齡舊樓樹園綠飲維權專題導遊賓劇藝術聯繫話碼錄構節兒應齊寧濱龍灣橋鐵飛島倉儲購銷貿匯檔籤訂審請詢評獎勵補貼優撫殯廁廢熱燈樁頭貨"
	const to = "数据库讯务业产会学区县镇乡纵国门卫医疗药质检测环电机车辆运输线号认证许书场图馆费资标准养护农渔气温湿灾难备统计划规处罚办开关网络设项单总额价财税险银组织团体时间点历员职劳动层级类监执营经济户残众传广报纸预决实验课师岁龄旧楼树园绿饮维权专题导游宾剧艺术联系话码录构节儿应齐宁滨龙湾桥铁飞岛仓储购销贸汇档签订审请询评奖励补贴优抚殡厕废热灯桩头货"
	m, all := map[rune]rune{}, []rune(to)
	for i, r := range []rune(from) {
		m[r] = all[i]
	}
	return m
}()
