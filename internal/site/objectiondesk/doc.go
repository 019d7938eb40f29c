// Package objectiondesk is the pages of objections and corrections (异议与更正):
// the form with which anybody objects to data, the page on which he follows it
// up by number and code, the public list with the replies, and the desk of
// publishers and of the centre.
//
// Regulation: Article 16; requirements A16.2 and A16.6.
//
// Read pages.go, then form.go (to object), public.go and case.go (to follow and
// to read), desk.go (to work on it).
package objectiondesk
