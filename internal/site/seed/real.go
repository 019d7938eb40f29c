package seed

import (
	"archive/zip"
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
)

// record is one line of the real catalogue, in its own field names.
type record struct {
	Title     string   `json:"数据集名称"`
	Abstract  string   `json:"摘要"`
	Tags      string   `json:"数据标签"`
	Domain    string   `json:"数据领域"`
	Theme     string   `json:"国家主题分类"`
	First     string   `json:"首次发布日期"`
	Updated   string   `json:"更新日期"`
	Frequency string   `json:"更新频度"`
	Publisher string   `json:"数据提供方"`
	Opening   string   `json:"开放属性"`
	Contact   string   `json:"联系方式"`
	Formats   []string `json:"数据格式"`
}

var openings = map[string]openlist.Opening{"无条件开放": openlist.Unconditional, "有条件开放": openlist.Conditional}

var crawled = locale.Text{
	ZH: "目录信息取自上海市公共数据开放平台2023年年中的公开目录（抓取副本，仅供测试与演示），原有缺漏照录未改。",
	EN: "Catalogue record from a mid-2023 crawl of the public listing of data.sh.gov.cn, for test and demonstration only; its faults are kept as they were.",
}

// readReal reads the catalogue of Shanghai, the tables that are paired to it
// and the national tables.
func readReal(folder string) (c City, err error) {
	codes, err := openlist.LoadCodes()
	if err != nil {
		return c, err
	}
	w := words{domains: map[string]string{}, frequencies: map[string]string{}}
	for _, d := range codes.Domains {
		w.domains[d.Name.ZH] = d.Code
	}
	for _, f := range codes.Frequencies {
		w.frequencies[f.Name.ZH] = f.Code
	}
	records, err := readLines[record](filepath.Join(folder, "catalog", "shanghai_catalog_unique.jsonl"))
	if err != nil {
		return c, err
	}
	bodies := map[string]string{}
	for _, r := range records {
		bodies[r.Publisher] = ""
	}
	for i, name := range slices.Sorted(keys(bodies)) {
		bodies[name] = fmt.Sprintf("sh-%02d", i+1)
		c.addBody(bodies[name], name, levelOf(name))
	}
	for i, r := range records {
		slug := fmt.Sprintf("sh-%04d", i+1)
		c.Entries = append(c.Entries, Entry{Slug: slug, Description: w.describe(r, bodies[r.Publisher]),
			Editor: "editor-" + bodies[r.Publisher], Lead: "lead-" + bodies[r.Publisher]})
		for _, p := range pairs {
			if p.title == r.Title {
				e := &c.Entries[len(c.Entries)-1]
				e.Description.Items, e.Description.Key = p.items, p.key
				c.Tables = append(c.Tables, Table{Slug: slug, Kind: p.kind, Name: filepath.Base(p.file), UpdatedOn: e.Description.UpdatedOn,
					Note: p.note, Editor: e.Editor, Lead: e.Lead, Recipe: inSystem(p.place), Open: fromFile(folder, p.file)})
			}
		}
	}
	return c, c.addNational(folder)
}

type words struct{ domains, frequencies map[string]string }

// describe turns a record into a description. Nothing is mended.
func (w words) describe(r record, publisher string) openlist.Description {
	d := openlist.Description{
		Title: locale.Text{ZH: r.Title}, Abstract: locale.Text{ZH: r.Abstract}, Publisher: publisher,
		Domain: w.domains[r.Domain], Theme: r.Theme, Opening: openings[r.Opening], Frequency: w.frequencies[r.Frequency],
		FirstPublishedOn: workday.Date(r.First), UpdatedOn: workday.Date(r.Updated), Formats: r.Formats, Contact: r.Contact, Source: crawled,
	}
	for _, tag := range strings.FieldsFunc(r.Tags, func(r rune) bool { return strings.ContainsRune(",，、;；", r) }) {
		if tag = strings.TrimSpace(tag); tag != "" {
			d.Tags = append(d.Tags, tag)
		}
	}
	return d
}

func levelOf(name string) organisation.Level {
	switch {
	case strings.Contains(name, "区人民政府"), strings.Contains(name, "区政府"), strings.Contains(name, "新区"):
		return organisation.District
	case strings.HasPrefix(name, "国家"):
		return organisation.National
	}
	return organisation.City
}

