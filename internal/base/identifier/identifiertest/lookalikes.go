package identifiertest

import (
	"encoding/hex"
	"fmt"
	"strings"

	"kaishu/internal/base/identifier"
)

// look is one sort of cells that are no identifiers of a kind, and a header
// that stands over them.
type look struct {
	header string // one of them, apart by blanks
	shape  string
	make   func(m maker) string
}

// lookalikes makes a column that only looks like the kind.
func (m maker) lookalikes(k identifier.Kind, i, size int) Column {
	l := looks[k][i%len(looks[k])]
	c := Column{Header: m.of(l.header), Kind: identifier.Kinds, Near: k}
	for range size {
		c.Cells = append(c.Cells, Cell{l.make(m), false, l.shape})
	}
	return c
}

func (m maker) instant() string { return m.day(2010, 2026).Format("20060102") + m.clock() }
func (m maker) clock() string {
	return fmt.Sprintf("%02d%02d%02d", m.IntN(24), m.IntN(60), m.IntN(60))
}

func (m maker) hash() string {
	b := make([]byte, 16)
	for i := range b {
		b[i] = byte(m.IntN(256))
	}
	return hex.EncodeToString(b)
}

func (m maker) place() string { return fmt.Sprintf("121.%s,31.%s", m.digits(12), m.digits(12)) }

// off18 is a number of 18 digits that is a resident's but for one sign, which
// then is none by its division, its day or its check sign.
func (m maker) off18() string {
	for {
		if s := m.off(m.resident(), "0123456789"); !identifier.Resident(s, Today) {
			return s
		}
	}
}

func (m maker) offCard() string {
	for {
		if s := m.off(m.make(identifier.BankCard), "0123456789"); !identifier.Luhn(s) {
			return s
		}
	}
}

func offCredit(m maker) string { return m.off(m.credit(), creditSigns) }

// looks are the lookalikes of each kind.
var looks = [identifier.Kinds][]look{
	identifier.ResidentID: {{"订单号 流水号 业务编号", "order by day", func(m maker) string { return m.instant() + m.digits(4) }},
		{"产品编码 序列号", "product of 18 signs", func(m maker) string { return m.letters(4, "ABCDEFGH") + m.digits(14) }},
		{"编号 备注", "one sign wrong", maker.off18}, {"不动产单元号 码", "18 digits", func(m maker) string { return m.digits(18) }},
		{"坐标", "coordinates", maker.place}},
	identifier.OldResidentID: {{"批次号", "instant and digit", func(m maker) string { return m.instant() + m.digits(1) }},
		{"IMEI 设备号", "15 digits", func(m maker) string { return "86" + m.digits(13) }},
		{"医保机构码", "code of a body", func(m maker) string { return m.of("H31010 P31010") + m.digits(9) }}},
	identifier.MobileNumber: {{"时间戳 更新时刻", "instant", func(m maker) string { return "17" + m.digits(11) }},
		{"站点编码 线路码", "station code", func(m maker) string { return "101" + m.digits(8) }},
		{"热线 电话", "hot line", func(m maker) string { return m.of("12345 12315 400-820-8820 800-820-8820 95598 12320 962121") }},
		{"条码", "goods", func(m maker) string { return "69" + m.digits(11) }},
		{"编号", "letters before", func(m maker) string { return m.of("SH NO C") + "13" + m.digits(9) }}},
	identifier.BankCard: {{"收费单号 流水号", "one sign wrong", maker.offCard}, {"订单号", "order by day", func(m maker) string { return m.instant() + m.digits(3) }},
		{"摘要", "hash", maker.hash}, {"资产编号", "17 digits", func(m maker) string { return "3101" + m.digits(13) }}},
	identifier.CreditCode: {{"编码 序列号", "one sign wrong", offCredit}, {"产品编码", "product of 18 signs", func(m maker) string { return m.letters(18, "0123456789ABCDEFGH") }},
		{"订单号", "order by day", func(m maker) string { return m.instant() + m.digits(4) }},
		{"注册号", "15 digits", func(m maker) string { return "310101" + m.digits(9) }}},
	identifier.Plate: {{"型号", "model", func(m maker) string { return m.letters(2, "ABCDEFG") + m.digits(5) }},
		{"路线 国道", "route", func(m maker) string { return m.of("沪昆高速G 京沪高速G 沪宁S 省道S") + m.digits(2) }},
		{"文号", "number of a paper", func(m maker) string {
			return m.of("沪府规〔 沪经信〔 京发〔") + "20" + m.digits(2) + "〕" + m.digits(2) + "号"
		}}},
	identifier.Passport: {{"订单号 编号", "letter and 8 digits", func(m maker) string { return m.of("E G D") + m.digits(8) }},
		{"型号", "model", func(m maker) string { return "EA" + m.digits(7) }}, {"区号", "nine digits", func(m maker) string { return "14" + m.digits(7) }}},
	identifier.HongKongMacau: {{"药品本位码 批次", "letter and 8 digits", func(m maker) string { return m.of("H C M") + m.digits(8) }},
		{"国药准字", "medicine", func(m maker) string { return "国药准字H" + m.digits(8) }}},
	identifier.Taiwan: {{"日期", "day", func(m maker) string { return m.day(2000, 2026).Format("20060102") }},
		{"编号 电话", "8 digits", func(m maker) string { return m.of("5 6") + m.digits(7) }}, {"批次", "letter and 8 digits", func(m maker) string { return "T" + m.digits(8) }}},
	identifier.Email: {{"账号 作者", "name of an account", func(m maker) string { return "@" + m.letters(6, "abcdefgh") }},
		{"版本 单价", "at a price", func(m maker) string { return fmt.Sprintf("%d@%d.%s", m.number(9), m.number(99), m.digits(2)) }},
		{"网址", "address on the web", func(m maker) string { return "https://www.example.com/" + m.letters(6, "abcdef") + "@" + m.digits(2) }}},
	identifier.IP: {{"版本", "version", func(m maker) string { return fmt.Sprintf("%d.%d.%d.%d", m.IntN(9), m.IntN(9), m.IntN(9), m.IntN(9)) }},
		{"章节", "number of a section", func(m maker) string { return fmt.Sprintf("%d.%d.%d", m.number(12), m.number(20), m.number(20)) }},
		{"日期", "day", func(m maker) string { return m.day(2000, 2026).Format("2006.01.02") }}},
	identifier.MAC: {{"时刻", "instants", func(m maker) string { return m.day(2000, 2026).Format("06-01-02") + " 10:11:12" }},
		{"编号", "groups", func(m maker) string { return cut(m.digits(12), "-", []int{3, 3, 3}) }}, {"摘要", "hash", maker.hash}},
	identifier.Landline: {{"编码", "ten digits with 0", func(m maker) string { return "00" + m.digits(9) }},
		{"热线 电话", "hot line", func(m maker) string { return m.of("12345 12315 400-820-8820 800-820-8820 95598 12320") }},
		{"时间", "instants", func(m maker) string { return m.day(2000, 2026).Format("2006-01-02") + " 0" + m.digits(1) + ":00" }}},
	identifier.PersonName:  nameLooks,
	identifier.HomeAddress: placeLooks,
	identifier.Address:     placeLooks,
}

