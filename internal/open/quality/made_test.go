package quality

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/identifier"
)

var today = clock.At(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC))

// maker makes numbers of nobody, and numbers that only look so, from a seed.
type maker struct{ *rand.Rand }

func (m maker) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + m.IntN(10))
	}
	return string(b)
}

func (m maker) pick(all ...string) string { return all[m.IntN(len(all))] }

func (m maker) day(from int) time.Time {
	return time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, m.IntN(365*(2026-from)))
}

// regions are codes of today and of districts that are no more.
func (m maker) region() string {
	return m.pick("310101", "310103", "310108", "310230", "310115", "110105", "440524", "500236", "230921", "659001", "429021", "513101", "810000", "830000")
}

func (m maker) resident() string {
	return madeUp(m.region() + m.day(1905).Format("20060102") + m.digits(3))
}

func (m maker) mobile() string { return "1" + m.pick("3", "4", "5", "6", "7", "8", "9") + m.digits(9) }

func (m maker) card() string {
	bin := m.pick("622202", "621700", "622848", "625912", "436742", "524094", "456351")
	return withLuhn(bin + m.digits(9+m.IntN(4)))
}

// off changes one sign of s to another digit.
func (m maker) off(s string) string {
	b := []byte(s)
	i := m.IntN(len(b))
	for was := b[i]; b[i] == was; {
		b[i] = byte('0' + m.IntN(10))
	}
	return string(b)
}

// cut puts something between the groups of s.
func cut(s, between string, lengths ...int) string {
	var parts []string
	for _, n := range lengths {
		parts, s = append(parts, s[:n]), s[n:]
	}
	if s != "" {
		parts = append(parts, s)
	}
	return strings.Join(parts, between)
}

// written writes a number in one of the ways of people.
func (m maker) written(s string, lengths ...int) string {
	switch m.IntN(8) {
	case 0:
		return full(s)
	case 1:
		return cut(s, m.pick(" ", "-", "　", "–"), lengths...)
	case 2:
		return m.pick("号码：", "（", "王某，", "见") + s + m.pick("。", "）", "，有效", "；备用")
	case 3:
		return strings.ToLower(s)
	case 4:
		return " " + s + "\u00a0"
	}
	return s
}

// look returns a number or text that is as long and is no identifier.
func (m maker) look() string {
	switch m.IntN(10) {
	case 0: // order numbers by the day
		return m.day(2010).Format("20060102150405") + m.digits(4)
	case 1:
		return m.pick("SH", "NO", "c", "_") + m.digits(11+m.IntN(8))
	case 2: // hashes
		sum := make([]byte, 16)
		for i := range sum {
			sum[i] = byte(m.IntN(256))
		}
		return hex.EncodeToString(sum)
	case 3: // instants
		return fmt.Sprint(m.day(2010).UnixMilli())
	case 4: // unified social credit codes, digits only
		return m.pick("91", "12", "51", "52") + m.pick("310101", "310000", "310115") + m.digits(10)
	case 5:
		return fmt.Sprintf("121.%s,31.%s", m.digits(12), m.digits(12))
	case 6: // goods and villages
		return m.pick("69"+m.digits(11), "3101"+m.digits(8))
	case 7: // fixed lines
		return m.pick("021-"+m.pick("5", "6")+m.digits(7), "021"+m.pick("5", "6")+m.digits(7))
	case 8:
		return m.day(1990).Format("2006-01-02") + "至" + m.day(1990).Format("2006-01-02")
	}
	return m.digits(18)
}

// measure sends cells, a column of them each, through the engine and returns
// how many of each column count as which kind.
func measure(t *testing.T, columns [][]string) []identifier.Tally {
	t.Helper()
	var b strings.Builder
	for i := range columns {
		fmt.Fprintf(&b, "%sc%d", strings.Repeat(",", min(i, 1)), i)
	}
	for row := range columns[0] {
		b.WriteByte('\n')
		for i, cells := range columns {
			fmt.Fprintf(&b, "%s\"%s\"", strings.Repeat(",", min(i, 1)), cells[row])
		}
	}
	bench := newBench(t)
	path := filepath.Join(t.TempDir(), "made.csv")
	if err := os.WriteFile(path, []byte(b.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, ok := bench.read(path)
	if !ok || o.Rows != int64(len(columns[0])) || len(o.Columns) != len(columns) {
		t.Fatalf("not read as it was made: %d rows, %d columns", o.Rows, len(o.Columns))
	}
	_, tallies, err := bench.examine(o).tallies(t.Context())
	if err != nil || len(tallies) != len(columns) {
		t.Fatal(len(tallies), err)
	}
	return tallies
}

// TestRecallAndPrecision measures cell by cell, on numbers from a seed: those
// with a check sign, against the same with one sign changed and against what
// else is as long; mobile numbers, that have none, against what is nearly so.
func TestRecallAndPrecision(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(20261125, 1))}
	const rows = 20_000
	columns := make([][]string, 6)
	for range rows {
		columns[0] = append(columns[0], m.written(m.resident(), 6, 8))
		columns[1] = append(columns[1], m.written(m.card(), 4, 4, 4, 4))
		columns[2] = append(columns[2], m.pick("", "+86 ", "0086-", "86")+m.written(m.mobile(), 3, 4))
		columns[3] = append(columns[3], m.pick(m.off(m.resident()), m.look(), m.digits(18), m.off(m.resident())))
		columns[4] = append(columns[4], m.off(m.card()))
		columns[5] = append(columns[5], m.pick("1"+m.pick("0", "1", "2")+m.digits(9), m.mobile()+m.digits(1), "SH"+m.mobile(), "0."+m.mobile(), m.mobile()[:10], m.look()))
	}
	found := measure(t, columns)
	for i, k := range []identifier.Kind{identifier.ResidentID, identifier.BankCard, identifier.MobileNumber} {
		right, wrong := found[i].Cells[k], found[i+3].Cells[k]
		recall, precision := float64(right)/rows, float64(right)/float64(right+wrong)
		t.Logf("%s: recall %.4f, precision %.4f (%d right, %d wrong)", k, recall, precision, right, wrong)
		if recall < 0.999 || precision < 0.995 {
			t.Errorf("%s: recall %.4f, precision %.4f; must be 0.999 and 0.995", k, recall, precision)
		}
	}
}

