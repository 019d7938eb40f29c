package identifiertest

import (
	"bytes"
	"os"
	"testing"

	"kaishu/internal/base/identifier"
)

// TestSetInTheRepositoryIsTheGenerators: the committed set is what the
// generator makes; go run ./tools/identifiers -write makes it anew.
func TestSetInTheRepositoryIsTheGenerators(t *testing.T) {
	var made bytes.Buffer
	if err := Write(&made, Small()); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("testdata/synthetic.csv")
	if err != nil || !bytes.Equal(kept, made.Bytes()) {
		t.Errorf("testdata/synthetic.csv is not what the generator makes (%v)", err)
	}
	if made.Len() > 300<<10 {
		t.Errorf("%d bytes are too many to keep", made.Len())
	}
}

// TestFigures holds the detector to its figures, on 100,000 cells.
func TestFigures(t *testing.T) {
	all := Large()
	cells := 0
	for _, c := range all {
		cells += len(c.Cells)
	}
	if cells != 100_000 {
		t.Fatalf("%d cells", cells)
	}
	figures := Measure(all)
	for _, f := range figures {
		recall, precision := Bounds(f.Kind)
		if f.Cells < 2_000 || f.Recall() < recall || f.Precision() < precision || f.Chance() > 1e-4 && precision > 0.99 {
			t.Errorf("%s: recall %.4f of %.3f, precision %.4f of %.3f, %d false of %d, of %d cells", f.Kind, f.Recall(), recall, f.Precision(), precision, f.False, f.Others, f.Cells)
		}
		if float64(f.Told) < 0.98*float64(f.Columns) || float64(f.Mistaken) > 0.02*float64(len(all)) {
			t.Errorf("%s: %d of %d columns told, %d mistaken of %d", f.Kind, f.Told, f.Columns, f.Mistaken, len(all))
		}
	}
	var b bytes.Buffer
	if err := Table(&b, figures); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + b.String())
	if testing.Verbose() {
		explain(t, all)
	}
}

// explain logs some of what was missed and mistaken.
func explain(t *testing.T, all []Column) {
	shown := map[string]int{}
	for _, c := range all {
		for _, cell := range c.Cells {
			alone := Alone(cell.Text)
			if c.Kind < identifier.Kinds && cell.Is != alone[c.Kind] || c.Kind == identifier.Kinds && alone[c.Near] && !needsHeader[c.Near] {
				key := c.String()[:8] + cell.Shape
				if shown[key]++; shown[key] <= 2 {
					t.Logf("%v, %s: %q is %t", c, cell.Shape, cell.Text, cell.Is)
				}
			}
		}
	}
}
