// Package desk is the publisher's working pages (工作台): what is to be done
// and by whom, sending a file, how it was read, what differs from before,
// release by a second person, and the meaning of fields.
//
// Regulation: Articles 9(2), 16(1) and 25(1); requirements A.11 F1.
//
// Read desk.go, then todo.go, upload.go, reading.go, schedule.go. What may
// be done is asked of the workflows' tables; nothing is decided here.
package desk
