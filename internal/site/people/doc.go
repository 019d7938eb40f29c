// Package people is the pages about who one is: the two entrances, registration,
// recovery, the second factor, one's own account, and the accounts of others for
// those who administer them. Every page works without script.
//
// Regulation: Articles 25(5) and 26; requirements A.8.
//
// Read people.go, enter.go, join.go, outside.go, me.go, office.go, dev.go.
package people
