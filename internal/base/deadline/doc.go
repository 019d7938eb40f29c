// Package deadline is the time of a work order (工单): the day on which it was
// received, the last day to answer it, who is warned when, and to whom it goes
// when it is late. It holds no orders: each concept that has some keeps a
// [Clock] in its own case, asks it what is due, and writes its own events.
//
// Regulation: Article 19, second paragraph (ten working days from the day on
// which the order was received). The day of receipt is not counted, whatever
// the hour (Civil Code, Articles 201 and 203); nothing stops the clock, and
// nothing is decided by it.
//
// Read rules.go.
package deadline
