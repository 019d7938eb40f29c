package decisions

import (
	"strings"
	"testing"
	"time"
)

func TestCalendarIsFoldedAndEscaped(t *testing.T) {
	long := strings.Repeat("户外作业，提醒;停工\n", 12)
	got := string(write([]day{{UID: "ord_1@kaishu", On: "2026-12-31", Title: long, Href: "https://data.example.cn/zh/x"}}, time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC), "期限"))
	for _, l := range strings.Split(got, "\r\n") {
		if len(l) > 75 || !strings.HasPrefix(l, " ") && strings.ContainsAny(l, "\n\r") {
			t.Errorf("line of %d bytes: %q", len(l), l)
		}
	}
	whole := strings.ReplaceAll(got, "\r\n ", "")
	for _, want := range []string{"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "UID:ord_1@kaishu\r\n", "DTSTART;VALUE=DATE:20261231\r\nDTEND;VALUE=DATE:20270101\r\n", "DTSTAMP:20261125T040000Z\r\n",
		"SUMMARY:" + strings.Repeat(`户外作业，提醒\;停工\n`, 12) + "\r\n", "END:VEVENT\r\nEND:VCALENDAR\r\n"} {
		if !strings.Contains(whole, want) {
			t.Errorf("no %q in\n%s", want, whole)
		}
	}
}
