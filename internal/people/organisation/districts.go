package organisation

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"kaishu/internal/base/locale"
)

// DistrictName is one district of the city.
type DistrictName struct {
	Code string      `json:"code"` // six digits, GB/T 2260
	Name locale.Text `json:"name"`
}

//go:embed districts.json
var districtsJSON []byte

var districts = sync.OnceValue(func() []DistrictName {
	var file struct {
		Source    string         `json:"source"`
		Districts []DistrictName `json:"districts"`
	}
	if err := json.Unmarshal(districtsJSON, &file); err != nil {
		panic(err) // the file is part of the program; a test reads it
	}
	return file.Districts
})

// Districts lists the districts of the city, by code.
func Districts() []DistrictName { return slices.Clone(districts()) }

// DistrictByCode returns the name of a district; the zero Text if the code is
// none.
func DistrictByCode(code string) locale.Text {
	for _, d := range districts() {
		if d.Code == code {
			return d.Name
		}
	}
	return locale.Text{}
}

// districtIn returns the code of the district that a body's name begins with,
// after the city's own name; "" if there is none.
func districtIn(name string) string {
	name = strings.TrimPrefix(name, "上海市")
	for _, d := range districts() {
		if strings.HasPrefix(name, d.Name.ZH) {
			return d.Code
		}
	}
	return ""
}

func districtCodes() (codes []string) {
	for _, d := range districts() {
		codes = append(codes, d.Code)
	}
	return codes
}
