package main

import (
	"context"
	"encoding/json"
	"os"

	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/tabular/duckdb"
	"kaishu/internal/open/version"
)

// The tasks of the worker process.
const (
	taskImport  = "import"
	taskBulk    = "bulk"
	taskCSV     = "csv"
	taskRecords = "records"
)

// worker is the other end: this binary started as "kaishu worker".
func worker() int {
	return intake.Serve(map[string]intake.Task{
		taskImport: func(ctx context.Context, text json.RawMessage) (any, error) {
			var r intake.Request
			if err := json.Unmarshal(text, &r); err != nil {
				return nil, err
			}
			return intake.Read(ctx, r, duckdb.Loader{Dir: r.Dir})
		},
		taskRecords: flatten,
		taskBulk: func(ctx context.Context, text json.RawMessage) (any, error) {
			var r version.BulkRequest
			if err := json.Unmarshal(text, &r); err != nil {
				return nil, err
			}
			return duckdb.Bulk(ctx, r.Parquet, r.Table, r.Dir, tabular.Formats...)
		},
		taskCSV: func(ctx context.Context, text json.RawMessage) (any, error) {
			var r version.BulkRequest
			if err := json.Unmarshal(text, &r); err != nil {
				return nil, err
			}
			return duckdb.Bulk(ctx, r.Parquet, r.Table, r.Dir, tabular.CSV)
		},
	})
}

// processWorker does each task in a process of its own.
type processWorker struct{ limits intake.Limits }

var _ version.Worker = processWorker{}

// worker is what reads files of others in a process of its own.
func (c Config) worker() processWorker {
	return processWorker{limits: intake.Limits{Memory: int64(c.WorkerMemory) << 20, Time: c.WorkerTime}}
}

// Import implements version.Worker.
func (w processWorker) Import(ctx context.Context, r intake.Request) (result intake.Result, err error) {
	return result, w.run(ctx, taskImport, r, &result)
}

// Bulk implements version.Worker.
func (w processWorker) Bulk(ctx context.Context, r version.BulkRequest) (files []tabular.Bulk, err error) {
	return files, w.run(ctx, taskBulk, r, &files)
}

func (w processWorker) run(ctx context.Context, task string, in, out any) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return intake.Run(ctx, []string{self, "worker"}, task, in, out, w.limits)
}
