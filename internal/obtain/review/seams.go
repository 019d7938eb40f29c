package review

import (
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
)

// OrdersTx returns the orders of an application within a transaction, for
// later packages that say themselves who may see them.
func (s *Service) OrdersTx(tx *database.Tx, _ permit.Actor, caseID string) (all []Order, err error) {
	rows, err := list(tx, `WHERE application = ? ORDER BY id`, caseID)
	for _, r := range rows {
		all = append(all, r.Order)
	}
	return all, err
}