// TestVerdictsOfColumns measures column by column: of 450 columns, those are
// held that hold identifiers, many or one, and no others.
func TestVerdictsOfColumns(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(20261125, 2))}
	const rows, each = 120, 30
	type sort struct {
		name string
		kind identifier.Kind // identifier.Kinds: none
		cell func(row int) string
	}
	place := func(int) string { return "南京西路" + m.digits(3) + "号" }
	one := func(of func() string) func(int) string {
		return func(row int) string {
			if row == rows/2 {
				return "备注 " + of()
			}
			return place(row)
		}
	}
	sorts := []sort{
		{"residents", identifier.ResidentID, func(int) string { return m.written(m.resident(), 6, 8) }},
		{"one resident", identifier.ResidentID, one(m.resident)},
		{"old residents", identifier.OldResidentID, func(int) string { return m.region() + m.day(1930).Format("060102") + m.digits(3) }},
		{"mobiles", identifier.MobileNumber, func(int) string { return m.written(m.mobile(), 3, 4) }},
		{"one mobile", identifier.MobileNumber, one(m.mobile)},
		{"mobiles and fixed lines", identifier.MobileNumber, func(row int) string {
			return []string{m.mobile(), "0216" + m.digits(7), "021-5" + m.digits(7)}[row%3]
		}},
		{"cards", identifier.BankCard, func(int) string { return m.written(m.card(), 4, 4, 4, 4) }},
		{"cards and other numbers", identifier.BankCard, func(row int) string { return []string{m.card(), m.digits(12)}[row%2] }},
		{"residents with a sign changed", identifier.Kinds, func(int) string { return m.off(m.resident()) }},
		{"cards with a digit changed", identifier.Kinds, func(int) string { return m.off(m.card()) }},
		{"numbers that begin like cards", identifier.Kinds, func(int) string { return "62" + m.digits(15) }},
		{"numbers of 18 digits", identifier.Kinds, func(int) string { return m.digits(18) }},
		{"numbers of 15 digits", identifier.Kinds, func(int) string { return m.digits(15) }},
		{"numbers of 11 digits", identifier.Kinds, func(int) string { return m.digits(11) }},
		{"whatever is as long", identifier.Kinds, func(int) string { return m.look() }},
	}
	var columns [][]string
	for _, s := range sorts {
		for range each {
			column := make([]string, rows)
			for row := range column {
				column[row] = s.cell(row)
			}
			columns = append(columns, column)
		}
	}
	right, missed, wrong := 0, 0, 0
	for i, found := range measure(t, columns) {
		s := sorts[i/each]
		for _, n := range numberKinds {
			k := n.kind
			held := found.Holds(k, identifier.Column{Header: "c"}, rows)
			switch {
			case held && k == s.kind:
				right++
			case held:
				wrong++
				t.Logf("%s are held as %s", s.name, k)
			case k == s.kind:
				missed++
				t.Logf("%s are missed", s.name)
			}
		}
	}
	recall, precision := float64(right)/float64(right+missed), float64(right)/float64(right+wrong)
	t.Logf("%d columns: recall %.4f, precision %.4f", len(columns), recall, precision)
	if recall < 0.999 || precision < 0.995 {
		t.Errorf("recall %.4f, precision %.4f; must be 0.999 and 0.995", recall, precision)
	}
}

// TestKnownNumbers: examples that others have published.
func TestKnownNumbers(t *testing.T) {
	for number, want := range map[string]bool{"11010519491231002X": true, "110105194912310021": false, "11010519491331002X": false, "99010519491231002X": false} {
		if got := identifier.Resident(number, "2026-11-24"); got != want {
			t.Errorf("%s: %t", number, got)
		}
	}
	if identifier.Resident(madeUp("31010120261125123"), "2026-11-24") || !identifier.Resident(madeUp("31010120261124123"), "2026-11-24") || identifier.Resident(madeUp("31010118991231123"), "2026-11-24") {
		t.Error("nobody is born tomorrow, or lives since before 1900")
	}
	if !identifier.Luhn("79927398713") || identifier.Luhn("79927398710") {
		t.Error("the check digit of ISO/IEC 7812-1")
	}
}
