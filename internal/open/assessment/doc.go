// Package assessment is the quality rules of each dataset and the score that
// comes of them: a library of rules, one file per check; the set of rules that
// a publisher keeps for a dataset; what they find in each version; waivers; and
// a score by the six dimensions of GB/T 36344.
//
// Regulation: Article 16; requirements A16.1, A16.2 and A16.6. Figures are data
// with dates: numbers.json. Which dimension a rule counts for, and every weight,
// is a default of ours [D].
//
// Read rules_rule.go, one file per check (rules_filled.go is the first),
// rules.go, rules_waiver.go and rules_score.go; then service.go and run.go.
// Owns the tables assessment, assessment_waiver and assessment_run.
package assessment
