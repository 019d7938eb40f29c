package web

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
)

var update = flag.Bool("update", false, "write the golden file anew")

// sample has every kind of field that an answer may have.
type sample struct {
	Name   string            `json:"name" doc:"bus.doc"`
	At     time.Time         `json:"at"`
	Until  *time.Time        `json:"until"`
	Maybe  *int              `json:"maybe,omitempty"`
	Size   uint64            `json:"size"`
	Fare   float64           `json:"fare,omitempty"`
	Words  locale.Text       `json:"words"`
	Stops  []stop            `json:"stops"`
	Notes  map[string]string `json:"notes"`
	Raw    json.RawMessage   `json:"raw"`
	Any    any               `json:"any"`
	Parent *sample           `json:"parent,omitempty"`
	Bytes  []byte            `json:"bytes"`
	Hidden string            `json:"-"`
	stop
}

func describedRoutes() []Route {
	list := listRoute()
	list.Answer, list.Media = sample{}, []string{"text/csv", "application/json"}
	list.Query = append(list.Query, Param{Name: "line", Type: "string", Many: true, Enum: []string{"a", "b"}, Example: "a"})
	add := Route{Method: "POST", Path: "/api/v1/lines/{line}/{limit}", Name: "bus.add", API: true, May: permit.Rule{Act: "bus.add", By: []permit.Role{permit.OpnEditor}}, Body: stop{}, Answer: stop{}, Do: list.Do,
		Place: []Param{{Name: "limit", Type: "integer", Example: "1"}}}
	return []Route{list, add, get("/{lang}/page", "a.page", list.Do)}
}

func TestOpenAPI(t *testing.T) {
	b := newBench(t, func(o *Options) { o.FairUse.PerMinute = 600; o.PublicURL = "https://data.example.cn" }, describedRoutes()...)
	got := read(t, b.ask(t, "GET", "/openapi.json?lang=en", ""))
	if again := read(t, b.ask(t, "GET", "/openapi.json?lang=en", "")); again != got {
		t.Error("the same routes give another text")
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(got), &doc); err != nil {
		t.Fatal(err)
	}
	for _, fault := range structure(doc) {
		t.Error(fault)
	}
	if strings.Contains(got, "/page") {
		t.Error("a page is described as API")
	}
	pretty, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/openapi.json"
	if *update {
		if err := os.WriteFile(golden, append(pretty, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(pretty)+"\n" != string(want) {
		t.Errorf("differs from %s; look at the change and run with -update", golden)
	}
	if zh := read(t, b.ask(t, "GET", "/openapi.json", "")); !strings.Contains(zh, "线路列表") || strings.Contains(zh, "Lists lines") {
		t.Error("the Chinese text is not in Chinese")
	}
}

var templated = regexp.MustCompile(`\{([^}]*)\}`)

// structure returns what breaks the rules of OpenAPI 3.1 that a generator of
// clients stumbles on.
func structure(doc map[string]any) (faults []string) {
	for _, name := range []string{"openapi", "info", "paths"} {
		if doc[name] == nil {
			faults = append(faults, "no "+name)
		}
	}
	if v, _ := doc["openapi"].(string); !strings.HasPrefix(v, "3.1.") {
		faults = append(faults, "version "+v)
	}
	faults = append(faults, references(doc, doc, "")...)
	seen := map[string]bool{}
	paths, _ := doc["paths"].(map[string]any)
	for path, item := range paths {
		if !strings.HasPrefix(path, "/") {
			faults = append(faults, "path "+path)
		}
		for method, o := range item.(map[string]any) {
			operation := o.(map[string]any)
			at := method + " " + path
			if id, _ := operation["operationId"].(string); id == "" || seen[id] {
				faults = append(faults, at+": operationId "+id)
			} else {
				seen[id] = true
			}
			faults = append(faults, parameterFaults(at, path, operation)...)
			faults = append(faults, responseFaults(at, operation)...)
		}
	}
	return faults
}

func parameterFaults(at, path string, operation map[string]any) (faults []string) {
	var inPath, wanted, names []string
	for _, p := range operation["parameters"].([]any) {
		parameter := p.(map[string]any)
		name, in := parameter["name"].(string), parameter["in"].(string)
		if slices.Contains(names, in+name) {
			faults = append(faults, at+": two parameters "+name)
		}
		names = append(names, in+name)
		if parameter["schema"] == nil {
			faults = append(faults, at+": no schema of "+name)
		}
		if in == "path" {
			inPath = append(inPath, name)
			if parameter["required"] != true {
				faults = append(faults, at+": a place that need not be filled: "+name)
			}
		}
	}
	for _, m := range templated.FindAllStringSubmatch(path, -1) {
		wanted = append(wanted, m[1])
	}
	if !slices.Equal(inPath, wanted) {
		faults = append(faults, at+": places described "+strings.Join(inPath, ",")+", in the path "+strings.Join(wanted, ","))
	}
	return faults
}

func responseFaults(at string, operation map[string]any) (faults []string) {
	responses, _ := operation["responses"].(map[string]any)
	if len(responses) == 0 {
		faults = append(faults, at+": no responses")
	}
	for status, r := range responses {
		if response := r.(map[string]any); response["description"] == nil && response["$ref"] == nil {
			faults = append(faults, at+": no description of "+status)
		}
		if status != "default" && !regexp.MustCompile(`^[1-5][0-9X]{2}$`).MatchString(status) {
			faults = append(faults, at+": status "+status)
		}
	}
	return faults
}

// references follows every $ref from the root of the document.
func references(doc, node any, at string) (faults []string) {
	switch n := node.(type) {
	case map[string]any:
		if ref, ok := n["$ref"].(string); ok {
			var target any = doc
			for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
				m, _ := target.(map[string]any)
				target = m[part]
			}
			if target == nil {
				faults = append(faults, at+": nothing at "+ref)
			}
		}
		for k, v := range n {
			faults = append(faults, references(doc, v, at+"/"+k)...)
		}
	case []any:
		for _, v := range n {
			faults = append(faults, references(doc, v, at+"/-")...)
		}
	}
	return faults
}

func TestStructureBites(t *testing.T) {
	good := `{"openapi":"3.1.0","info":{},"paths":{"/a/{x}":{"get":{"operationId":"a","parameters":[{"name":"x","in":"path","required":true,"schema":{}}],"responses":{"200":{"description":"d"}}}}}}`
	for _, c := range [][2]string{
		{"", ""}, {`"3.1.0"`, `"3.0.3"`}, {`"info":{},`, ""}, {`"operationId":"a",`, ""}, {`"/a/{x}"`, `"/a/{x}/{y}"`}, {`,"required":true`, ""}, {`,"schema":{}`, ""},
		{`"description":"d"`, ""}, {`"200"`, `"ok"`}, {`"schema":{}`, `"schema":{"$ref":"#/components/schemas/None"}`}, {`"/a/{x}"`, `"a/{x}"`},
	} {
		var doc map[string]any
		if err := json.Unmarshal([]byte(strings.Replace(good, c[0], c[1], 1)), &doc); err != nil {
			t.Fatal(err)
		}
		if faults := structure(doc); (len(faults) == 0) != (c[0] == "") {
			t.Errorf("%s for %s: %v", c[1], c[0], faults)
		}
	}
}
