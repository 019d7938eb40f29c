package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kaishu/internal/infra/search"
)

var (
	benchWords = strings.Fields("空气质量 水质 停车场 公共交通 轨道交通 行政处罚 企业信用 医疗机构 学校名录 养老服务 环境监测 气象 河道 道路 桥梁 建筑工地 燃气 供水 排水 垃圾分类 绿化 公园 文化场馆 图书馆 体育设施 食品安全 药品 专利 科技项目 人才 就业 社会保险 住房 土地 规划 地名 门牌 户籍 统计 人口 经济 贸易 港口 航运 机场 物流 旅游 酒店 商圈 消费 价格 金融 税务 审计 招标 采购 应急 消防 防汛 地震 灾害 电力 能源 碳排放 新能源车 充电桩 共享单车 公交站点 实时客流")
	benchTails = strings.Fields("信息 数据 名录 统计表 监测数据 目录 基本情况 年报 月报 明细 结果 记录 台账 指标 清单")
	benchAreas = strings.Fields("上海市 黄浦区 徐汇区 长宁区 静安区 普陀区 虹口区 杨浦区 闵行区 宝山区 嘉定区 浦东新区 金山区 松江区 青浦区 奉贤区 崇明区")
)

// synthetic makes n documents of some 220 characters with six facets; the
// same for the same n. The commonest word stands in a third of them, as in
// the measurement of research/stack.md 3.
func synthetic(n int) []search.Document {
	r := rand.New(rand.NewPCG(2022, 39))
	words := rand.NewZipf(r, 1.2, 8, uint64(len(benchWords)-1))
	word := func() string { return benchWords[words.Uint64()] }
	fillers := make([]string, 5000)
	for i := range fillers {
		for range 6 + r.IntN(12) {
			fillers[i] += string(rune(0x4e00 + r.IntN(2500)))
		}
	}
	docs := make([]search.Document, n)
	for i := range docs {
		area, topic, tail := benchAreas[r.IntN(len(benchAreas))], word(), benchTails[r.IntN(len(benchTails))]
		var abstract strings.Builder
		abstract.WriteString("本数据集包含" + area + topic + tail + ",")
		for range 2 {
			abstract.WriteString(word() + benchTails[r.IntN(len(benchTails))] + "、")
		}
		for range 10 + r.IntN(6) {
			abstract.WriteString(fillers[r.IntN(len(fillers))] + "、")
		}
		docs[i] = search.Document{
			ID: fmt.Sprintf("d%06d", i),
			Fields: map[search.Field]string{
				search.Title:     area + topic + tail + strconv.Itoa(r.IntN(3000)),
				search.Tags:      topic + "," + word() + ",SODA" + strconv.Itoa(2015+r.IntN(10)),
				search.Publisher: area + word() + "管理局",
				search.Abstract:  abstract.String(),
			},
			Parts: []search.Part{{Name: "station_id", Description: "站点编号"}, {Name: "name", Description: topic + "名称"}, {Name: "updated_at", Description: "更新时间"}},
			Facets: map[string][]string{
				"domain": {"领域" + strconv.Itoa(r.IntN(20))}, "publisher": {"部门" + strconv.Itoa(r.IntN(90))}, "open": {strconv.Itoa(r.IntN(2))},
				"frequency": {strconv.Itoa(r.IntN(8))}, "area": {area}, "format": {"csv", []string{"xlsx", "json", "xml"}[r.IntN(3)]},
			},
			Sorts: map[string]int64{"updated": int64(19000 + r.IntN(1000)), "used": int64(r.IntN(100000))},
		}
	}
	return docs
}

var benchIndex = sync.OnceValue(func() *search.Index {
	x := search.New()
	x.Replace(synthetic(100_000))
	return x
})

// BenchmarkFind answers queries with six facets counted over 100,000
// documents, and reports the 50th and 99th percentile in milliseconds.
func BenchmarkFind(b *testing.B) {
	x := benchIndex()
	facets := []string{"domain", "publisher", "open", "frequency", "area", "format"}
	cases := map[string][]search.Query{
		"most found":        {{Text: "空气质量"}},
		"two characters":    {{Text: "水质"}},
		"one character":     {{Text: "水"}},
		"some found":        {{Text: "充电桩"}},
		"two words":         {{Text: "浦东新区 停车场"}},
		"latin beginning":   {{Text: "soda20"}},
		"with choices":      {{Text: "停车场", Facets: map[string][]string{"domain": {"领域1", "领域2"}, "open": {"1"}}}},
		"everything":        {{Sort: "updated"}},
		"sorted by use":     {{Text: "公共交通", Sort: "used"}},
		"all words in turn": nil,
	}
	for _, w := range benchWords {
		cases["all words in turn"] = append(cases["all words in turn"], search.Query{Text: w})
	}
	var names []string
	for name := range cases {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			var found int64
			for i := 0; b.Loop(); i++ {
				q := cases[name][i%len(cases[name])]
				q.Counts = facets
				start := time.Now()
				a, err := x.Find(context.Background(), q)
				if err != nil {
					b.Fatal(err)
				}
				took, found = append(took, time.Since(start)), found+a.Total
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1e3, "p50-ms")
			b.ReportMetric(took[len(took)*99/100].Seconds()*1e3, "p99-ms")
			b.ReportMetric(float64(found)/float64(len(took)), "found")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkReplace indexes 100,000 documents and reports what stays in memory.
func BenchmarkReplace(b *testing.B) {
	docs := synthetic(100_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var x *search.Index
	for b.Loop() {
		x = search.New()
		x.Replace(docs)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	runtime.KeepAlive(x)
	runtime.KeepAlive(docs)
}

// BenchmarkPutOneByOne fills an index with 3,000 documents, one at a time.
func BenchmarkPutOneByOne(b *testing.B) {
	docs := synthetic(3000)
	for b.Loop() {
		x := search.New()
		for _, d := range docs {
			x.Put(d)
		}
	}
}
