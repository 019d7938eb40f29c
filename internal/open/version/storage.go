package version

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
)

// Keep is the rule of who looks after disks.
var Keep = permit.Rule{Act: "version.storage", By: []permit.Role{permit.SysAdmin, permit.CtrOps, permit.Auditor}}

// Storage is how many bytes the objects of all versions take, each object
// counted once, in the first kind that names it.
type Storage struct {
	Originals int64   `json:"originals"` // files as they were sent
	Tables    int64   `json:"tables"`    // canonical tables
	Downloads int64   `json:"downloads"` // files for download
	Notes     int64   `json:"notes"`     // statistics, recipes, previews, lists of what was set aside
	Objects   int     `json:"objects"`
	Largest   []Share `json:"largest"` // datasets, the largest first
}

// Share is what the objects of one dataset take. An object that several name
// counts for the first.
type Share struct {
	Dataset  string `json:"dataset"`
	Bytes    int64  `json:"bytes"`
	Versions int    `json:"versions"`
}

// Storage adds up what is kept, and names the most largest datasets.
func (s *Service) Storage(ctx context.Context, who permit.Actor, most int) (sum Storage, err error) {
	if err := Keep.Asked(who); err != nil {
		return sum, err
	}
	var all []row
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err = everything(tx)
		return err
	})
	if err != nil {
		return sum, err
	}
	seen, shares := map[string]bool{}, map[string]*Share{}
	for _, v := range all {
		share := shares[v.Dataset]
		if share == nil {
			share = &Share{Dataset: v.Dataset}
			shares[v.Dataset] = share
		}
		share.Versions++
		before := sum.total()
		if err := s.add(&sum, seen, v.Version); err != nil {
			return sum, err
		}
		share.Bytes += sum.total() - before
	}
	sum.Objects, sum.Largest = len(seen), []Share{}
	for _, share := range shares {
		sum.Largest = append(sum.Largest, *share)
	}
	slices.SortFunc(sum.Largest, func(a, b Share) int { return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Dataset, b.Dataset)) })
	sum.Largest = sum.Largest[:min(most, len(sum.Largest))]
	return sum, nil
}

func (s Storage) total() int64 { return s.Originals + s.Tables + s.Downloads + s.Notes }

// add counts the objects of v that were not seen before.
func (s *Service) add(sum *Storage, seen map[string]bool, v Version) error {
	count := func(kind *int64, hash string, bytes int64) {
		if hash != "" && !seen[hash] {
			seen[hash] = true
			*kind += bytes
		}
	}
	count(&sum.Originals, v.Origin.Hash, v.Origin.Bytes)
	if v.Outcome != nil {
		count(&sum.Tables, v.Outcome.Parquet, v.Outcome.ParquetBytes)
	}
	for _, f := range v.Files {
		count(&sum.Downloads, f.Hash, f.Bytes)
	}
	for _, hash := range v.objects() { // what is left has no size in the row
		if hash == "" || seen[hash] {
			continue
		}
		path, err := s.Shelf.Path(hash)
		if err != nil {
			continue // kaishu check tells of what is missing
		}
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("measure object %s: %w", hash, err)
		}
		count(&sum.Notes, hash, info.Size())
	}
	return nil
}
