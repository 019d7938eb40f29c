// Package identifiertest makes the labelled set by which the identifier
// detector is measured, and measures it. Every cell is synthetic: made from a
// seed, of nobody. Its lists of names and roads are its own and not those of
// the detector, so that the detector is not asked for what it was told.
//
// Regulation: Articles 12, 14 and 16(1); issue 6 "Identifier detector". Read
// set.go, then measure.go.
package identifiertest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"kaishu/internal/base/identifier"
	"kaishu/internal/base/workday"
)

// Today is the day on which the set is looked at: nobody is born after it.
const Today workday.Date = "2026-11-24"

// Cell is one labelled cell.
type Cell struct {
	Text  string
	Is    bool   // it holds an identifier of its column's kind
	Shape string // how it is written, or what it only looks like
}

// Column is one labelled column.
type Column struct {
	Header string
	Kind   identifier.Kind // Kinds if it holds none
	Near   identifier.Kind // the kind that a column without identifiers looks like
	Cells  []Cell
}

// Columns makes, for every kind, n columns of size cells that hold it and as
// many that only look so. Equal arguments give equal columns.
func Columns(seed uint64, n, size int) (all []Column) {
	for k := range identifier.Kinds {
		m := maker{rand.New(rand.NewPCG(seed, uint64(k)))}
		for i := range n {
			all = append(all, m.column(k, i, size), m.lookalikes(k, i, size))
		}
	}
	return all
}

// maker makes cells from a seed.
type maker struct{ *rand.Rand }

func (m maker) pick(all ...string) string { return all[m.IntN(len(all))] }

func (m maker) of(words string) string {
	all := strings.Fields(words)
	return all[m.IntN(len(all))]
}

func (m maker) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + m.IntN(10))
	}
	return string(b)
}

func (m maker) letters(n int, from string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[m.IntN(len(from))]
	}
	return string(b)
}

// column makes a column of the kind. Some cells of it are masked, blank or a
// remark: those are none. Every third column has a header that says nothing,
// where the kind can be known without.
func (m maker) column(k identifier.Kind, i, size int) Column {
	c := Column{Header: m.pick(headers[k]...), Kind: k}
	if !needsHeader[k] && i%3 == 2 {
		c.Header = m.of(plainHeaders)
	}
	if k == identifier.PersonName && i%5 == 4 {
		return m.texts(size)
	}
	dirty := m.IntN(3) * 5 // percent of cells that are none
	for range size {
		if m.IntN(100) < dirty {
			c.Cells = append(c.Cells, m.none(k))
			continue
		}
		text, shape := m.written(k, m.make(k))
		c.Cells = append(c.Cells, Cell{text, true, shape})
	}
	return c
}

// texts makes a column of texts; two in five name somebody.
func (m maker) texts(size int) Column {
	c := Column{Header: m.of("诉求内容 处理情况 备注"), Kind: identifier.PersonName}
	for range size {
		if m.IntN(5) < 2 {
			c.Cells = append(c.Cells, Cell{m.namedInText(m.name()), true, "named in a text"})
			continue
		}
		c.Cells = append(c.Cells, Cell{m.of("道路积水，请尽快处理 路灯不亮。 联系人：待定 负责人：见附件 投诉人：匿名，反映噪声 申请人：单位值班室 姓名为必填项 已转区城管中心办理"), false, "text"})
	}
	return c
}

// none makes a cell of a column of identifiers that is none.
func (m maker) none(k identifier.Kind) Cell {
	if m.IntN(2) == 0 {
		return Cell{m.of("无 不详 暂无 — 略 待补 同上"), false, "remark"}
	}
	s := m.make(k)
	switch k {
	case identifier.PersonName:
		r := []rune(s)
		return Cell{string(r[:1]) + m.of("** 某某 某 * ××"), false, "masked"}
	case identifier.Address, identifier.HomeAddress:
		return Cell{m.street(), false, "street alone"}
	case identifier.Email:
		return Cell{"***@" + s[strings.IndexByte(s, '@')+1:], false, "masked"}
	case identifier.Plate:
		return Cell{s[:4] + "****" + s[len(s)-1:], false, "masked"}
	case identifier.IP:
		return Cell{s[:strings.LastIndexByte(s, '.')] + ".*", false, "masked"}
	}
	return Cell{s[:3] + strings.Repeat("*", len(s)-4) + s[len(s)-1:], false, "masked"}
}

