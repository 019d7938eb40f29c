package directory

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"kaishu/internal/base/problem"
)

// decodeRecords reads the records of a JSON text: an array of objects, an
// object that holds one such array, or one object a line.
func decodeRecords(text []byte) (all []Record, err error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	for len(all) <= MaxRecords {
		var v any
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			at := len(text)
			if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
				at = int(wrong.Offset)
			}
			return nil, problem.New(problem.Invalid, "directory.no_json", "at", at)
		}
		if all, err = gather(all, v); err != nil {
			return nil, err
		}
	}
	if len(all) > MaxRecords {
		return nil, problem.New(problem.TooLarge, "directory.too_many_records", "most", MaxRecords)
	}
	return all, nil
}

func gather(all []Record, v any) ([]Record, error) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			m, ok := one.(map[string]any)
			if !ok {
				return nil, problem.New(problem.Invalid, "directory.no_records")
			}
			all = append(all, m)
		}
		return all, nil
	case map[string]any:
		if len(v) == 1 { // {"resources": [ … ]}
			for _, inner := range v {
				if list, ok := inner.([]any); ok {
					return gather(all, list)
				}
			}
		}
		return append(all, v), nil
	}
	return nil, problem.New(problem.Invalid, "directory.no_records")
}
