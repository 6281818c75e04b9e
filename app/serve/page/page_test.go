package page

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// Hidden elements stay hidden, whatever the page's styles say, for example the token's field.
func TestHidden(t *testing.T) {
	read := func(path string) string {
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Body.String()
	}
	if html := read("/"); !strings.Contains(html, `id="tokenRow" hidden`) {
		t.Errorf("the field for a token is not hidden at first:\n%s", html)
	}
	if css := read("/paint.css"); !strings.Contains(css, "[hidden] { display: none !important; }") {
		t.Errorf("%s", css)
	}
}
