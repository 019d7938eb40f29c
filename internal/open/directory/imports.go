package directory

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// SourceStream is the ledger stream of a source.
func SourceStream(id string) string { return "directory/source/" + id }

// Register enters a source. Nothing is imported by it.
func (s *Service) Register(ctx context.Context, who permit.Actor, p Particulars) (x Source, err error) {
	if err := MayKeep.Asked(who); err != nil {
		return x, err
	}
	if !MayKeepSource(who, p) {
		return x, problem.New(problem.Forbidden, "directory.not_your_source")
	}
	var addressed error
	if p.Form == KindHTTP && p.Address != "" {
		addressed = s.Fetch.Check(ctx, p.Address)
		if told := problem.As(addressed); told != nil { // it calls what it looks at a URL
			fields := slices.Clone(told.Fields)
			for i := range fields {
				fields[i].Pointer = "/address"
			}
			addressed = &problem.Error{Kind: told.Kind, Code: told.Code, Args: told.Args, Fields: fields}
		}
	}
	connections, err := s.Databases.Connections()
	if err != nil {
		return x, err
	}
	if err := CheckSource(p, mappingNames(), connections, addressed); err != nil {
		return x, err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		if p.Body != "" {
			if _, err := s.Organisations.GetTx(tx, permit.Platform, p.Body); problem.Is(err, problem.NotFound) {
				var l problem.List
				l.Add("/body", "directory.no_such_body", "body", p.Body)
				return l.Err()
			} else if err != nil {
				return err
			}
		}
		e := Registered{ID: s.IDs.Make("src"), Particulars: p, By: who.Doer()}
		x = EvolveSource(Source{}, e)
		if err := saveSource(tx, source{x, 1}, 0); err != nil {
			return err
		}
		return ledger.Append(tx, SourceStream(x.ID), 0, who, s.Clock.Now(), id.Trace(tx.Context()), []SourceEvent{e})
	})
	return x, err
}

// seeSource returns a source that who may keep; to others there is none.
func (s *Service) seeSource(tx *database.Tx, who permit.Actor, sourceID string) (source, error) {
	x, err := loadSource(tx, sourceID)
	if err == nil && !MayKeepSource(who, x.Particulars) && !who.Has(permit.Clock) {
		err = problem.New(problem.NotFound, "directory.no_source_here")
	}
	return x, err
}

// Import reads a listing that somebody handed in under a file name, and has it
// replace what the source said before. It is refused with everything that is
// wrong with it, and then changes nothing.
func (s *Service) Import(ctx context.Context, who permit.Actor, sourceID, name string, file io.Reader, heed Heed) (x Snapshot, err error) {
	if err := s.DB.Read(ctx, func(tx *database.Tx) error {
		_, err := s.seeSource(tx, who, sourceID)
		return err
	}); err != nil {
		return x, err
	}
	return s.received(ctx, who, sourceID, name, heed, func(to io.Writer) error {
		n, err := io.Copy(to, io.LimitReader(file, s.Most+1))
		if err == nil && n > s.Most {
			err = problem.New(problem.TooLarge, "directory.too_large", "mebibytes", s.Most>>20)
		}
		return err
	})
}

