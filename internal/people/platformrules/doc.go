// Package platformrules is the platform management rules (开放平台管理制度): how
// opening bodies and users of data behave on the platform and what they owe to
// security, in versions that are written by one person and published by
// another, and the record of who accepted which version when.
//
// Regulation: Article 26; state machine SM-24. The Chinese text is the
// authentic one.
//
// Read rules.go, then service.go. Owns the tables "platform_rules" and
// "platform_rules_acceptance".
package platformrules
