package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"kaishu/internal/infra/database"
)

// Row is what a concept keeps of one stream: the ledger is the proof, the row
// a convenience.
type Row[S any] struct {
	Stream   string
	Revision int // version of the stream up to which the row follows; 0 for a row that is older than its history
	Start    S   // before the first event; mostly the zero S
	State    S   // as stored
}

// Replay checks that each of all, which row loads, is what evolve makes of the
// events of its stream, and that every stream that holds one of kinds has a
// row. It returns the number of rows, and fails at the first that differs.
// Kinds are one event of each kind that the concept appends to streams that
// have rows. A row without a history counts, and is not checked.
//
// What is compared is what would be stored: the JSON of a state. A state has
// therefore no field that JSON leaves out.
func Replay[R, S any, E Event](tx *database.Tx, all []R, row func(R) (Row[S], error), evolve func(S, E) S, kinds ...Event) (n int, err error) {
	seen := make(map[string]bool, len(all))
	for _, of := range all {
		r, err := row(of)
		if err != nil {
			return n, err
		}
		if err := compare(tx, r, evolve, kinds); err != nil {
			return n, err
		}
		seen[r.Stream] = true
		n++
	}
	streams, err := holding(tx, kinds)
	if err != nil {
		return n, err
	}
	for _, stream := range streams {
		if !seen[stream] {
			return n, fmt.Errorf("%s has events and no row", stream)
		}
	}
	return n, nil
}

func compare[S any, E Event](tx *database.Tx, r Row[S], evolve func(S, E) S, kinds []Event) error {
	lines, err := History(tx, r.Stream)
	if err != nil || len(lines) == 0 && r.Revision == 0 {
		return err
	}
	again := r.Start
	for _, l := range lines {
		e, err := Decode[E](l, kinds...)
		if err != nil {
			return fmt.Errorf("replay %s at %d: %w", l.Stream, l.Version, err)
		}
		again = evolve(again, e)
	}
	made, err := json.Marshal(again)
	if err != nil {
		return fmt.Errorf("encode %s: %w", r.Stream, err)
	}
	stored, err := json.Marshal(r.State)
	if err != nil {
		return fmt.Errorf("encode %s: %w", r.Stream, err)
	}
	if !bytes.Equal(made, stored) || len(lines) != r.Revision {
		return fmt.Errorf("%s is not what its %d events make it", r.Stream, len(lines))
	}
	return nil
}

// Decode reads the event of l, which is one of kinds. It fails if it is none.
func Decode[E Event](l Line, kinds ...Event) (e E, err error) {
	for _, k := range kinds {
		if k.Kind() == l.Kind {
			into := reflect.New(reflect.TypeOf(k))
			err := json.Unmarshal(l.Body, into.Interface())
			return into.Elem().Interface().(E), err
		}
	}
	return e, fmt.Errorf("unknown event %s", l.Kind)
}

// holding lists the streams that hold an event of kinds.
func holding(tx *database.Tx, kinds []Event) (all []string, err error) {
	args := make([]any, len(kinds))
	for i, k := range kinds {
		args[i] = k.Kind()
	}
	rows, err := tx.Query(`
		SELECT DISTINCT stream
		FROM   ledger
		WHERE  kind IN (?`+strings.Repeat(`, ?`, len(kinds)-1)+`)
		ORDER  BY stream`, args...)
	if err != nil {
		return nil, fmt.Errorf("list streams: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var stream string
		if err := rows.Scan(&stream); err != nil {
			return nil, fmt.Errorf("list streams: %w", err)
		}
		all = append(all, stream)
	}
	return all, rows.Err()
}
