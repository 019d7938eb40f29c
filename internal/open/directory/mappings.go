package directory

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
)

//go:embed mappings/*.json
var mappingFiles embed.FS

// known are the mappings that the platform is delivered with.
var known = sync.OnceValue(func() (all []Mapping) {
	files, err := mappingFiles.ReadDir("mappings")
	if err != nil {
		panic(fmt.Sprintf("directory: read mappings: %v", err))
	}
	for _, f := range files {
		text, err := mappingFiles.ReadFile("mappings/" + f.Name())
		if err == nil {
			var m Mapping
			if m, err = ParseMapping(text); err == nil {
				all = append(all, m)
			}
		}
		if err != nil {
			panic(fmt.Sprintf("directory: mapping %s: %v", f.Name(), err))
		}
	}
	return all
})

// Mappings lists the mappings, by name.
func Mappings() []Mapping { return slices.Clone(known()) }

// FindMapping returns the mapping called name.
func FindMapping(name string) (Mapping, bool) {
	for _, m := range known() {
		if m.Name == name {
			return m, true
		}
	}
	return Mapping{}, false
}

func mappingNames() (names []string) {
	for _, m := range known() {
		names = append(names, m.Name)
	}
	return names
}

// ResourceID is the id of what the source's listing knows by code: the same at
// every import.
func ResourceID(source, code string) string {
	sum := sha256.Sum256([]byte(source + "\x00" + code))
	return "res_" + hex.EncodeToString(sum[:10])
}