// received writes a listing to a file, reads its records and imports them.
func (s *Service) received(ctx context.Context, who permit.Actor, sourceID, name string, heed Heed, write func(io.Writer) error) (x Snapshot, err error) {
	dir, err := os.MkdirTemp(s.Scratch, "directory-")
	if err != nil {
		return x, fmt.Errorf("make folder of an import: %w", err)
	}
	defer os.RemoveAll(dir)
	at := filepath.Join(dir, "listing")
	f, err := os.Create(at)
	if err != nil {
		return x, fmt.Errorf("make file of an import: %w", err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return x, err
	}
	records, err := s.records(ctx, at, name, dir)
	if err != nil {
		return x, err
	}
	return s.take(ctx, who, sourceID, name, records, heed)
}

// records reads the records of a file: JSON, packed or not, here; tables in a
// process of their own.
func (s *Service) records(ctx context.Context, at, name, dir string) (all []Record, err error) {
	f, err := os.Open(at)
	if err != nil {
		return nil, fmt.Errorf("open listing: %w", err)
	}
	defer f.Close()
	var head [512]byte
	n, err := io.ReadFull(f, head[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read listing: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read listing: %w", err)
	}
	start := head[:n]
	var from io.Reader = f
	if bytes.HasPrefix(start, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(f)
		if err != nil {
			return nil, problem.New(problem.Invalid, "directory.no_json", "at", 0)
		}
		from, start = unpacked, []byte("{")
	}
	start = bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(start) == 0 || start[0] != '{' && start[0] != '[' {
		rows, err := s.Tables.Records(ctx, at, name, dir)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			rec := Record{}
			for k, v := range r {
				rec[k] = v
			}
			all = append(all, rec)
		}
		return all, nil
	}
	text, err := io.ReadAll(io.LimitReader(from, 8*s.Most+1))
	if errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, problem.New(problem.Invalid, "directory.no_json", "at", len(text))
	}
	if err != nil {
		return nil, fmt.Errorf("read listing: %w", err)
	}
	if int64(len(text)) > 8*s.Most {
		return nil, problem.New(problem.TooLarge, "directory.too_large", "mebibytes", 8*s.Most>>20)
	}
	return decodeRecords(text)
}

// Sync fetches the listing of a source that has an address or a database, and
// imports it.
func (s *Service) Sync(ctx context.Context, who permit.Actor, sourceID string, heed Heed) (x Snapshot, err error) {
	var from source
	if err := s.DB.Read(ctx, func(tx *database.Tx) (err error) {
		from, err = s.seeSource(tx, who, sourceID)
		return err
	}); err != nil {
		return x, err
	}
	switch from.Form {
	case KindHTTP:
		return s.received(ctx, who, sourceID, path.Base(from.Address), heed, func(to io.Writer) error {
			status, _, err := s.Fetch.Get(ctx, from.Address, nil, to, s.Most)
			if err == nil && status != http.StatusOK {
				err = problem.New(problem.Invalid, "directory.not_answered", "status", status)
			}
			return err
		})
	case KindPostgreSQL:
		rows, err := s.Databases.Columns(ctx, from.Connection, from.Schema)
		if err != nil {
			return x, err
		}
		var records []Record
		for _, r := range rows {
			rec := Record{}
			for k, v := range r {
				rec[k] = v
			}
			records = append(records, rec)
		}
		return s.take(ctx, who, sourceID, from.Connection, records, heed)
	}
	return x, problem.New(problem.Conflict, "directory.hand_it_in")
}

// take has records replace what the source held, and then looks at the hooks
// that take data items from it.
func (s *Service) take(ctx context.Context, who permit.Actor, sourceID, name string, records []Record, heed Heed) (x Snapshot, err error) {
	homes, err := s.homes(ctx)
	if err != nil {
		return x, err
	}
	var changed bool
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		from, err := s.seeSource(tx, who, sourceID)
		if err != nil {
			return err
		}
		m, ok := FindMapping(from.Mapping)
		if !ok {
			return fmt.Errorf("import of %s: no mapping %s", sourceID, from.Mapping)
		}
		bodyName := ""
		if from.Body != "" {
			bodyName = homes.name[from.Body]
		}
		r := m.Read(sourceID, bodyName, records)
		strangers := homes.settle(&r, from.Body)
		before, err := resources(tx, `WHERE source = ?`, sourceID)
		if err != nil {
			return err
		}
		all := Compare(before, r.Resources)
		if err := MayImport(r, before, all, heed); err != nil {
			return err
		}
		x = snapshotOf(from, r, all)
		x.Name, x.On, x.By, x.Strangers = name, workday.Of(s.Clock.Now()), who.Account, strangers
		changed = from.Hash != x.Hash
		return s.replace(tx, who, from, x, before, r.Resources, all)
	})
	if err != nil || !changed {
		return x, err
	}
	_, err = s.lookAll(ctx, sourceID)
	return x, err
}

