// Package page is the web page at /: it generates pictures from a browser, also on a tablet, through Nirvana's own
// API.
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"net/http"
	"strings"
)

//go:embed index.html paint.js paint.css
var files embed.FS

// Handler serves the page and its two files. The page loads nothing from other servers.
func Handler() http.Handler {
	served := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag(r.URL.Path))
		served.ServeHTTP(w, r)
	})
}

// Has reports whether a path belongs to the page.
func Has(path string) bool {
	return path == "/" || path == "/paint.js" || path == "/paint.css"
}

func tag(path string) string {
	name := strings.TrimPrefix(path, "/")
	if name == "" {
		name = "index.html"
	}
	data, err := files.ReadFile(name)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}
