package intake

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	headRecords = 300 // looked at to find the header
	maxAbove    = 30
	maxHeaders  = 6
)

// findHead tells from the first records of a file what stands above the rows.
func findHead(all []Line) Head {
	h := Head{}
	width := usualWidth(all)
	for h.Above < len(all)-1 && h.Above < maxAbove && titleLike(all[h.Above].Cells, width) && rowFollows(all[h.Above+1:], width) {
		h.Above++
	}
	below := all[h.Above:]
	for h.Rows < min(len(below), maxHeaders) && headerLike(below, h.Rows) {
		h.Rows++
	}
	return h
}

// usualWidth returns the number of cells, up to the last filled one, that most
// records have; of equally frequent ones the larger.
func usualWidth(all []Line) int {
	count, width := map[int]int{}, 0
	for _, l := range all {
		count[filledWidth(l.Cells)]++
	}
	for w, n := range count {
		if n > count[width] || n == count[width] && w > width {
			width = w
		}
	}
	return width
}

func filledWidth(cells []string) int {
	n := len(cells)
	for n > 0 && strings.TrimSpace(cells[n-1]) == "" {
		n--
	}
	return n
}

// distinct returns the different filled cells.
func distinct(cells []string) (all []string) {
	for _, c := range cells {
		if c = strings.TrimSpace(c); c != "" && !slices.Contains(all, c) {
			all = append(all, c)
			if len(all) > 4 {
				break
			}
		}
	}
	return all
}

// The words of a line between the title and the header.
var unitWords = []string{"单位：", "单位:", "计量单位", "填报单位", "填报日期", "填表日期", "统计时间", "统计日期：", "日期：", "日期:", "时间：", "时间:", "数据来源", "制表", "表号", "更新时间", "截止", "截至"}

// titleLike reports whether a record says one thing over all columns, or the
// unit, the time or the source of the table.
func titleLike(cells []string, width int) bool {
	if width < 2 {
		return false
	}
	said := distinct(cells)
	if len(said) <= 1 {
		return true
	}
	return len(said) <= 3 && width > 3 && slices.ContainsFunc(said, func(c string) bool {
		return prefixed(strings.Join(strings.Fields(c), ""), unitWords)
	})
}

// rowFollows reports whether a table of about that width comes.
func rowFollows(rest []Line, width int) bool {
	return slices.ContainsFunc(rest, func(l Line) bool { return len(distinct(l.Cells)) > 1 && filledWidth(l.Cells)*2 >= width })
}

// headerLike reports whether the record at index at still names columns. The
// first does unless it has numbers or dates where the rows below have them and
// nothing else there; a later one does if it mostly says something else there,
// or repeats cells of the header above it, as merged ones do.
func headerLike(all []Line, at int) bool {
	below := all[at+1:]
	agree, differ, years := 0, 0, []int(nil)
	for i, cell := range all[at].Cells {
		b := trim([]byte(cell))
		c, _ := classify(b)
		kind := columnKind(below, i)
		if c == isEmpty || c == isNullWord || kind == 0 {
			continue
		}
		if kindOf(c) != kind {
			differ++
			continue
		}
		agree++
		year, _ := strconv.Atoi(strings.TrimSuffix(string(b), "年")) // 0 if it is no year
		years = append(years, year)
	}
	switch {
	case at == 0:
		return differ > 0 || agree == 0 || agree == len(years) && series(years)
	case differ > agree && agree == 0:
		return true
	case agree > 0:
		return false
	}
	return len(below) > 0 && mergedDown(all[at-1].Cells, all[at].Cells) && mergedAcross(all[at-1].Cells)
}

const (
	kindNumber = 1
	kindTime   = 2
)

func kindOf(c class) int {
	switch {
	case numeric(c) || c == isMeasure:
		return kindNumber
	case c == isDate || c == isStamp || c == isMidnight:
		return kindTime
	}
	return 0
}