// replace writes what an import makes of a source.
func (s *Service) replace(tx *database.Tx, who permit.Actor, from source, x Snapshot, before, after []Resource, all []Difference) error {
	touched := map[string]bool{}
	for _, d := range all {
		touched[d.Resource] = true
	}
	for _, r := range after {
		if touched[r.ID] || !slices.ContainsFunc(before, func(b Resource) bool { return b.ID == r.ID && b.Body == r.Body }) {
			if err := saveResource(tx, r); err != nil {
				return err
			}
		}
		delete(touched, r.ID)
	}
	for _, r := range before { // what is left was not there any more
		if touched[r.ID] {
			r.Gone = true
			if err := saveResource(tx, r); err != nil {
				return err
			}
		}
	}
	if err := saveSourceAfter(tx, from, x); err != nil {
		return err
	}
	if err := saveSnapshot(tx, x, all); err != nil {
		return err
	}
	return ledger.Append(tx, SourceStream(from.ID), from.revision, who, s.Clock.Now(), id.Trace(tx.Context()), []SourceEvent{x.event(who)})
}

func saveSourceAfter(tx *database.Tx, from source, x Snapshot) error {
	after := source{EvolveSource(from.Source, x.event(permit.Actor{})), from.revision + 1}
	return saveSource(tx, after, from.revision)
}

func (x Snapshot) event(who permit.Actor) Imported {
	return Imported{Snapshot: x.Number, Hash: x.Hash, On: x.On, Resources: x.Resources, Added: x.Added, Changed: x.Changed, Gone: x.Gone, By: who.Doer()}
}

// mostListed is how many faults and names a snapshot keeps.
const mostListed = 200

func snapshotOf(from source, r Reading, all []Difference) Snapshot {
	x := Snapshot{Source: from.ID, Number: from.Snapshot + 1, Records: r.Records, Repeats: r.Repeats, Resources: len(r.Resources), Spellings: r.Spellings}
	x.LeftOut = r.Faults[:min(len(r.Faults), mostListed)]
	for _, one := range r.Resources {
		x.Fields += len(one.Fields)
		if len(one.Fields) == 0 {
			x.Bare++
		}
		if one.Body == "" {
			x.Homeless++
		}
	}
	for _, d := range all {
		switch d.Kind {
		case "added", "back":
			x.Added++
		case "changed":
			x.Changed++
		case "gone":
			x.Gone++
		}
	}
	text, err := json.Marshal(r.Resources)
	if err != nil {
		panic("directory: resources are no JSON: " + err.Error())
	}
	sum := sha256.Sum256(text)
	x.Hash = hex.EncodeToString(sum[:])
	return x
}

// homes are the bodies on the platform.
type homes struct {
	name   map[string]string // id → name
	byName map[string]string // name → id
	plain  map[string]string // plain name → id; "" for a name that several have
}

func (s *Service) homes(ctx context.Context) (homes, error) {
	h := homes{map[string]string{}, map[string]string{}, map[string]string{}}
	all, err := s.Organisations.List(ctx, permit.Platform)
	for _, o := range all {
		h.name[o.ID] = o.Name.ZH
		h.byName[o.Name.ZH] = o.ID
		k := PlainBody(o.Name.ZH)
		if _, twice := h.plain[k]; twice {
			h.plain[k] = ""
		} else {
			h.plain[k] = o.ID
		}
	}
	return h, err
}

// settle gives each resource its body, and returns the names that none has.
func (h homes) settle(r *Reading, body string) (strangers []string) {
	for i := range r.Resources {
		x := &r.Resources[i]
		x.Body = body
		if body == "" {
			if x.Body = h.byName[x.BodyName]; x.Body == "" {
				x.Body = h.plain[PlainBody(x.BodyName)]
			}
		}
		if x.Body == "" && !slices.Contains(strangers, x.BodyName) && len(strangers) < mostListed {
			strangers = append(strangers, x.BodyName)
		}
	}
	return strangers
}
