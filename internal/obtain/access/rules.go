package access

import (
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// Facts are what the door knows of one request. They are plain words, since
// rules stand alone; the service fills them from the entry and the version.
type Facts struct {
	Who     permit.Actor // with the roles that count for the publisher
	Slug    string
	Entry   EntryStage
	Opening Opening
	Version VersionStage
	Sample  bool // the version is a sample (Article 22)
}

// EntryStage is where the entry stands, as far as the door cares.
type EntryStage string

// The stages of an entry that the door knows. Any other keeps the door shut.
const (
	EntryPublished EntryStage = "published"
	EntrySuspended EntryStage = "suspended"
	EntryWithdrawn EntryStage = "withdrawn"
)

// Opening is the opening type, as far as the door cares.
type Opening string

// The opening types that the door knows. Any other keeps the door shut.
const (
	Unconditional Opening = "unconditional"
	Conditional   Opening = "conditional"
)

// VersionStage is where the version stands, as far as the door cares.
type VersionStage string

// The stages of a version that the door knows. Any other keeps the door shut.
const (
	VersionReleased   VersionStage = "released"
	VersionSuperseded VersionStage = "superseded"
	VersionRecalled   VersionStage = "recalled"
)

// Read returns nil if the cells of the version may be read now, or the
// problem that the reader is shown. The order matters: a stop (Article 31)
// outranks everything.
func Read(f Facts) error {
	switch {
	case f.Entry == EntrySuspended:
		return problem.New(problem.Stopped, "access.suspended", "slug", f.Slug)
	case f.Entry == EntryWithdrawn:
		return problem.New(problem.Gone, "access.withdrawn", "slug", f.Slug)
	case f.Version == VersionRecalled:
		return problem.New(problem.Gone, "access.recalled", "slug", f.Slug)
	case f.Who.HasAny(permit.OpnEditor, permit.OpnReviewer, permit.OpnLead) && f.Version != "":
		return nil // whoever prepares or releases a version must be able to look at it
	case f.Entry != EntryPublished, f.Version != VersionReleased && f.Version != VersionSuperseded:
		return problem.New(problem.NotFound, "access.no_data", "slug", f.Slug)
	case f.Opening == Unconditional, f.Opening == Conditional && f.Sample:
		return nil // Articles 17 and 22: no registration, no application
	case f.Opening == Conditional:
		return problem.New(problem.Forbidden, "access.needs_application", "slug", f.Slug)
	}
	return problem.New(problem.NotFound, "access.no_data", "slug", f.Slug)
}

// Structure returns nil if the columns' names, types and meanings may be
// shown: they are public for conditional data too (Article 15), statistics
// and cells are not.
func Structure(f Facts) error {
	err := Read(f)
	if p := problem.As(err); p != nil && p.Code == "access.needs_application" {
		return nil
	}
	return err
}

// Open reports whether reads under f are reads of open data, which are counted
// in batches; all others are recorded before the first byte (Article 26).
func Open(f Facts) bool { return Read(withoutWho(f)) == nil }

func withoutWho(f Facts) Facts {
	f.Who = permit.Actor{}
	return f
}
