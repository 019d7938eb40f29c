package version

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/intake"
)

// Preview is what an editor looks at to see whether a file was read as meant.
type Preview struct {
	Head     []intake.Line    `json:"head"`              // the first records as they stand
	Rows     [][]string       `json:"rows"`              // the first rows as they came out; "" is null
	Outside  []intake.Outside `json:"outside,omitempty"` // titles, notes and totals
	Repeated int64            `json:"repeated"`          // rows that equal an earlier one; -1 if not counted
	Sheets   []string         `json:"sheets,omitempty"`  // of the workbook
	Asked    []intake.Asked   `json:"asked,omitempty"`   // what the file does not say
	Remarks  []intake.Word    `json:"remarks,omitempty"` // what of the file is not in the table
}

func previewOf(r intake.Result) Preview {
	return Preview{Head: r.Head, Rows: r.Rows, Outside: r.Outside, Repeated: r.Repeated, Sheets: r.Sheets, Asked: r.Recipe.Asks(), Remarks: r.Remarks}
}

// Reading is how the file of a version was read, for those who work on it.
type Reading struct {
	Version  Version           `json:"version"`
	Recipe   *intake.Recipe    `json:"recipe"`    // nil until it was read
	Said     *intake.Recipe    `json:"said"`      // what somebody said of the reading; nil if nobody did
	Preview  *Preview          `json:"preview"`   // nil until it was read
	SetAside []intake.SetAside `json:"set_aside"` // the first ones
}

// ShownAside is how many things set aside a [Reading] lists.
const ShownAside = 200

// Reading returns how the file of a version was read. Who must work on the
// dataset; for others there is nothing of the kind. Article 9(3).
func (s *Service) Reading(ctx context.Context, who permit.Actor, dataset string, number int) (r Reading, err error) {
	r.Version, err = s.Get(ctx, who, dataset, number)
	if err != nil {
		return r, err
	}
	e, err := s.Entries.Get(ctx, who, dataset)
	if err != nil {
		return r, err
	}
	if !WorksOn(who.For(e.Publisher)) {
		return Reading{}, notFound(dataset, number)
	}
	if r.Version.Recipe != "" {
		r.Said = &intake.Recipe{}
		if err := s.readJSON(r.Version.Recipe, r.Said); err != nil {
			return r, err
		}
	}
	o := r.Version.Outcome
	if o == nil {
		return r, nil
	}
	r.Recipe = &intake.Recipe{}
	if err := s.readJSON(o.Recipe, r.Recipe); err != nil {
		return r, err
	}
	if o.Preview != "" {
		r.Preview = &Preview{}
		if err := s.readJSON(o.Preview, r.Preview); err != nil {
			return r, err
		}
	}
	r.SetAside, err = s.aside(o.SetAside)
	return r, err
}

func (s *Service) aside(hash string) (all []intake.SetAside, err error) {
	if hash == "" {
		return nil, nil
	}
	path, err := s.Shelf.Path(hash)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read what was set aside: %w", err)
	}
	defer f.Close()
	for d := json.NewDecoder(bufio.NewReader(f)); len(all) < ShownAside; {
		var one intake.SetAside
		if err := d.Decode(&one); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read what was set aside: %w", err)
		}
		all = append(all, one)
	}
	return all, nil
}

func (s *Service) readJSON(hash string, into any) error {
	path, err := s.Shelf.Path(hash)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read object %s: %w", hash, err)
	}
	defer f.Close()
	if err := json.NewDecoder(f).Decode(into); err != nil {
		return fmt.Errorf("read object %s: %w", hash, err)
	}
	return nil
}
