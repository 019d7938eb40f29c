// Package agreement is the data use agreement (数据利用协议) that an approved
// applicant and the publisher sign through the platform before any conditional
// data is handed over: made from a template with the four clauses that the law
// names, signed by both sides after they proved themselves again, sealed by the
// platform, and then amended, ended or run out.
//
// Regulation: Article 20. An application for data of several publishers leads
// to one agreement with each of them that approved something.
//
// Read rules.go and events.go, then rules_text.go and rules_change.go, then
// service.go and seal.go. Owns the tables "agreement", "agreement_text",
// "agreement_seal" and "agreement_dataset".
package agreement
