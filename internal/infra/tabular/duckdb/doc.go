// Package duckdb is the table engine on DuckDB: it loads clean rows into
// Parquet, profiles them, makes files for download, and answers queries from
// serving copies, native files sorted by the declared key.
//
// Text of users never reaches it: names come from the schema, quoted; values
// are parameters. Serving copies are a cache that can be thrown away.
//
// Read engine.go, then sql.go, then query.go; load.go, profile.go and bulk.go
// run in the worker process.
package duckdb
