package quality

import (
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/version"
)

// TestASecondPersonRulesAColumn is the whole way: a column of what look like
// names is held, the lead rules that they are none, the version goes on, the
// next one is not held again; another kind in the column holds it. All of it
// is made up.
func TestASecondPersonRulesAColumn(t *testing.T) {
	c := newCity(t)
	c.list("a", nil)
	boats := "n,船名\n1,张伟\n2,李静\n3,王丽华\n4,陈建国\n"
	v := c.send("a", boats+"5,刘洋\n")
	if v.Stage != version.StageBlocked {
		t.Fatal(told(v))
	}
	rule := version.Rule{Column: "船名", Reason: "以英模命名的船"}
	if _, err := c.versions.Do(t.Context(), editor, "a", v.Number, rule); !problem.Is(err, problem.Forbidden) {
		t.Errorf("the editor rules: %v", err)
	}
	ruled, err := c.versions.Do(t.Context(), lead, "a", v.Number, rule)
	if c.must(err); ruled.Stage != version.StageProfiled || len(ruled.Rulings) != 1 {
		t.Errorf("nothing holds it any more: %s %+v", ruled.Stage, ruled.Rulings)
	}
	if v = c.work(v); v.Stage != version.StageStaged {
		t.Fatalf("it stays: %s", told(v))
	}
	c.release(v)
	if v = c.send("a", boats+"5,赵敏\n"); v.Stage != version.StageReleased {
		t.Errorf("the next one: %s", told(v))
	}
	if v = c.send("a", boats+"5,赵敏沪A12345\n6,李敏\n"); v.Stage != version.StageBlocked || len(v.Rulings) != 0 {
		t.Errorf("a plate among them: %s", told(v))
	}
	c.list("b", nil)
	v = c.send("b", "n,船名,人\n1,张伟,张伟\n2,李静,李静\n3,王丽华,王丽华\n4,陈建国,陈建国\n5,刘洋,刘洋\n")
	v, err = c.versions.Do(t.Context(), lead, "b", v.Number, rule)
	if c.must(err); v.Stage != version.StageBlocked || len(v.Findings) != 1 || v.Findings[0].Column != "人" {
		t.Errorf("the other column holds it: %s %+v", v.Stage, v.Findings)
	}
	if n, err := c.versions.Replay(t.Context(), permit.Platform); n != 4 || err != nil {
		t.Errorf("replay of %d: %v", n, err)
	}
	c.must(c.db.Read(t.Context(), func(tx *database.Tx) error {
		for kind, want := range map[string]int{"version.ruled": 2, "version.freed": 1} {
			var n int
			if err := tx.QueryRow(`SELECT COUNT(*) FROM ledger WHERE kind = ?`, kind).Scan(&n); err != nil || n != want {
				t.Errorf("%s: %d, %v", kind, n, err)
			}
		}
		return nil
	}))
}
