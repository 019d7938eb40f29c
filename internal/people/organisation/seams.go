package organisation

import (
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// RegisterTx enters a body of data users that proved itself to officer, in
// the transaction of the decision: it takes part at once.
func (s *Service) RegisterTx(tx *database.Tx, officer permit.Actor, id string, p Particulars) (Organisation, error) {
	if !officer.Has(permit.CtrIntake) || p.Kind.Realm() != Public {
		return Organisation{}, problem.New(problem.Forbidden, "permit.not_your_part", "role", string(permit.CtrIntake))
	}
	if there, err := Exists(tx, id); err != nil || there {
		if err == nil {
			err = problem.New(problem.Conflict, "organisation.id_taken", "id", id)
		}
		return Organisation{}, err
	}
	// The table lets a system administrator enter what takes part at once; the
	// officer's decision stands in for that.
	who := permit.Actor{Account: officer.Account, Roles: []permit.Role{permit.SysAdmin}}
	return s.do(tx, who, Organisation{}, Adopt{ID: id, Particulars: p})
}

// AllTx returns every body within a transaction, by id.
func (s *Service) AllTx(tx *database.Tx, _ permit.Actor) ([]Organisation, error) { return list(tx) }

// GetTx returns a body within a transaction, as the platform sees it.
func (s *Service) GetTx(tx *database.Tx, _ permit.Actor, id string) (Organisation, error) {
	return load(tx, id)
}
