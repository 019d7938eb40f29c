package quality

import (
	"context"
	"fmt"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/probe"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/open/version"
)

// forPlatform are things that only the platform itself asks for: they answer
// whoever may see the data or not.
var forPlatform = permit.Rule{Act: "quality.assess", By: []permit.Role{permit.Clock}, Article: "16(2)"}

// Assess answers the probes of quality rules for the table of o, in their
// order; known are the tables that probe.Known asks for. Answers name rows and
// hold no cells. It fails with problem.Exhausted if the engine's bounds do not
// suffice. Article 16(1).
func (s *Service) Assess(ctx context.Context, who permit.Actor, o version.Outcome, probes []probe.Test, known map[string]version.Outcome) ([]probe.Answer, error) {
	if err := forPlatform.Asked(who); err != nil {
		return nil, err
	}
	engine, ok := s.Engine.(tabular.Assessor)
	if !ok {
		return nil, fmt.Errorf("assess version: the engine cannot")
	}
	tables := make(map[string]tabular.Table, len(known))
	for name, other := range known {
		tables[name] = tableOf(other)
	}
	return engine.Assess(ctx, tableOf(o), probes, tables)
}

// Profile returns the statistics of the table of o. Who must be the platform.
func (s *Service) Profile(_ context.Context, who permit.Actor, o version.Outcome) (p tabular.Profile, err error) {
	if err := forPlatform.Asked(who); err != nil {
		return p, err
	}
	if o.Profile == "" {
		return p, problem.New(problem.NotFound, "version.none_released")
	}
	return p, s.read(o.Profile, &p)
}
