// Package application is the request for conditionally open data (开放申请):
// what a person or an organisation asks for, the proof it brings, and the check
// of the centre whether everything is there. Whether the data is given is for
// the publishers to say, each for its own; see package review.
//
// Regulation: Article 18, second paragraph, and Article 19, first paragraph.
//
// Read rules.go and events.go, then service.go. Owns the tables "application"
// and "application_dataset".
package application
