// Package listdesk is the pages of the open list for those who keep it: what is
// being written and what waits, the editor of an entry with its data items as a
// table, the work orders with their differences, and for everybody the changes
// of the list and the check of an entry, article by article.
//
// Regulation: Articles 9 to 11; requirements A9, A11. Read listdesk.go, then
// editor.go, fields.go, paste.go, orders.go, public.go.
package listdesk
