// Package rightsdesk is the pages of rights protection: the form of a
// complaint, which anybody may send, and its follow-up by number and code; the
// public list of suspensions; what data users are told to delete, with their
// receipts; and the desk of the publisher's lead, the centre and those who
// supervise them.
//
// Regulation: Article 31.
//
// Read pages.go, then form.go, case.go, public.go, desk.go.
package rightsdesk
