// Package review is a publisher's decision on an application for its data
// (开放申请审核): the work order that the centre hands over, the ten working
// days, the declaration of conflicts, the risk of joining data, the experts, two
// persons who decide each dataset, and the letter with every reason.
//
// Regulation: Article 19, second and third paragraphs. An application for data
// of several publishers has one order for each.
//
// Read rules.go and events.go, then service.go. Owns the tables "review",
// "review_expert", "review_recused" and "review_decision".
package review
