package identifiertest

import (
	"fmt"
	"strings"
)

// The words of which names and addresses are made. They are facts of the
// language and of the map, put together at random.
const (
	surnames  = "王 王 王 李 李 李 张 张 张 刘 刘 陈 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 邓 韩 冯 曹 彭 曾 肖 田 董 潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 任 卢 姚 沈 钟 姜 崔 谭 陆 范 汪 廖 石 金 韦 贾 夏 付 方 邹 熊 白 孟 秦 邱 侯 江 尹 薛 闫 雷 龙 黎 史 陶 贺 毛 段 郝 顾 龚 邵 覃 武 钱 戴 严 莫 孔 向 常 汤 康 易 乔 赖 文 欧阳 上官 司马 诸葛 皇甫 闻人 尉迟 冼 危 麦 裘 仇 瞿 茅 戚 柏 臧 计 屠 蔺 阚 缪 糜 郁 苗 包 俞 褚 惠 艾 游 路 水 平"
	given     = "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀 霞 平 刚 桂 英 华 玉 兰 红 建 国 文 辉 力 志 海 燕 萍 鹏 宇 浩 轩 然 子 涵 梓 萱 一 诺 欣 怡 雨 彤 晨 曦 思 远 佳 琪 天 佑 嘉 懿 俊 熙 博 雅 婷 雪 梅 琳 洁 云 莲 真 环 荣 爱 妹 香 月 莺 媛 瑞 凡 菊 凤 贞 莉 素 珍 祥 发 利 清 飞 彬 富 顺 信 胜 学 才 贵 福 生 龙 元 全 楠 榕 风 航 弘 义 兴 良 山 仁 波 宁 福 康 星 光 达 安 岩 中 茂 进 林 有 坚 和 彪 先 敬 震 振 壮 会 思 群 豪 心 邦 承 乐 绍 功 松 善 厚 庆 磊 民 友 裕 河 哲 江 亮 政 谦 亨 奇 固 之 轮 翰 朗 伯 宏 言 若 鸣 朋 斌 梁 栋 维 启 克 伦 翔 旭 泽 晨 辰 士 以 冠 策 腾 弢 韬 珏 瑄 璟 翀 祺 沅 芮 苒 菡 桐 笙 昕 昊 暄 煜 烨 熠"
	nations   = "买买提 艾力 阿依古丽 古丽娜 热合曼 扎西 卓玛 次仁 多吉 巴特尔 其其格 玛丽亚 约翰 安德烈"
	roadNames = "长乐 淮海中 南京西 打浦 龙华 虹桥 漕宝 张杨 世纪 浦东南 金科 祖冲之 曹安 沪太 共和新 四平 大连 控江 黄兴 邯郸 国定 政通 松汇 文诚 新松江 南奉 人民 解放 建设 中山北 中山东一 康定 武宁 曹杨 真北 金沙江 宜山 吴中 莲花南 七莘 沪闵 顾戴 春申 剑川 江川 东川 川沙 周浦 鹤沙 年家浜 秀沿 康桥"
	lanes     = "万航 吉祥 永乐 大中 斜徐 建国 同福 三元 复兴 幸福"
	villages  = "新华 东风 红星 前进 联合 光明 友谊 金星 向阳 和平 王家 陈家 李庄 张桥 朱行"
	estates   = "万科城市 阳光 绿地 中远两湾 仁恒河滨 明珠 金色 虹桥 世纪 碧云 丽水 古北 东方 春天 天山"
	towns     = "川沙新镇 周浦镇 航头镇 九亭镇 泗泾镇 南翔镇 安亭镇 徐泾镇 华新镇 朱家角镇 南桥镇 庄行镇 亭林镇 枫泾镇 堡镇 陈家镇"
	districts = "黄浦区 徐汇区 长宁区 静安区 普陀区 虹口区 杨浦区 闵行区 宝山区 嘉定区 浦东新区 金山区 松江区 青浦区 奉贤区 崇明区"
)

func (m maker) name() string {
	if m.IntN(40) == 0 {
		return m.of(nations) + "·" + m.of(nations)
	}
	s := m.of(surnames) + m.of(given)
	if m.IntN(100) < 78 {
		s += m.of(given)
	}
	return s
}

// writtenName writes a name as tables hold it.
func (m maker) writtenName(s string) (text, shape string) {
	r := []rune(s)
	switch n := m.IntN(12); {
	case n == 0 && len(r) == 2:
		return string(r[:1]) + "　" + string(r[1:]), "blank between"
	case n == 1:
		return s + m.pick("、", ",", "；", " / ") + m.name(), "two names"
	case n == 2:
		return s + m.of("先生 女士 医生 老师 主任"), "title behind"
	case n == 3:
		return " " + s + " ", "blanks around"
	}
	return s, "bare"
}

// namedInText writes a text that names somebody, as records of calls do.
func (m maker) namedInText(s string) string {
	return m.of("来电 已受理， 事项：道路积水。 补充材料，") + m.of("联系人 投诉人 申请人 负责人 经办人") + m.pick("：", ":", " ", "为") + s + m.of("，反映路灯不亮。 ，请回复 。 （已核）")
}

// street is a road or a street without a number.
func (m maker) street() string {
	return m.pick("", "", m.of(districts)) + m.of(roadNames) + m.of("路 路 路 大道 公路")
}

func (m maker) number(most int) int { return 1 + m.IntN(most) }

// address is where something is, exactly.
func (m maker) address() string {
	s := m.pick("", "上海市", "上海") + m.pick("", m.of(districts))
	road := m.of(roadNames) + m.of("路 路 路 大道 公路")
	switch m.IntN(8) {
	case 0:
		return s + m.of(towns) + m.of(villages) + "村" + fmt.Sprintf("%d组%d号", m.number(20), m.number(99))
	case 1:
		return s + m.of(estates) + m.of("花园 新村 小区 苑 公寓") + fmt.Sprintf("%d号%d室", m.number(80), 101+m.IntN(1800))
	case 2:
		return s + road + fmt.Sprintf("%d弄%d支弄%d号", m.number(900), m.number(9), m.number(60))
	case 3:
		return s + road + fmt.Sprintf("%d弄%d号%d室", m.number(2000), m.number(99), 101+m.IntN(1800))
	case 4:
		return s + road + fmt.Sprintf("%d号-%d", m.number(2000), m.number(9))
	case 5:
		return s + m.of(lanes) + m.of("里 坊 村") + fmt.Sprintf("%d号", m.number(120))
	case 6:
		return s + road + fmt.Sprintf("%d号%d幢%d层", m.number(2000), m.number(20), m.number(30))
	}
	return s + road + fmt.Sprintf("%d号", m.number(3000))
}

func (m maker) writtenPlace(s string) (text, shape string) {
	switch m.IntN(8) {
	case 0:
		return fullDigits(s), "full width"
	case 1:
		return m.of("地址： 位于 住") + s, "label before"
	case 2:
		return m.of("受理点设在 材料寄至 本次检查") + s + m.of("，可步行到达。 ，周一至周五开放 （东门进）"), "in a text"
	case 3:
		return s + m.of("近中山路 （靠近河边） 底楼 二楼东侧"), "more behind"
	}
	return s, "bare"
}

func fullDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '０'
		}
		return r
	}, s)
}
