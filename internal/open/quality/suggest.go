package quality

import (
	"slices"
	"strings"

	"kaishu/internal/base/identifier"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/grading"
	"kaishu/internal/open/version"
)

// Scanner suggests to the grading of an entry what the checks found in the
// rows of its newest version. Article 14.
type Scanner struct {
	Versions *version.Service
	Gradings *grading.Service
	Words    *locale.Catalogue
}

var _ grading.Scanner = Scanner{}

// Suggest implements grading.Scanner: a suggestion for every field that seems
// to hold direct identifiers and was not ruled to hold none, at the levels of
// the profile in force. A profile without the kind gives none.
func (s Scanner) Suggest(tx *database.Tx, who permit.Actor, subject grading.Subject) (all []grading.Suggestion, _ error) {
	versions, err := s.Versions.ListTx(tx, permit.Platform, subject.Slug)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(versions, func(v version.Version) bool {
		return v.Outcome != nil && v.Stage != version.StageDiscarded && v.Stage != version.StageRecalled
	})
	if i < 0 {
		return nil, nil
	}
	profile, err := s.Gradings.ProfileTx(tx, who)
	if err != nil {
		return nil, err
	}
	doubted := version.Doubted(versions[i])
	for _, f := range versions[i].Outcome.Findings {
		kind, known := profile.Kind(kindOf(f.Evidence))
		field := func(of grading.FieldName) bool { return of.Name == f.Column }
		again := func(of grading.Suggestion) bool { return of.Field == f.Column }
		if f.Evidence == "" || !known || !slices.Contains(doubted, f.Column) || !slices.ContainsFunc(subject.Fields, field) || slices.ContainsFunc(all, again) {
			continue
		}
		all = append(all, grading.Suggestion{Field: f.Column, Kind: kind.Code, Levels: kind.Suggest,
			Why: locale.Text{ZH: s.Words.Say(locale.ZH, f.Code, f.Args), EN: s.Words.Say(locale.EN, f.Code, f.Args)}})
	}
	return all, nil
}

// kindOf is the code, in the profile that the platform is delivered with, of
// the kind of field that the evidence is of.
func kindOf(evidence string) string {
	if strings.HasPrefix(evidence, identifier.HomeAddress.String()) {
		return "residence"
	}
	return "direct"
}