// addBody enters a body with its two accounts, named by role.
func (c *City) addBody(id, name string, level organisation.Level) {
	c.Organisations = append(c.Organisations, organisation.Organisation{ID: id, Name: locale.Text{ZH: name}, Kind: organisation.Organ, Level: level})
	c.Accounts = append(c.Accounts,
		account.Account{ID: "editor-" + id, Name: "样例填报员（" + name + "）", Organisation: id, Roles: []permit.Role{permit.OpnEditor}},
		account.Account{ID: "lead-" + id, Name: "样例负责人（" + name + "）", Organisation: id, Roles: []permit.Role{permit.OpnLead}})
}

// table is one line of the list of national tables.
type table struct {
	Title     string   `json:"title"`
	Category  []string `json:"category_path"`
	Fields    []string `json:"fields"`
	First     string   `json:"first_filled"`
	Last      string   `json:"last_filled"`
	Path      string   `json:"path"`
	Publisher string   `json:"publisher"`
}

var national = locale.Text{
	ZH: "国家统计局公布的年度数据（1978—2014年），取自公开代码库中的副本，仅供测试与演示，引用请注明国家统计局。",
	EN: "Annual figures published by the National Bureau of Statistics of China (1978–2014), from a copy in a public code repository; for test and demonstration, cite the Bureau.",
}

// addNational adds the tables of the National Bureau of Statistics.
func (c *City) addNational(folder string) error {
	tables, err := readLines[table](filepath.Join(folder, "catalog", "nbs_catalog.jsonl"))
	if err != nil {
		return err
	}
	files, err := readZip(filepath.Join(folder, "catalog", "nbs_tables.zip"))
	if err != nil {
		return err
	}
	const body = "nbs"
	c.addBody(body, "国家统计局", organisation.National)
	for i, t := range tables {
		slug := fmt.Sprintf("nbs-%03d", i+1)
		day := workday.Date(strings.TrimSuffix(t.Last, "年") + "-12-31")
		if !day.Valid() {
			day = "2014-12-31"
		}
		top := ""
		if len(t.Category) > 0 {
			top = t.Category[0]
		}
		c.Entries = append(c.Entries, Entry{Slug: slug, Editor: "editor-" + body, Lead: "lead-" + body, Description: openlist.Description{
			Title:     locale.Text{ZH: t.Title},
			Abstract:  locale.Text{ZH: fmt.Sprintf("%s。指标：%s。", strings.Join(t.Category, "—"), strings.Join(t.Fields, "、"))},
			Publisher: body, Domain: domainOf(top), Tags: t.Category, Opening: openlist.Unconditional, Frequency: "yearly",
			FirstPublishedOn: day, UpdatedOn: day, Formats: []string{"csv"}, Source: national,
			Items:     []openlist.Item{item("列1", "时期", "Period", "统计时期；原表这一列没有列名")},
			TimeRange: t.First + "—" + t.Last, AreaRange: "全国",
		}})
		data, ok := files[t.Path]
		if !ok {
			return fmt.Errorf("national table %s is not in the archive", t.Path)
		}
		c.Tables = append(c.Tables, Table{Slug: slug, Kind: version.Full, Name: filepath.Base(t.Path), UpdatedOn: day, Note: national,
			Editor: "editor-" + body, Lead: "lead-" + body, Open: fromBytes(data)})
	}
	return nil
}

// domainOf maps the Bureau's top categories to the city's domains.
func domainOf(category string) string {
	for domain, words := range map[string][]string{
		"education":    {"教育", "科技"},
		"transport":    {"运输", "邮电"},
		"health":       {"卫生"},
		"environment":  {"资源", "环境", "能源"},
		"culture":      {"文化", "旅游", "体育"},
		"construction": {"建筑", "城市", "房地产", "固定资产"},
		"society":      {"人口", "就业", "社会", "公共管理"},
		"livelihood":   {"人民生活", "价格"},
	} {
		for _, w := range words {
			if strings.Contains(category, w) {
				return domain
			}
		}
	}
	return "economy"
}

func readLines[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var x T
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			return nil, fmt.Errorf("read %s line %d: %w", path, len(all)+1, err)
		}
		all = append(all, x)
	}
	return all, lines.Err()
}

func readZip(path string) (map[string][]byte, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	all := make(map[string][]byte, len(z.File))
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		if all[f.Name], err = io.ReadAll(io.LimitReader(r, 64<<20)); err != nil {
			return nil, err
		}
		r.Close()
	}
	return all, nil
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
