// Package reviewdesk is where a publisher's people decide applications: the
// queue by last day and priority, the case beside its conditions, the risk of
// joining, questions, experts, the proposal of one and the decision of
// another.
//
// Regulation: Article 19, second and third paragraphs.
//
// Read pages.go, then case.go and acts.go.
package reviewdesk
