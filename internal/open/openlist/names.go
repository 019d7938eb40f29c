package openlist

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"kaishu/internal/base/likeness"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/open/directory"
	"kaishu/internal/people/organisation"
)

// MaxNear is how many names that are like a name are told. [D]
const MaxNear = 5

// names finds entries on the list whose names are near duplicates of another
// (Article 9(1)). It is made from the table when it is first asked, and reads
// in the ledger what moved since; so it answers the same after a restart.
type names struct {
	bodies *organisation.Service
	mu     sync.Mutex
	index  *likeness.Index     // nil before it was made
	twice  map[string][]string // names of bodies that mean the same body, by its id
	last   ledger.Line         // newest line that the index knows of
}

// nearTx returns at most limit entries on the list whose names are near
// duplicates of that of d, most alike first. Names that are the same but for
// signs are among them.
func (n *names) nearTx(tx *database.Tx, slug string, d Description, limit int) (all []Near, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.follow(tx); err != nil {
		return nil, err
	}
	body, err := n.body(tx, d.Publisher)
	if err != nil {
		return nil, err
	}
	for _, h := range n.index.Near(slug, likeness.Name{Title: d.Title.ZH, Publisher: body}, limit) {
		if h.Score < likeness.Near {
			break
		}
		e, _, err := load(tx, h.ID)
		if problem.Is(err, problem.NotFound) { // a fault of ours: it is not that the reader's entry does not exist
			err = fmt.Errorf("entry %s is in the index of names, and not in the table", h.ID)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, Near{Slug: h.ID, Title: e.Title.ZH, Publisher: e.Publisher, Likeness: h.Score})
	}
	return all, nil
}

// follow brings the index to what tx sees. A line of the ledger that is not
// there any more, or another in its place, was read in a transaction that came
// to nothing: then the index is made anew.
func (n *names) follow(tx *database.Tx) error {
	const most = 1000 // lines; for more it is as quick to begin anew
	end, err := ledger.Last(tx)
	if err != nil {
		return err
	}
	if n.index == nil {
		return n.read(tx, end)
	}
	if n.last.Seq > 0 {
		now, err := ledger.Since(tx, n.last.Seq-1, nil, 1)
		if err != nil {
			return err
		}
		if len(now) == 0 || !same(now[0], n.last) {
			return n.read(tx, end)
		}
	}
	if end == n.last.Seq {
		return nil
	}
	lines, err := ledger.Since(tx, n.last.Seq, []string{"openlist.", "organisation."}, most)
	if err != nil {
		return err
	}
	if len(lines) == most {
		return n.read(tx, end)
	}
	for _, l := range lines {
		slug, of := strings.CutPrefix(l.Stream, Stream(""))
		if !of { // a body has another name
			return n.read(tx, end)
		}
		if err := n.update(tx, slug); err != nil {
			return err
		}
	}
	return n.reached(tx, end)
}

func same(a, b ledger.Line) bool {
	return a.Seq == b.Seq && a.Stream == b.Stream && a.Version == b.Version && a.Kind == b.Kind && a.At.Equal(b.At) && a.Request == b.Request && bytes.Equal(a.Body, b.Body)
}

// reached notes the line up to which the index knows.
func (n *names) reached(tx *database.Tx, end int64) error {
	n.last = ledger.Line{}
	if end == 0 {
		return nil
	}
	lines, err := ledger.Since(tx, end-1, nil, 1)
	if err == nil && len(lines) == 0 {
		err = fmt.Errorf("read line %d of the ledger: it is not there", end)
	}
	if err != nil {
		return err
	}
	n.last = lines[0]
	return nil
}

// update sets the name of one entry.
func (n *names) update(tx *database.Tx, slug string) error {
	e, _, err := load(tx, slug)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return err
	}
	if err != nil || !e.Listed() {
		n.index.Remove(slug)
		return nil
	}
	body, err := n.body(tx, e.Publisher)
	if err == nil {
		n.index.Put(slug, likeness.Name{Title: e.Title.ZH, Publisher: body})
	}
	return err
}

// read makes the index from the table.
func (n *names) read(tx *database.Tx, end int64) error {
	if err := n.readBodies(tx); err != nil {
		return err
	}
	found, err := titles(tx)
	if err != nil {
		return err
	}
	index, bodies := likeness.NewIndex(), map[string]string{}
	for _, f := range found {
		if _, ok := bodies[f.publisher]; !ok {
			if bodies[f.publisher], err = n.body(tx, f.publisher); err != nil {
				return err
			}
		}
		index.Put(f.slug, likeness.Name{Title: f.title, Publisher: bodies[f.publisher]})
	}
	n.index = index
	return n.reached(tx, end)
}

// readBodies finds the bodies on the platform that mean the same one.
func (n *names) readBodies(tx *database.Tx) error {
	all, err := n.bodies.AllTx(tx, permit.Platform)
	if err != nil {
		return err
	}
	of := map[string][]organisation.Organisation{}
	for _, o := range all {
		plain := directory.PlainBody(o.Name.ZH)
		of[plain] = append(of[plain], o)
	}
	n.twice = map[string][]string{}
	for _, same := range of {
		for _, o := range same {
			for _, other := range same {
				if other.ID != o.ID {
					n.twice[o.ID] = append(n.twice[o.ID], other.Name.ZH)
				}
			}
		}
	}
	return nil
}

// twiceTx returns the names of other bodies on the platform that mean the body
// called id.
func (n *names) twiceTx(tx *database.Tx, id string) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.follow(tx); err != nil {
		return nil, err
	}
	return n.twice[id], nil
}

// body is the name of a body, "" if nothing is known of it.
func (n *names) body(tx *database.Tx, id string) (string, error) {
	o, err := n.bodies.GetTx(tx, permit.Platform, id)
	if problem.Is(err, problem.NotFound) {
		return "", nil
	}
	return o.Name.ZH, err
}

// titled is an entry on the list and its name.
type titled struct{ slug, publisher, title string }

func titles(tx *database.Tx) (all []titled, err error) {
	rows, err := tx.Query(`
		SELECT slug, publisher, body
		FROM   openlist_entry
		WHERE  stage IN ('published','suspended')
		ORDER  BY slug`)
	if err != nil {
		return nil, fmt.Errorf("list names of entries: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f titled
		var body []byte
		if err := rows.Scan(&f.slug, &f.publisher, &body); err != nil {
			return nil, fmt.Errorf("list names of entries: %w", err)
		}
		var e struct {
			Title struct {
				ZH string `json:"zh"`
			} `json:"title"`
		}
		if err := json.Unmarshal(body, &e); err != nil {
			return nil, fmt.Errorf("decode name of %s: %w", f.slug, err)
		}
		f.title = e.Title.ZH
		all = append(all, f)
	}
	return all, rows.Err()
}
