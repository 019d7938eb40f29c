package quality

import (
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/open/openlist"
)

func TestOffice(t *testing.T) {
	for _, tt := range []struct {
		name, zh, en string
		want         bool
	}{
		{"咨询电话", "", "", true}, {"tel", "机构对外服务电话", "", true}, {"tel", "", "Hotline of the office", true}, {"dh", "村民委员会办公电话", "", true},
		{"联系电话", "", "", false}, {"咨询电话", "经办人手机", "", false}, {"tel", "", "Mobile of the applicant", false}, {"", "", "", false},
		{"单位联系人", "", "", false}, {"phone", "", "Telephone of the residents' committee's office", true},
	} {
		item := openlist.Item{Name: tt.name, Description: locale.Text{ZH: tt.zh, EN: tt.en}}
		if got := office(item); got != tt.want {
			t.Errorf("%+v: %t", tt, got)
		}
	}
}
