package calendar

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// texts returns what the notices say of the holidays, by year; where there are
// two, the second amends the first.
func texts(t testing.TB) map[int][]string {
	t.Helper()
	data, err := os.ReadFile("testdata/notices.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[int][]string{}
	for _, part := range strings.Split("\n"+string(data), "\n== ")[1:] {
		head, text, _ := strings.Cut(part, "\n")
		year, err := strconv.Atoi(head)
		if err != nil {
			t.Fatal(err)
		}
		all[year] = append(all[year], text)
	}
	return all
}

// TestNoticesReadAsTheyAreBuiltIn: for each year whose text is at hand, the
// text gives what is built in, each day of the year. The two come from
// different hands, so each proves the other.
func TestNoticesReadAsTheyAreBuiltIn(t *testing.T) {
	builtIn, all := workday.StateCouncil(), texts(t)
	for year, of := range all {
		// A calendar without the year: what the text does not tell is a plain week.
		blank, err := builtIn.With(workday.Notice{Year: year})
		if err != nil {
			t.Fatal(err)
		}
		read := blank
		for i, text := range of {
			d, err := Read(text, 0)
			if err != nil {
				t.Fatalf("%d: %v", year, problem.As(err).Fields)
			}
			if d.Year != year || d.Amends != (i > 0) {
				t.Errorf("%d read as %d, amends %t", year, d.Year, d.Amends)
			}
			before, _ := read.Notice(year)
			if read, err = read.With(d.Content(before).Workday()); err != nil {
				t.Fatalf("%d: %v", year, problem.As(err).Fields)
			}
		}
		for _, d := range Differences(builtIn, read, year) {
			if next := fmt.Sprintf("%d年%d月", year, int(d.Day.Time().Month())); year == d.Day.Year() && len(all[year+1]) > 0 && strings.Contains(all[year+1][0], next) {
				continue // of the next year's notice, which days.csv files under the year of the day
			}
			t.Errorf("%s works %t, built in %t", d.Day, d.Works, d.Worked)
		}
		if len(Differences(builtIn, blank, year)) < 10 {
			t.Errorf("%d: the built-in notice was not taken away", year)
		}
	}
	if len(all) != 12 {
		t.Errorf("texts of %d years", len(all))
	}
}

// sentence writes a holiday as notices of the last years do.
func sentence(number, name string, off, worked []workday.Date, style int) string {
	say := func(d workday.Date, month bool) string {
		text := fmt.Sprintf("%d日", d.Time().Day())
		if month {
			text = fmt.Sprintf("%d月", int(d.Time().Month())) + text
		}
		w := string([]rune(weekdays)[d.Weekday()])
		switch style {
		case 1:
			return text + "（周" + w + "）"
		case 2:
			return text + "(星期" + w + ")"
		}
		return text
	}
	b := number + "、" + name + "：" + say(off[0], true)
	if n := len(off); n > 1 {
		b += "至" + say(off[n-1], off[n-1].Time().Month() != off[0].Time().Month())
	}
	b += fmt.Sprintf("放假调休，共%d天。", len(off))
	for i, d := range worked {
		if i > 0 {
			b += "、"
		}
		b += say(d, true)
	}
	if len(worked) > 0 {
		b += "上班。"
	}
	return b
}

// TestSentencesOfManyYears writes notices from days and reads them back: three
// hundred years of holidays that never were, in three styles.
func TestSentencesOfManyYears(t *testing.T) {
	names := []string{"元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"}
	for i := range 300 {
		year := 2008 + i%190
		text := fmt.Sprintf("国务院办公厅关于%d年部分节假日安排的通知\n国办发明电〔%d〕%d号\n", year, year-1, 1+i%20)
		var off, worked []workday.Date
		for j, name := range names {
			first := workday.Date(fmt.Sprintf("%04d-%02d-%02d", year, 1+j*3/2, 10+(i*7+j)%15))
			var o, w []workday.Date
			for k := range 1 + (i+j)%9 {
				o = append(o, first.AddDays(k))
			}
			for d := first.AddDays(-9); d < first && len(w) < i%3; d = d.AddDays(1) {
				if d.Weekday() == 0 || d.Weekday() == 6 {
					w = append(w, d)
				}
			}
			off, worked = append(off, o...), append(worked, w...)
			text += sentence(string([]rune("一二三四五六七")[j]), name, o, w, i%3)
			if i%2 == 0 {
				text += "\n"
			}
		}
		d, err := Read(text, 0)
		if err != nil {
			t.Fatalf("%v\n%s", problem.As(err).Fields, text)
		}
		if fmt.Sprint(d.Off()) != fmt.Sprint(off) || fmt.Sprint(d.Worked()) != fmt.Sprint(worked) || d.Year != year || !strings.HasSuffix(d.Number, "号") {
			t.Fatalf("read %v, %v, %d %s of\n%s", d.Off(), d.Worked(), d.Year, d.Number, text)
		}
	}
}

func TestReadTellsEveryFault(t *testing.T) {
	d, err := Read(`关于2026年部分节假日安排的通知
一、元旦：1月1日（周五）至3日（周六）放假调休，共4天。1月4日（周日）上班。
二、春节：2月30日放假。
三、清明节：另行通知。
四、劳动节：5月1日至5日放假。5月9日待定。
五、端午节：6月19日至21日放假，共3天。`, 0)
	var got []string
	for _, f := range problem.As(err).Fields {
		got = append(got, fmt.Sprint(f.Code, f.Args))
	}
	want := []string{
		"calendar.paste_weekdaymap[day:2026-01-01 name:元旦 said:周五]", "calendar.paste_countmap[found:3 name:元旦 said:4]",
		"calendar.paste_no_daymap[day:2月30日 name:春节]", "calendar.paste_no_daysmap[name:春节]", "calendar.paste_no_daysmap[name:清明节]",
		"calendar.paste_unclearmap[days:2026-05-09 name:劳动节]", "calendar.paste_missingmap[names:春节、清明、中秋、国庆]"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(d.Off()) != 11 {
		t.Errorf("what could be read is lost: %v", d.Off())
	}
	for text, code := range map[string]string{"": "calendar.paste_no_year", "一、元旦：1月1日放假。": "calendar.paste_no_year", "关于2027年部分节假日安排的通知，略。": "calendar.paste_nothing"} {
		if _, err := Read(text, 0); err == nil || problem.As(err).Fields[0].Code != code {
			t.Errorf("%q: %v", text, err)
		}
	}
	if d, _ := Read("元旦：1月1日放假。", 2030); fmt.Sprint(d.Off()) != "[2030-01-01]" {
		t.Errorf("with the year given: %v", d.Off())
	}
}

func FuzzRead(f *testing.F) {
	for _, all := range texts(f) {
		for _, text := range all {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Read(text, 2026)
		if err == nil && len(d.Off()) == 0 && len(d.Worked()) == 0 && d.Extend == "" {
			t.Error("nothing was read, and nobody told")
		}
		for _, day := range append(d.Off(), d.Worked()...) {
			if !day.Valid() {
				t.Errorf("%q is no day", day)
			}
		}
	})
}
