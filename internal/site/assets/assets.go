// Package assets is the files that every page uses: one style sheet, one
// script, an icon. They are written by hand; the edge serves them under the
// hash of their content (house.md B.8).
package assets

import "embed"

// Files holds the style sheets, the scripts and the icon.
//
//go:embed site.css dataset.css people.css site.js desk.css desk.js keys.js icon.svg
var Files embed.FS
