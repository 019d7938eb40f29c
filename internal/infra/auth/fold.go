package auth

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// FoldName makes what is one name to a person equal: full width and half,
// capital and small, with or without blanks around. Names by which people sign
// in are stored and looked up so.
func FoldName(text string) string { return strings.ToLower(strings.TrimSpace(norm.NFKC.String(text))) }
