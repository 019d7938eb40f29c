// Package membership is the pages on which somebody proves his name or
// registers an organisation, those on which an officer decides, and those on
// which an organisation keeps its members.
//
// Regulation: Articles 5, 18 and 19. Read pages.go, then proof.go, office.go
// and members.go.
package membership
