// Package conditions is the pages of conditions of opening and application
// materials: the section on the page of a conditional dataset, every version
// at its own address, and the desk where a set is written, endorsed and
// accepted.
//
// Regulation: Articles 15 and 18(1).
//
// Read section.go (what everybody reads), then desk.go and edit.go.
package conditions
