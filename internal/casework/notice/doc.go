// Package notice is what a person was told, when, and how it was sent: every
// notice is kept, in the words of both languages, as proof. In the inbox it
// always appears; by e-mail and webhook as each person chooses.
//
// Regulation: Articles 18, 19 and 31 ask that people are told; Article 26 that
// it can be traced.
//
// A concept declares its kinds, see [Kind], and calls [Service.Tell] in the
// transaction of the act. What goes out goes out afterwards, as a job, and is
// tried again for two days.
//
// Read rules.go, then service.go, then delivery.go. Owns the tables "notice",
// "notice_choice", "notice_hook", "notice_letter" and "notice_delivery".
package notice
