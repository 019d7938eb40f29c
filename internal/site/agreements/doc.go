// Package agreements shows data use agreements: the list of one's own, of one's
// body's or of all; one agreement with its text, whose turn it is, how long, who
// has signed, and the forms to sign, change and end it; and the signed agreement
// as a PDF.
//
// Regulation: Article 20.
//
// Read pages.go, then case.go and paper.go.
package agreements
