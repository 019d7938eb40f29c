// Package assessmentdesk is the pages of quality rules for those who look
// after them: the datasets and their scores, the rules of one and what they
// found, the cells that fail, read through obtain/access by whoever may see
// them, and waivers.
//
// Regulation: Article 16; requirements A16.1, A16.2, A16.6. The public page
// stands in site/dataset. Read assessmentdesk.go, dataset.go, rule.go, then
// failing.go.
package assessmentdesk
