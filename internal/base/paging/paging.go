// Package paging turns the place where a page ended into an opaque cursor.
// Pages are found by key, never by offset (house.md B.8).
package paging

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"

	"kaishu/internal/base/problem"
)

// MaxLimit is the largest page of cases and of datasets.
const MaxLimit = 200

// Cursor is the place after which the next page begins.
type Cursor struct {
	Query string `json:"q"` // fingerprint of the query it belongs to; see [Fingerprint]
	Key   []any  `json:"k"` // order values of the last item: nil, string, bool or json.Number
}

// Fingerprint names a query by its parts, so that a cursor cannot be used
// with another query.
func Fingerprint(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// String writes c for a URL.
func (c Cursor) String() string {
	data, err := json.Marshal(c)
	if err != nil {
		panic("paging: key that is not JSON: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// Parse reads a cursor made for the query with the given fingerprint. An
// empty text is no cursor: the answer is nil. It fails with the field problem
// "paging.bad_cursor" or "paging.other_query" at pointer "?after".
func Parse(text, fingerprint string) (*Cursor, error) {
	if text == "" {
		return nil, nil
	}
	var c Cursor
	var p problem.List
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		if err = d.Decode(&c); err == nil && d.More() {
			err = io.ErrUnexpectedEOF
		}
	}
	if err != nil || !scalar(c.Key) {
		p.Add("?after", "paging.bad_cursor")
		return nil, p.Err()
	}
	if c.Query != fingerprint {
		p.Add("?after", "paging.other_query")
		return nil, p.Err()
	}
	return &c, nil
}

func scalar(key []any) bool {
	for _, v := range key {
		switch v.(type) {
		case nil, string, bool, json.Number:
		default:
			return false
		}
	}
	return true
}
