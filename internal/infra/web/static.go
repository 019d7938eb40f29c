package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/klauspost/compress/gzip"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// AssetSet is a set of embedded files, each under an address that holds the
// hash of its content, so that it can be kept for ever.
type AssetSet struct {
	urls  map[string]string // file name → address
	files map[string]asset  // last part of the address → file
}

type asset struct {
	media      string
	plain, zip []byte // zip is nil if compression does not help
}

// assetTypes are those that the machine's own table may lack.
var assetTypes = map[string]string{
	".woff2": "font/woff2", ".map": "application/json", ".ico": "image/x-icon", ".webmanifest": "application/manifest+json",
}

// Assets reads every file at the root of system.
func Assets(system fs.FS) (*AssetSet, error) {
	a := &AssetSet{urls: map[string]string{}, files: map[string]asset{}}
	all, err := fs.ReadDir(system, ".")
	if err != nil {
		return nil, fmt.Errorf("read assets: %w", err)
	}
	best, err := gzip.NewWriterLevel(nil, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress assets: %w", err)
	}
	for _, e := range all {
		if e.IsDir() || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		data, err := fs.ReadFile(system, e.Name())
		if err != nil {
			return nil, fmt.Errorf("read asset %s: %w", e.Name(), err)
		}
		sum := sha256.Sum256(data)
		ext := path.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		f := asset{media: assetType(ext), plain: data, zip: compressWith(best, data)}
		if len(f.zip) >= len(data) {
			f.zip = nil
		}
		a.urls[e.Name()] = "/assets/" + name
		a.files[name] = f
	}
	return a, nil
}

func assetType(ext string) string {
	for _, media := range []string{assetTypes[ext], mime.TypeByExtension(ext)} {
		if media != "" {
			return media
		}
	}
	return "application/octet-stream"
}

// URL returns the address of the file called name. It panics if there is no
// such file, since that is a fault of the program.
func (a *AssetSet) URL(name string) string {
	u, ok := a.urls[name]
	if !ok {
		panic("web: no asset is called " + name)
	}
	return u
}

// assetRoute is the name of the route that costs nothing.
const assetRoute = "web.asset"

// Route serves the set.
func (a *AssetSet) Route() Route {
	return Route{Method: "GET", Path: "/assets/{file}", Name: assetRoute, May: permit.Public, Do: func(c *Context) error {
		f, ok := a.files[c.Param("file")]
		if !ok {
			return problem.New(problem.NotFound, "web.nothing_here")
		}
		h, body := c.Writer.Header(), f.plain
		h.Set("Content-Type", f.media)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Add("Vary", "Accept-Encoding")
		if f.zip != nil && acceptsGzip(c.Request) {
			h.Set("Content-Encoding", "gzip")
			body = f.zip
		}
		return c.whole(http.StatusOK, body)
	}}
}
