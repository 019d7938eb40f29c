package access

import (
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

var lead = permit.Actor{Account: "lead", Roles: []permit.Role{permit.OpnLead}}

// TestDoor goes through every combination that Articles 14, 17, 22 and 31 tell
// apart. "" means that the door opens. Hard gates 1 and 11.
func TestDoor(t *testing.T) {
	for _, tt := range []struct {
		entry   EntryStage
		opening Opening
		version VersionStage
		sample  bool
		visitor string
		staff   string
	}{
		{EntryPublished, Unconditional, VersionReleased, false, "", ""},
		{EntryPublished, Unconditional, VersionSuperseded, false, "", ""},
		{EntryPublished, Unconditional, VersionReleased, true, "", ""},
		{EntryPublished, Unconditional, VersionRecalled, false, "access.recalled", "access.recalled"},
		{EntryPublished, Unconditional, "staged", false, "access.no_data", ""},
		{EntryPublished, Unconditional, "ingested", false, "access.no_data", ""},
		{EntryPublished, Unconditional, "", false, "access.no_data", "access.no_data"},
		{EntryPublished, Conditional, VersionReleased, false, "access.needs_application", ""},
		{EntryPublished, Conditional, VersionReleased, true, "", ""},
		{EntryPublished, Conditional, VersionRecalled, true, "access.recalled", "access.recalled"},
		{EntryPublished, Conditional, "staged", true, "access.no_data", ""},
		{EntryPublished, "closed", VersionReleased, false, "access.no_data", ""},
		{EntrySuspended, Unconditional, VersionReleased, false, "access.suspended", "access.suspended"},
		{EntrySuspended, Conditional, VersionReleased, true, "access.suspended", "access.suspended"},
		{EntryWithdrawn, Unconditional, VersionReleased, false, "access.withdrawn", "access.withdrawn"},
		{"draft", Unconditional, VersionReleased, false, "access.no_data", ""},
		{"unheard of", Unconditional, VersionReleased, false, "access.no_data", ""},
	} {
		f := Facts{Slug: "x", Entry: tt.entry, Opening: tt.opening, Version: tt.version, Sample: tt.sample}
		if got := code(Read(f)); got != tt.visitor {
			t.Errorf("visitor, %+v: got %q, want %q", f, got, tt.visitor)
		}
		if Open(f) != (tt.visitor == "") {
			t.Errorf("open, %+v: got %v", f, Open(f))
		}
		f.Who = lead
		if got := code(Read(f)); got != tt.staff {
			t.Errorf("staff, %+v: got %q, want %q", f, got, tt.staff)
		}
	}
}

func TestStructureOfConditionalDataIsPublic(t *testing.T) {
	f := Facts{Entry: EntryPublished, Opening: Conditional, Version: VersionReleased}
	if err := Structure(f); err != nil {
		t.Error(err)
	}
	f.Entry = EntrySuspended
	if !problem.Is(Structure(f), problem.Stopped) {
		t.Error("the structure of suspended data is shown")
	}
}

func code(err error) string {
	if p := problem.As(err); p != nil {
		return p.Code
	}
	return ""
}
