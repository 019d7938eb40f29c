// Package directory is the public-data catalogue (公共数据目录) as far as the
// open platform needs it: what resources and fields the city's data lake
// (数据湖) holds, and the hooks (挂接) by which every data item of the open list
// names the field it comes from.
//
// Regulation: Article 9, third paragraph (hooks); Article 10, items 3 and 4
// (data of daily work and of disclosure have no source in the catalogue).
// Requirements A9.10, SM-04.
//
// A source is a listing that the catalogue is taken from: a file, an address, or
// the schema of a PostgreSQL database. Each import replaces what the source
// said before, and what differs is kept. How a listing is written is a mapping,
// and mappings are data (mappings/*.json).
//
// Read rules.go (the hook), rules_resource.go, rules_mapping.go, then
// service.go and imports.go. Owns the tables "directory_source",
// "directory_resource", "directory_snapshot", "directory_difference" and
// "directory_hook".
package directory
