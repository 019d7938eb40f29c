package identifiertest

import (
	"fmt"
	"strings"
	"time"

	"kaishu/internal/base/identifier"
)

// make makes one identifier of the kind.
func (m maker) make(k identifier.Kind) string {
	switch k {
	case identifier.ResidentID:
		return m.resident()
	case identifier.OldResidentID:
		return m.region() + m.day(1925, 2000).Format("060102") + m.digits(3)
	case identifier.MobileNumber:
		return "1" + m.of("30 31 35 36 38 39 50 51 52 58 59 66 73 75 77 80 86 87 88 89 91 98 99") + m.digits(8)
	case identifier.BankCard:
		return withLuhn(m.of("622202 621700 622848 625912 621226 436742 524094 456351") + m.digits(9+m.IntN(4)))
	case identifier.CreditCode:
		return m.credit()
	case identifier.Plate:
		return m.plate()
	case identifier.Passport:
		if m.IntN(2) == 0 {
			return m.of("E G D S P") + m.digits(8)
		}
		return "E" + m.letters(1, "ABCDEFGHJK") + m.digits(7)
	case identifier.HongKongMacau:
		return m.pick("H"+m.digits(8), "M"+m.digits(8), "C"+m.digits(8), "C"+m.letters(1, "ABCDEFGH")+m.digits(7), "H"+m.digits(10))
	case identifier.Taiwan:
		return m.pick(m.digits(8), "T"+m.digits(8), "L"+m.digits(8))
	case identifier.Email:
		return m.letters(3+m.IntN(8), "abcdefghijklmnopqrstuvwxyz") + m.pick("", m.digits(3), "."+m.letters(4, "abcdefg"), "_"+m.digits(2)) + "@" +
			m.of("example.com mail.example.cn example.org qq.example.com 163.example.net")
	case identifier.IP:
		return fmt.Sprintf("%d.%d.%d.%d", 10+m.IntN(213), m.IntN(256), m.IntN(256), 1+m.IntN(254))
	case identifier.MAC:
		by := m.pick(":", "-")
		return cut(strings.ToUpper(fmt.Sprintf("%012x", m.Uint64()>>16)), by, []int{2, 2, 2, 2, 2})
	case identifier.Landline:
		return m.landline()
	case identifier.PersonName:
		return m.name()
	}
	return m.address()
}

// regions are divisions of today and some that are no more.
const regions = "310101 310103 310108 310230 310115 110105 440524 500236 230921 659001 429021 513101 341221 362301 130632 810000 830000"

func (m maker) region() string { return m.of(regions) }

func (m maker) day(from, to int) time.Time {
	return time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, m.IntN(365*(to-from)))
}

func (m maker) resident() string {
	s := m.region() + m.day(1905, 2026).Format("20060102") + m.digits(3)
	return s + string(identifier.ResidentSign(s))
}

func withLuhn(digits string) string {
	for d := byte('0'); ; d++ {
		if s := digits + string(d); identifier.Luhn(s) {
			return s
		}
	}
}

const creditSigns = "0123456789ABCDEFGHJKLMNPQRTUWXY"

func (m maker) credit() string {
	s := m.of("91 92 93 12 51 52 53 11 54 A1 N2") + m.of("310000 310101 310115 100000 440524 320500 500236") + m.letters(9, creditSigns)
	return s + string(identifier.CreditSign(s))
}

const provinces = "沪 苏 浙 皖 京 粤 鲁 川 津 渝 冀 晋 辽 吉 黑 闽 赣 豫 鄂 湘 桂 琼 贵 云 藏 陕 甘 青 宁 新 蒙"

func (m maker) plate() string {
	head := m.of(provinces) + m.letters(1, "ABCDEFGHJKLMN") + m.pick("", "", "·", " ")
	switch m.IntN(5) {
	case 0:
		return head + m.of("D F") + m.digits(5)
	case 1:
		return head + m.digits(5) + m.of("D F")
	case 2:
		return head + m.digits(4) + m.of("学 警 挂")
	case 3:
		return head + m.letters(1, "ABCDEFGHJK") + m.letters(1, "LMNPQRSTUV") + m.digits(3)
	}
	return head + m.digits(5)
}

func (m maker) landline() string {
	area, n := m.of("021 010 020 025 0571 0512 0755 0991"), 8
	if len(area) == 4 && m.IntN(2) == 0 {
		n = 7
	}
	number := m.of("2 3 5 6 8") + m.digits(n-1)
	return m.pick(area+"-"+number, area+number, "("+area+")"+number, area+" "+number)
}

// off returns a number that is right but for one sign.
func (m maker) off(s, signs string) string {
	b := []byte(s)
	for i := m.IntN(len(b)); string(b) == s; {
		b[i] = signs[m.IntN(len(signs))]
	}
	return string(b)
}
