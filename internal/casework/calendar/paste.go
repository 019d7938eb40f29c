package calendar

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Item is what the text of a notice says about one holiday.
type Item struct {
	Name   string         `json:"name"` // as printed; "" if the text names none
	Off    []workday.Date `json:"off"`
	Worked []workday.Date `json:"worked"`
}

// Draft is what the text of a notice says.
type Draft struct {
	Year   int    `json:"year"`
	Number string `json:"number"` // "" if the text has none
	Items  []Item `json:"items"`
	// Amends says that the text changes some days of a year whose notice is
	// known, and leaves the others.
	Amends bool         `json:"amends"`
	Extend workday.Date `json:"extend,omitempty"` // a holiday is made longer, up to this day
}

// Off and Worked are the days of all items, each once, in order.
func (d Draft) Off() []workday.Date { return d.days(func(i Item) []workday.Date { return i.Off }) }
func (d Draft) Worked() []workday.Date {
	return d.days(func(i Item) []workday.Date { return i.Worked })
}

func (d Draft) days(of func(Item) []workday.Date) []workday.Date {
	all := []workday.Date{}
	for _, i := range d.Items {
		all = append(all, of(i)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Content returns what a notice of d says: all of d or, if d amends, before
// with the days of d in place of what it said of them.
func (d Draft) Content(before workday.Notice) Content {
	c := Content{Year: d.Year, Number: d.Number, Off: d.Off(), Worked: d.Worked()}
	if d.Extend.Valid() {
		for day := d.Extend; !slices.Contains(before.Off, day) && day.Days(d.Extend) < 31; day = day.AddDays(-1) {
			c.Off = append(c.Off, day)
		}
	}
	if d.Amends {
		said := slices.Concat(c.Off, c.Worked)
		for _, day := range before.Off {
			if !slices.Contains(said, day) {
				c.Off = append(c.Off, day)
			}
		}
		for _, day := range before.Worked {
			if !slices.Contains(said, day) {
				c.Worked = append(c.Worked, day)
			}
		}
	}
	c.Off, c.Worked = sorted(c.Off), sorted(c.Worked)
	return c
}

var (
	titleYear   = regexp.MustCompile(`(\d{4})年(?:部分)?节假日|现将(\d{4})年|调整(\d{4})年|延长(\d{4})年`)
	numberText  = regexp.MustCompile(`国办发(?:明电)?[〔\[(【]\d{4}[〕\])】]第?\d+号`)
	itemHead    = regexp.MustCompile(`(?:[一二三四五六七八九十]{1,3}、)?((?:` + holidayName + `)(?:[、和及](?:` + holidayName + `))*):`)
	dayText     = regexp.MustCompile(`^(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日?(\([^()]*\))?`)
	weekdayText = regexp.MustCompile(`(?:周|星期|礼拜)([一二三四五六日天])`)
	countText   = regexp.MustCompile(`(?:共|放假)(\d{1,2})天`)
	extendText  = regexp.MustCompile(`延长(?:\d{4}年)?[^,。;\d]*(?:假期)?至(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日`)
)

const holidayName = `元旦|春节|清明节?|“?五一”?(?:国际)?劳动节|劳动节|端午节?|中秋节?|国庆节|[^\s,。:、;()]{2,30}纪念日`

// yearly are the holidays that a year's notice names since 2008.
var yearly = []string{"元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆"}

// wide are letters that such texts write in two widths.
var wide = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9",
	"（", "(", "）", ")", "：", ":", "，", ",", "；", ";", "—", "-", "–", "-", "－", "-", "～", "-", "~", "-", "－", "-", "．", ".", "\u3000", "", " ", "", "\t", "", "\r", "", "\u00a0", "")

// Read reads the text of a notice. year is taken if the text does not tell;
// 0 for none. It tells every fault at once, at "/text": a count or a day of the
// week that does not fit, days of which it does not say what they are, holidays
// that are missing.
func Read(text string, year int) (Draft, error) {
	text = wide.Replace(text)
	d := Draft{Year: year, Number: numberText.FindString(text)}
	if m := titleYear.FindStringSubmatch(text); m != nil {
		d.Year, _ = strconv.Atoi(m[1] + m[2] + m[3] + m[4])
	}
	d.Amends = strings.Contains(text, "关于调整") || strings.Contains(text, "延长") || strings.Contains(text, "纪念日") && !strings.Contains(text, "部分节假日安排")
	var p problem.List
	if d.Year < 2000 || d.Year > 2999 {
		p.Add("/text", "calendar.paste_no_year")
		return d, p.Err()
	}
	if m := extendText.FindStringSubmatch(text); m != nil {
		d.Extend = dateOf(m[1], d.Year, m[2], m[3])
		text = strings.Replace(text, m[0], "", 1)
	}
	r := reader{year: d.Year, p: &p}
	for _, part := range split(text) {
		d.Items = append(d.Items, r.item(part[0], part[1]))
	}
	d.Items = slices.DeleteFunc(d.Items, func(i Item) bool { return i.Name == "" && len(i.Off)+len(i.Worked) == 0 })
	if len(d.Items) == 0 && d.Extend == "" {
		p.Add("/text", "calendar.paste_nothing")
	} else if !d.Amends && d.Year >= 2008 {
		d.missing(&p)
	}
	return d, p.Err()
}

func (d Draft) missing(p *problem.List) {
	var names []string
	for _, name := range yearly {
		if !slices.ContainsFunc(d.Items, func(i Item) bool { return strings.Contains(i.Name, name) && len(i.Off) > 0 }) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		p.Add("/text", "calendar.paste_missing", "names", strings.Join(names, "、"))
	}
}

// split cuts a text into pairs of a holiday's name and what follows it; a text
// that names none is one piece.
func split(text string) (parts [][2]string) {
	heads := itemHead.FindAllStringSubmatchIndex(text, -1)
	if len(heads) == 0 {
		return [][2]string{{"", text}}
	}
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		parts = append(parts, [2]string{text[h[2]:h[3]], text[h[1]:end]})
	}
	return parts
}

func dateOf(year string, usual int, month, day string) workday.Date {
	y := usual
	if year != "" {
		y, _ = strconv.Atoi(year)
	}
	m, _ := strconv.Atoi(month)
	n, _ := strconv.Atoi(day)
	return workday.Date(fmt.Sprintf("%04d-%02d-%02d", y, m, n))
}

// weekdays are the days of the week as notices write them.
const weekdays = "日一二三四五六"

func weekdayOf(letter string) time.Weekday {
	if letter == "天" {
		letter = "日"
	}
	return time.Weekday(strings.Index(weekdays, letter) / len("日"))
}
