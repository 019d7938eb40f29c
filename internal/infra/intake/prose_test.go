package intake

import (
	"strings"
	"testing"

	"kaishu/internal/base/problem"
)

const letter = `关于开展公共数据资源登记工作的通知

各区人民政府，市政府各委、办、局：
为贯彻落实国家关于加快公共数据资源开发利用的要求，现就开展登记工作通知如下。
一、登记范围包括各级机关在履行职责过程中产生和获取的公共数据资源，以及其产品和服务。
二、各单位应当在本通知印发之日起三十个工作日内完成首次登记，并对登记信息的真实性负责。
三、登记信息发生变化的，应当自变化之日起十个工作日内办理变更；逾期不办理的，予以通报。

上海市某某局
2026年3月5日
`

const wrapped = `Open Data Terms

Whoever takes the data of this city may use them for any purpose, also
for trade, as long as the source is named where readers can see it and
changes to the data are marked as such in the same place.

The city does not promise that the data are complete or that they will
be there tomorrow. Whoever relies on them does so at their own risk.
`

// Text that is no table is refused, until the recipe says that it is one.
func TestNotATable(t *testing.T) {
	for name, text := range map[string]string{
		"letter": letter, "letter in GBK": gbkOf(letter), "wrapped": wrapped, "wrapped, CRLF": strings.ReplaceAll(wrapped, "\n", "\r\n"), "old Mac": strings.ReplaceAll(wrapped, "\n", "\r"),
		"Markdown": "# 数据说明\n\n- 来源：统计局\n- 频率：每月\n\n## 字段\n\n| 名 |\n| ---- |\n| 区 |\n", "title": "数据说明\n========\n\n- 来源：统计局\n- 频率：每月\n- 单位：万人\n",
		"YAML": "name: streets\nfields:\n  - name: id\n    type: integer\n", "flat YAML": "name: streets\npath: table.csv\n", "YAML document": "---\n# of the city\nname: streets\npath: table.csv\n", "list of maps": "- id: 1\n  name: 甲\n- id: 2\n  name: 乙\n",
		"drawn": "+----+------+\n| id | name |\n+====+======+\n|  1 | 甲   |\n+----+------+\n", "program": "int main(void) {\n    for (;;) {\n        wait();\n    }\n}\n", "page": "<xml>\n  <a>\n    <b/>\n  </a>\n</xml>\n",
	} {
		_, _, err := readText(t, text, nil)
		if p := problem.As(err); p == nil || p.Code != "intake.not_a_table" {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := readText(t, text, &Recipe{Version: 1}); problem.As(err) == nil || problem.As(err).Code != "intake.not_a_table" {
			t.Errorf("%s: guessed anew, %v", name, err)
		}
		for _, insists := range []*Recipe{{Version: 1, Format: "csv"}, {Version: 1, Head: &Head{}}, {Version: 1, Delimiter: ","}} {
			if _, _, err := readText(t, text, insists); problem.As(err) != nil && problem.As(err).Code == "intake.not_a_table" {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	whole := &Recipe{Version: 1, Format: "csv", Encoding: utf8Name, Delimiter: "\t", Head: &Head{}, Columns: []RecipeColumn{{Name: "行", Type: "text"}}}
	if result, _, err := readText(t, letter, whole); err != nil || result.RowsOut != 8 {
		t.Errorf("%v: %d rows", err, result.RowsOut)
	}
}

// Lists of one column are tables, with a header and without one.
func TestListsAreTables(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		rows int64
	}{
		"codes":              {"310101\n310104\n310105\n", 3},
		"codes, named":       {"区划代码\n310101\n310104\n", 2},
		"names":              {"单位\n上海市静安区人民政府\n上海市黄浦区人民政府\n", 2},
		"addresses":          {"地址\n静安区复兴路12号，近长乐路\n黄浦区人民大道200号，市政府大楼内（周一至周五）\n徐汇区漕溪北路336号，地铁站3号口出站后直行\n", 3},
		"remarks":            {"留言\n小区门口的路灯坏了三个月，一直没有人来修，希望尽快处理。\n公交站牌上的时刻表看不清了，请更换。谢谢！\n希望图书馆周末延长开放时间，方便上班的人借书。\n", 3},
		"quoted remarks":     {"\"The lamp at the gate has been broken for three months, please repair it.\"\n\"The timetable at the stop cannot be read any more, please replace it.\"\n\"Please open the library longer on weekends, for those who work.\"\n", 2},
		"titles":             {"Title\nA study of the use of open data in large cities\nOn the publication of tables by many departments\nNotes on the history of the census in the east\n", 3},
		"titles, unnamed":    {"A study of the use of open data in large cities\nOn the publication of tables by many departments\nNotes on the history of the census in the east\n", 2},
		"addresses of pages": {"https://example.org/a\nhttps://example.org/b?x=1;y=2\nhttps://example.org/c\n", 2},
		"hours":              {"时刻\n08:30\n09:00\n17:45\n", 3},
		"blank lines":        {"名称\n\n甲\n\n乙\n\n丙\n", 3},
		"strokes":            {"值\n---\n---\n3\n", 3},
		"masked":             {"姓名\n****\n****\n****\n", 3},
		"negative":           {"-1\n-2\n-3\n", 3},
		"tags":               {"html\n<b>甲</b>\n<i>乙</i>\n", 2},
		"numbered":           {"1. 概况\n2. 人口\n3. 经济\n", 2},
		"books":              {"书名\n《上海：一座城市》\n《Dune: Part One》\n", 2},
		"words":              {"text\n", 0},
		"mostly one cell":    {"意见内容,答复\n路灯坏了三个月，一直没有人来修，希望尽快处理好这件事情。,\n站牌上的时刻表看不清了，请有关部门尽快更换一块新的站牌。,\n希望图书馆周末延长开放时间，方便上班的人借书和还书。,\n", 3},
	} {
		result, _, err := readText(t, c.text, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if result.RowsOut != c.rows {
			t.Errorf("%s: %d rows, %v", name, result.RowsOut, result.Recipe.Head)
		}
	}
}