var nameLooks = []look{
	{"单位名称 机构", "organisation", func(m maker) string {
		return m.of(surnames) + m.of("江 府井 家浜 家汇 山 桥 行") + m.of("医院 小学 公司 中心 幼儿园 居委会 超市 门店")
	}},
	{"区县 行政区 所属区", "district", func(m maker) string { return m.of(districts) }},
	{"道路 路名 名称", "road", func(m maker) string { return m.street() }},
	{"商品 品名 名称", "goods", func(m maker) string {
		return m.of("黄油 白糖 金鱼 马铃薯 高粱酒 红烧肉 方便面 龙井茶 白菜 黄瓜 石榴 李子 陈皮 金枪鱼 毛豆 胡萝卜 花生油 牛肉 江米 柏木 苏打水 唐装 马桶 钱包 严选米 温度计 乐高")
	}},
	{"类别 状态 备注", "word", func(m maker) string {
		return m.of("正常 方便 安全 平均 高级 万元 全部 金融 文化 石油 时间 常规 管理 公开 温和 成立 明确 何时 于今 江南 关闭 向上 任意 任务 包装 计划 水质 路况 经营 单位 白天 黄色 平安 雷阵雨 从业人员 和谐 支持 应急 安装 费用 管道 强制 方向")
	}},
	{"站名 车站", "station", func(m maker) string {
		return m.of("徐家汇 陆家嘴 张江高科 龙阳路 金沙江路 马当路 人民广场 江湾镇 宋园路 娄山关路 汶水路 曹杨路 钟楼 黄陂南路 马陆 嘉定新城 花木路 罗山路 康桥 周浦东 惠南 江杨北路 莘庄 颛桥 金平路 华宁路")
	}},
	{"诉求内容 备注", "text", func(m maker) string {
		return m.of("道路积水，请处理 联系人：待定 负责人：见附件 投诉人：匿名，反映噪声 申请人：单位值班室 姓名为必填项 联系人：办公室 负责人：部门经理 经办人：无")
	}},
	{"动物 物种", "species", func(m maker) string {
		return m.of("黄鹂 白鹭 金丝猴 马鹿 牛蛙 雷鸟 胡杨 水杉 柏树 云杉 梅花鹿 龙虾 石斑鱼 银杏 白头鹎 乌鸫 夏枯草 麦冬 于飞草 向日葵 康乃馨 紫罗兰")
	}},
}

var placeLooks = []look{
	{"道路 路名 地点", "street alone", maker.street},
	{"楼栋 位置 楼号", "building", func(m maker) string { return fmt.Sprintf("%d号楼%d层", m.number(30), m.number(30)) }},
	{"线路 公交", "line", func(m maker) string {
		return fmt.Sprintf("地铁%d号线", m.number(18)) + m.pick("", m.of(roadNames)+"路站")
	}},
	{"文号 依据", "number of a paper", func(m maker) string { return fmt.Sprintf("沪府规〔20%s〕%d号", m.digits(2), m.number(60)) }},
	{"单位 名称", "organisation on a road", func(m maker) string {
		return m.of(roadNames) + "路" + m.of("小学 幼儿园 街道办事处 第一小学 居委会 卫生服务中心")
	}},
	{"班级 分组", "group", func(m maker) string { return fmt.Sprintf("第%d组%d号", m.number(20), m.number(50)) }},
	{"区县 所属区", "district", func(m maker) string { return m.pick("", "上海市") + m.of(districts) }},
	{"分区 街镇", "town", func(m maker) string { return strings.TrimSpace(m.of(districts) + m.of(towns)) }},
}
