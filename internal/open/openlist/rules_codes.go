package openlist

import "kaishu/internal/base/locale"

// Codes are the code lists that entries use: data, not law. Codes that have
// ended stay among them, since entries may carry them.
type Codes struct {
	Domains     []Domain
	Frequencies []Frequency
}

// CodeSource knows the code lists in force.
type CodeSource interface{ InForce() Codes }

// InForce makes lists that never change a [CodeSource].
func (c Codes) InForce() Codes { return c }

// Domain is a data domain (数据领域).
type Domain struct {
	Code  string      `json:"code"`
	Name  locale.Text `json:"name"`
	Ended bool        `json:"ended,omitempty"` // nothing new may take it
}

// Frequency is an update frequency (更新频率).
type Frequency struct {
	Code string      `json:"code"`
	Name locale.Text `json:"name"`
	// Window is how many days may pass after an update before the dataset
	// counts as late: one cycle and a grace. 0: no promise, never late. [D]
	Window int  `json:"window"`
	Ended  bool `json:"ended,omitempty"` // nothing new may take it
}

// Domain returns the domain with that code.
func (c Codes) Domain(code string) (Domain, bool) {
	for _, d := range c.Domains {
		if d.Code == code {
			return d, true
		}
	}
	return Domain{}, false
}

// Frequency returns the frequency with that code.
func (c Codes) Frequency(code string) (Frequency, bool) {
	for _, f := range c.Frequencies {
		if f.Code == code {
			return f, true
		}
	}
	return Frequency{}, false
}