// columnKind returns what four in five filled cells of a column are, if they
// are numbers or times.
func columnKind(rows []Line, column int) int {
	filled, n := 0, [3]int{}
	for _, l := range rows {
		if column >= len(l.Cells) {
			continue
		}
		c, _ := classify(trim([]byte(l.Cells[column])))
		if c == isEmpty || c == isNullWord {
			continue
		}
		filled++
		n[kindOf(c)]++
	}
	switch {
	case filled == 0:
		return 0
	case (n[kindTime]+n[kindNumber])*5 < filled*4:
		return 0
	case n[kindTime]*2 >= filled:
		return kindTime
	case n[kindNumber]*5 >= filled*4:
		return kindNumber
	}
	return 0
}

func mergedDown(above, below []string) bool {
	for i, c := range below {
		if i < len(above) && strings.TrimSpace(c) != "" && c == above[i] {
			return true
		}
	}
	return false
}

func mergedAcross(cells []string) bool {
	for i := 1; i < len(cells); i++ {
		if strings.TrimSpace(cells[i]) != "" && cells[i] == cells[i-1] {
			return true
		}
	}
	return false
}

// series reports whether years follow one another, as in a header over a
// column per year.
func series(years []int) bool {
	for i, y := range years {
		if y < 1900 || y > 2100 || i > 0 && y-years[i-1] != years[1]-years[0] {
			return false
		}
	}
	return len(years) > 1 && years[0] != years[1]
}

// headers returns one header per column: the lines of the header joined, what
// is merged said once.
func headers(lines []Line) []string {
	width := 0
	for _, l := range lines {
		width = max(width, len(l.Cells))
	}
	if len(lines) == 1 {
		return slices.Clone(lines[0].Cells)
	}
	all := make([]string, width)
	for i := range all {
		var parts []string
		for n := range lines {
			part := level(lines, n, i)
			if part == "" || len(parts) > 0 && parts[len(parts)-1] == part {
				continue
			}
			parts = append(parts, part)
		}
		all[i] = strings.Join(parts, "_")
	}
	return all
}

// level returns what line n of a header says of a column: a group written only
// over its first column counts for those to the right that are named below.
func level(lines []Line, n, column int) string {
	cell := func(line, at int) string {
		if at >= len(lines[line].Cells) {
			return ""
		}
		return cleanName(lines[line].Cells[at])
	}
	own := cell(n, column)
	if own != "" || n == len(lines)-1 || cell(n+1, column) == "" {
		return own
	}
	for at := column - 1; at >= 0; at-- {
		if group := cell(n, at); group != "" {
			if cell(n+1, at) == "" {
				return ""
			}
			return group
		}
	}
	return ""
}

// cleanName returns a header without blanks around it, with single blanks
// inside, in letters and digits of usual width, and without signs that do not
// show. Signs set apart, as in 日 期, are one word.
func cleanName(source string) string {
	seen := strings.Map(func(r rune) rune {
		if r == '\ufeff' || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, narrowWords(source))
	words := strings.Fields(seen)
	apart := len(words) > 1
	for _, w := range words {
		apart = apart && utf8.RuneCountInString(w) == 1 && w[0] >= 0x80
	}
	if apart {
		return strings.Join(words, "")
	}
	return strings.Join(words, " ")
}

// columnNames returns the names to publish: unique, letters of either case
// being the same, as engines have it.
func columnNames(sources []string) []string {
	names, taken := make([]string, len(sources)), map[string]bool{}
	for i, source := range sources {
		name := cleanName(source)
		if name == "" {
			name = "列" + strconv.Itoa(i+1)
		}
		names[i] = unique(name, taken)
	}
	return names
}

func unique(name string, taken map[string]bool) string {
	one := name
	for n := 2; taken[strings.ToLower(one)]; n++ {
		one = name + "_" + strconv.Itoa(n)
	}
	taken[strings.ToLower(one)] = true
	return one
}

// codeWords end the header of a column whose digits are no quantity.
var codeWords = []string{"代码", "编码", "编号", "证号", "电话", "手机", "手机号", "邮编", "邮政编码", "号码", "账号", "条码", "身份证", "机构号", "学号", "工号"}

// isCodeName reports whether a header says that its digits are a code.
func isCodeName(name string) bool {
	return slices.ContainsFunc(codeWords, func(w string) bool { return strings.HasSuffix(name, w) })
}

// numberedDay reports whether a header says that its numbers are days.
func numberedDay(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "日期") || strings.Contains(name, "date")
}