// written writes an identifier in one of the ways of people.
func (m maker) written(k identifier.Kind, s string) (text, shape string) {
	switch k {
	case identifier.PersonName:
		return m.writtenName(s)
	case identifier.Address, identifier.HomeAddress:
		return m.writtenPlace(s)
	}
	switch m.IntN(10) {
	case 0:
		return fullWidth(s), "full width"
	case 1:
		if cuts[k] != nil {
			return cut(s, m.pick(" ", "-", "　"), cuts[k]), "in groups"
		}
	case 2:
		return m.of("号码： 编号: 登记为") + s, "label before"
	case 3:
		return m.of("经核实， 来件称 另附") + s + m.of("。 ，有效 ，已登记 （已核）"), "in a text"
	case 4:
		if k != identifier.Plate {
			return strings.ToLower(s), "lower case"
		}
	case 5:
		return "（" + s + "）", "in brackets"
	case 6:
		return " " + s + "\u00a0", "blanks around"
	}
	return s, "bare"
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r - '!' + '！'
		}
		return r
	}, s)
}

// cut puts something between the groups of s.
func cut(s, between string, lengths []int) string {
	var parts []string
	for _, n := range lengths {
		if n < len(s) {
			parts, s = append(parts, s[:n]), s[n:]
		}
	}
	return strings.Join(append(parts, s), between)
}

// cuts are the groups in which numbers of a kind are written.
var cuts = [identifier.Kinds][]int{identifier.ResidentID: {6, 8}, identifier.OldResidentID: {6, 6}, identifier.MobileNumber: {3, 4}, identifier.BankCard: {4, 4, 4, 4}}

// needsHeader are kinds of a form that much else has: without a header that
// speaks of them nobody can know.
var needsHeader = [identifier.Kinds]bool{identifier.Passport: true, identifier.HongKongMacau: true, identifier.Taiwan: true, identifier.HomeAddress: true}

const plainHeaders = "备注 内容 说明 c1 字段3 值 其他"

var headers = [identifier.Kinds][]string{
	identifier.ResidentID:    {"身份证号", "证件号码", "公民身份号码", "sfzh"},
	identifier.OldResidentID: {"身份证号", "老证件号", "原身份证"},
	identifier.MobileNumber:  {"手机", "联系电话", "移动电话", "mobile"},
	identifier.BankCard:      {"银行卡号", "收款账号", "card_no"},
	identifier.CreditCode:    {"统一社会信用代码", "信用代码", "uscc"},
	identifier.Plate:         {"车牌号", "号牌号码", "plate"},
	identifier.Passport:      {"护照号", "护照号码", "passport_no"},
	identifier.HongKongMacau: {"港澳通行证", "回乡证号"},
	identifier.Taiwan:        {"台胞证号", "台湾居民通行证"},
	identifier.Email:         {"电子邮箱", "邮件", "email"},
	identifier.IP:            {"登录IP", "ip", "网络地址"},
	identifier.MAC:           {"MAC", "设备物理地址"},
	identifier.Landline:      {"固定电话", "办公电话", "电话"},
	identifier.PersonName:    {"姓名", "联系人", "负责人", "申请人", "xingming"},
	identifier.HomeAddress:   {"家庭住址", "户籍地址", "现住址", "收货地址"},
	identifier.Address:       {"地址", "坐落位置", "单位地址", "address"},
}

// String tells which column it is.
func (c Column) String() string { return fmt.Sprintf("%s/%s: %s", c.Kind, c.Near, c.Header) }
