// Package hubtest is a model hub on this machine, for tests. It answers as the
// Hugging Face hub does, as far as a program sees it that fetches models:
//
//   - /api/models/NAME/revision/REV?blobs=true lists files with git's hash, and of
//     large ones SHA-256 and size under "lfs" (huggingface_hub, hf_api.py, RepoSibling);
//   - /NAME/resolve/COMMIT/FILE sends a large file's reader by HTTP 302 to another
//     host, with a signed address, and says X-Linked-Etag, X-Linked-Size and
//     X-Repo-Commit (file_download.py, get_hf_file_metadata); a small file's by
//     HTTP 307 to /api/resolve-cache on the same host. The other host is a store that
//     refuses a signed address that comes with a token, as S3 does;
//   - faults say X-Error-Code, X-Error-Message and a JSON body {"error": ...}
//     (utils/_http.py, hf_raise_for_status); a repository that is not there is
//     HTTP 401 to who brings no token, as a private one is.
//
// Start with New.
package hubtest

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Commit is the commit of the only repository, Name.
const (
	Commit = "0123456789abcdef0123456789abcdef01234567"
	Name   = "artist/model"
	// Renamed is a former name; the hub redirects.
	Renamed = "artist/old-name"
)

// Large is the size from which a file is kept in the store, bytes.
const Large = 1000

// Server is a hub. Fields may be changed between requests.
type Server struct {
	*httptest.Server
	Files map[string][]byte
	Token string // required; "": anyone has access
	Gated bool   // files only with the token, the list for everyone
	Extra string // added to the list of files
	// Fault gets the index, from 1, of the request for a file's bytes, and the first byte requested; true: it has
	// responded. Once the server has been used, SetFault changes it.
	Fault func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool

	store *httptest.Server
	mu    sync.Mutex
	asked []string
}

// New starts a hub with these files; Close it.
func New(files map[string][]byte) *Server {
	s := &Server{Files: files}
	s.Server = httptest.NewServer(http.HandlerFunc(s.hub))
	s.store = httptest.NewServer(http.HandlerFunc(s.keep))
	return s
}

// Close stops it.
func (s *Server) Close() {
	s.Server.Close()
	s.store.Close()
}

// Asked are the requests for files' bytes: path and first byte.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

// Forget empties Asked.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = nil
}

// refuse responds as the hub does.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Error-Code", code)
	w.Header().Set("X-Error-Message", message)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": message})
}

func (s *Server) hub(w http.ResponseWriter, r *http.Request) {
	given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	api, isAPI := strings.CutPrefix(r.URL.Path, "/api/models/")
	path := strings.TrimPrefix(r.URL.Path, "/")
	open := s.Token == "" || given == s.Token
	switch {
	case given != "" && !open:
		refuse(w, http.StatusUnauthorized, "", "Invalid username or password.")
	case strings.HasPrefix(api, Renamed+"/"):
		http.Redirect(w, r, "/api/models/"+Name+strings.TrimPrefix(api, Renamed)+"?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	case strings.HasPrefix(path, Renamed+"/"):
		http.Redirect(w, r, "/"+Name+strings.TrimPrefix(path, Renamed), http.StatusTemporaryRedirect)
	case isAPI && !strings.HasPrefix(api, Name+"/"), !isAPI && !strings.HasPrefix(path, Name+"/") && !strings.HasPrefix(path, "api/resolve-cache/"), !open && !s.Gated:
		status := http.StatusUnauthorized
		if given != "" {
			status = http.StatusNotFound
		}
		refuse(w, status, "RepoNotFound", "Repository not found")
	case isAPI:
		revision := strings.TrimPrefix(api, Name+"/revision/")
		if revision != "main" && revision != Commit {
			refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+revision)
			return
		}
		w.Write(s.Answer())
	case !open:
		refuse(w, http.StatusUnauthorized, "GatedRepo", "Access to model "+Name+" is restricted. You must have access to it and be authenticated to access it. Please log in.")
	default:
		s.resolve(w, r, path)
	}
}

// resolve redirects to a file's address.
func (s *Server) resolve(w http.ResponseWriter, r *http.Request, path string) {
	if name, ok := strings.CutPrefix(path, "api/resolve-cache/models/"+Name+"/"+Commit+"/"); ok {
		s.bytes(w, r, name)
		return
	}
	name, ok := strings.CutPrefix(path, Name+"/resolve/"+Commit+"/")
	data, there := s.Files[name]
	if !ok || !there {
		refuse(w, http.StatusNotFound, "EntryNotFound", "Entry not found")
		return
	}
	w.Header().Set("X-Repo-Commit", Commit)
	w.Header().Set("Accept-Ranges", "bytes")
	if len(data) < Large {
		w.Header().Set("ETag", `"`+blob(data)+`"`)
		http.Redirect(w, r, "/api/resolve-cache/models/"+Name+"/"+Commit+"/"+name, http.StatusTemporaryRedirect)
		return
	}
	w.Header().Set("X-Linked-Size", strconv.Itoa(len(data)))
	w.Header().Set("X-Linked-Etag", `"`+sum(data)+`"`)
	w.Header().Set("X-Xet-Hash", sum([]byte(name)))
	there2 := strings.Replace(s.store.URL, "127.0.0.1", "localhost", 1)
	http.Redirect(w, r, there2+"/xet-bridge-us/"+name+"?X-Amz-Signature=abc&X-Amz-Expires=3600", http.StatusFound)
}

// keep is the store.
func (s *Server) keep(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/xet-bridge-us/")
	switch {
	case r.Header.Get("Authorization") != "":
		http.Error(w, "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>", http.StatusBadRequest)
	case !ok || r.URL.Query().Get("X-Amz-Signature") == "" || s.Files[name] == nil:
		http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
	default:
		s.bytes(w, r, name)
	}
}

// SetFault changes Fault while the server is in use.
func (s *Server) SetFault(fault func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Fault = fault
}

func (s *Server) bytes(w http.ResponseWriter, r *http.Request, name string) {
	data := s.Files[name]
	from := 0
	if text, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		from, _ = strconv.Atoi(strings.TrimSuffix(text, "-"))
	}
	s.mu.Lock()
	s.asked = append(s.asked, fmt.Sprintf("%s@%d", name, from))
	n, fault := len(s.asked), s.Fault
	s.mu.Unlock()
	if fault != nil && fault(n, w, r, data, from) {
		return
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
}

// Answer is the hub's description of the repository.
func (s *Server) Answer() []byte {
	var rows []string
	for name, data := range s.Files {
		row := map[string]any{"rfilename": name, "size": len(data), "blobId": blob(data)}
		if len(data) >= Large {
			row["lfs"] = map[string]any{"sha256": sum(data), "size": len(data), "pointerSize": 134}
		}
		js, _ := json.Marshal(row)
		rows = append(rows, string(js))
	}
	if s.Extra != "" {
		rows = append(rows, s.Extra)
	}
	return []byte(`{"_id": "66", "id": "` + Name + `", "private": false, "gated": false, "sha": "` + Commit + `", "cardData": {"license": "openrail"}, "siblings": [` + strings.Join(rows, ",") + `]}`)
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

func blob(data []byte) string {
	h := sha1.Sum(append([]byte(fmt.Sprintf("blob %d\x00", len(data))), data...))
	return hex.EncodeToString(h[:])
}
