package access

import (
	"context"

	"kaishu/internal/infra/record"
)

// Count records one read. Open data is counted in batches; any other read is
// written down before the first byte leaves, and if it cannot be, nothing
// leaves (Article 26). Call it when the answer is known and not yet begun.
func (r *Reading) Count(ctx context.Context, route record.Route, format string, rows, bytes int64) error {
	read := record.Read{
		Dataset: r.Entry.Slug, Version: r.Version.Number, Route: route, Format: format,
		Rows: rows, Bytes: bytes, Actor: r.Who.Account, At: r.tools.Clock.Now(),
	}
	if Open(facts(r.Who, r.Entry, r.Version)) {
		r.tools.Recorder.Count(read)
		return nil
	}
	return r.tools.Recorder.Note(ctx, read)
}
