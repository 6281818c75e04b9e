package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// server is a hub on this machine that misbehaves as a test asks.
type server struct {
	*httptest.Server
	files map[string][]byte
	token string
	mu    sync.Mutex
	asked []string // path and range of every file request
	// fault is told the how-manieth file request this is; true: it has answered.
	fault func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool
	extra string // put into the siblings
}

func newServer(t testing.TB) *server {
	big := make([]byte, 300_000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range big {
		big[i] = byte(r.Uint32())
	}
	s := &server{files: map[string][]byte{"unet/model.onnx": big, "model_index.json": []byte(`{"a": 1}`), "scheduler/scheduler_config.json": []byte("{}"), "tokenizer/merges.txt": {},
		"unet/model.safetensors": big, ".gitattributes": []byte("x")}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) client() Client {
	return Client{Endpoint: s.URL, Wait: time.Millisecond, Tries: 4, Stall: 2 * time.Second, Token: s.token}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.token != "" && r.Header.Get("Authorization") != "Bearer "+s.token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/api/models/artist/model/revision/") {
		w.Write(s.answer())
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/artist/model/resolve/"+commit+"/")
	data, there := s.files[name]
	if !ok || !there {
		http.NotFound(w, r)
		return
	}
	from := 0
	if text, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		from, _ = strconv.Atoi(strings.TrimSuffix(text, "-"))
	}
	s.mu.Lock()
	s.asked = append(s.asked, fmt.Sprintf("%s@%d", name, from))
	n := len(s.asked)
	s.mu.Unlock()
	if s.fault != nil && s.fault(n, w, r, data, from) {
		return
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
}

func (s *server) answer() []byte {
	var rows []string
	for name, data := range s.files {
		blob := sha1.Sum(append([]byte(fmt.Sprintf("blob %d\x00", len(data))), data...))
		row := map[string]any{"rfilename": name, "size": len(data), "blobId": hex.EncodeToString(blob[:])}
		if len(data) > 1000 {
			sum := sha256.Sum256(data)
			row["lfs"] = map[string]any{"sha256": hex.EncodeToString(sum[:]), "size": len(data)}
		}
		js, _ := json.Marshal(row)
		rows = append(rows, string(js))
	}
	if s.extra != "" {
		rows = append(rows, s.extra)
	}
	return []byte(`{"sha": "` + commit + `", "cardData": {"license": "openrail"}, "siblings": [` + strings.Join(rows, ",") + `]}`)
}

func fetch(t *testing.T, s *server, c Client, dir string) error {
	t.Helper()
	r, err := c.Look(context.Background(), "artist/model", "")
	if err != nil {
		return err
	}
	last := Progress{}
	err = c.Fetch(context.Background(), r, dir, func(p Progress) {
		if p.Done > p.Bytes || p.Done < 0 {
			t.Errorf("progress %+v", p)
		}
		last = p
	})
	if err == nil && (last.Done != last.Bytes || last.Bytes != r.Bytes) {
		t.Errorf("ended at %+v of %d", last, r.Bytes)
	}
	return err
}

// whole says whether a folder holds what the server has, and nothing that was not needed.
func whole(t *testing.T, s *server, dir string) {
	t.Helper()
	for name, data := range s.files {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if needed(name) && (err != nil || string(got) != string(data)) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if !needed(name) && err == nil {
			t.Errorf("%s was fetched", name)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*", "*.part"))
	if _, err := os.Stat(dir + ".part"); err == nil || len(left) > 0 {
		t.Error("parts are left over")
	}
}

func part(w http.ResponseWriter, data []byte, from, upTo int) {
	w.Header().Set("Content-Length", strconv.Itoa(len(data)-from))
	if from > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(data)-1, len(data)))
		w.WriteHeader(http.StatusPartialContent)
	}
	w.Write(data[from:upTo])
	w.(http.Flusher).Flush()
}

// Each fault of docs/hub.md: what the server does, and what comes of it.
func TestFaults(t *testing.T) {
	const big = 1000 // only the large file misbehaves
	for _, c := range []struct {
		name   string
		fault  func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool
		err    string
		resume bool // a request that began in the middle is expected
		stall  time.Duration
	}{
		{name: "none", fault: nil},
		{name: "cut", resume: true, fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			if from > 200_000 {
				return false
			}
			part(w, data, from, from+70_000)
			panic(http.ErrAbortHandler)
		}},
		{name: "stall", resume: true, stall: 50 * time.Millisecond, fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			if from > 0 {
				return false
			}
			part(w, data, 0, 100_000)
			<-r.Context().Done()
			return true
		}},
		{name: "stall before the first byte", stall: 30 * time.Millisecond, err: "nothing came for a while; what has come is kept", fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			<-r.Context().Done()
			return true
		}},
		{name: "corrupted once", fault: func() func(int, http.ResponseWriter, *http.Request, []byte, int) bool {
			done := false
			return func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
				if done {
					return false
				}
				done = true
				bad := append([]byte(nil), data...)
				bad[777] ^= 1
				part(w, bad, 0, len(bad))
				return true
			}
		}()},
		{name: "corrupted always", err: "its hash is not the hub's, twice", fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			bad := append([]byte(nil), data...)
			bad[777] ^= 1
			part(w, bad, from, len(bad))
			return true
		}},
		{name: "throttled", fault: func() func(int, http.ResponseWriter, *http.Request, []byte, int) bool {
			left := 3
			return func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
				if left--; left < 0 {
					return false
				}
				w.Header().Set("Retry-After", "0")
				w.WriteHeader([]int{429, 503, 502}[left])
				return true
			}
		}()},
		{name: "throttled for ever", err: "the hub is busy (HTTP 429)", fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			w.WriteHeader(429)
			return true
		}},
		{name: "ranges ignored", fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			if from == 0 {
				part(w, data, 0, 50_000)
				panic(http.ErrAbortHandler)
			}
			part(w, data, 0, len(data))
			return true
		}, resume: true},
		{name: "another piece than asked for", err: "another piece", fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			if from == 0 {
				part(w, data, 0, 50_000)
				panic(http.ErrAbortHandler)
			}
			part(w, data, 10, len(data))
			return true
		}, resume: true},
		{name: "more than said", err: "more came than", fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			w.Write(append(data, "more"...))
			return true
		}},
		{name: "gone", err: "no such repository or file", fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			w.WriteHeader(404)
			return true
		}},
		{name: "gated", err: "give a token", fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			w.WriteHeader(403)
			return true
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			if c.fault != nil {
				s.fault = func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
					return len(data) > big && c.fault(n, w, r, data, from)
				}
			}
			client := s.client()
			if c.stall > 0 {
				client.Stall = c.stall
			}
			dir := filepath.Join(t.TempDir(), "model")
			err := fetch(t, s, client, dir)
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Fatalf("%v, want %q; asked %v", err, c.err, s.asked)
			}
			resumed := false
			for _, a := range s.asked {
				resumed = resumed || !strings.HasSuffix(a, "@0")
			}
			if resumed != c.resume {
				t.Errorf("resumed: %v; asked %v", resumed, s.asked)
			}
			if c.err == "" {
				whole(t, s, dir)
				return
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("half a model has the model's name")
			}
			s.fault = nil // and the next time it goes on
			if err := fetch(t, s, s.client(), dir); err != nil {
				t.Fatal(err)
			}
			whole(t, s, dir)
		})
	}
}

func TestCancelAndResume(t *testing.T) {
	s := newServer(t)
	dir := filepath.Join(t.TempDir(), "model")
	ctx, cancel := context.WithCancel(context.Background())
	s.fault = func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
		if len(data) < 1000 || from > 0 {
			return false
		}
		part(w, data, 0, 120_000)
		<-r.Context().Done()
		return true
	}
	r, err := s.client().Look(ctx, s.URL+"/artist/model", "main")
	if err != nil || r.Licence != "openrail" || r.Commit != commit {
		t.Fatal(r, err)
	}
	if err := s.client().Fetch(ctx, r, dir, func(p Progress) {
		if strings.HasPrefix(p.File, "unet") && p.Done > 110_000 {
			cancel()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := fetch(t, s, s.client(), dir); err != nil {
		t.Fatal(err)
	}
	if last := s.asked[len(s.asked)-1]; !strings.Contains(fmt.Sprint(s.asked), "unet/model.onnx@1") {
		t.Errorf("did not go on where it stopped: %v, last %v", s.asked, last)
	}
	whole(t, s, dir)
}

func TestFullDisk(t *testing.T) {
	s := newServer(t)
	c := s.client()
	c.Free = func(string) (uint64, error) { return margin + 1000, nil }
	err := fetch(t, s, c, filepath.Join(t.TempDir(), "model"))
	if err == nil || !strings.Contains(err.Error(), "make room") || len(s.asked) != 0 {
		t.Errorf("%v after %v", err, s.asked)
	}
}

func TestRepair(t *testing.T) {
	s := newServer(t)
	dir := filepath.Join(t.TempDir(), "model")
	if err := fetch(t, s, s.client(), dir); err != nil {
		t.Fatal(err)
	}
	if names, err := s.client().Repair(context.Background(), dir, nil); err != nil || names != nil {
		t.Error("a whole folder was repaired:", names, err)
	}
	os.WriteFile(filepath.Join(dir, "unet", "model.onnx"), []byte("broken"), 0o644)
	os.Remove(filepath.Join(dir, "model_index.json"))
	s.asked = nil
	names, err := s.client().Repair(context.Background(), dir, nil)
	if err != nil || len(names) != 2 || len(s.asked) != 2 {
		t.Errorf("%v, %v, asked %v", names, err, s.asked)
	}
	whole(t, s, dir)
	if _, err := s.client().Repair(context.Background(), t.TempDir(), nil); err == nil {
		t.Error("a folder from elsewhere was repaired")
	}
}

// A token goes to the hub and to nobody that it points to.
func TestToken(t *testing.T) {
	s := newServer(t)
	s.token = "hf_secret"
	c := s.client()
	c.Token = ""
	if _, err := c.Look(context.Background(), "artist/model", ""); !errors.Is(err, ErrToken) {
		t.Error(err)
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the token went to another host")
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(s.files["unet/model.onnx"])))
	}))
	defer elsewhere.Close()
	s.fault = func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
		if len(data) < 1000 {
			return false
		}
		http.Redirect(w, r, strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)+"/blob", http.StatusFound)
		return true
	}
	dir := filepath.Join(t.TempDir(), "model")
	if err := fetch(t, s, s.client(), dir); err != nil {
		t.Fatal(err)
	}
	whole(t, s, dir)
}

func TestKeyring(t *testing.T) {
	keyring.MockInit()
	t.Setenv("HF_TOKEN", "")
	if err := KeepToken(" hf_x\n"); err != nil || Token() != "hf_x" {
		t.Error(err, Token())
	}
	if err := errors.Join(KeepToken(""), KeepToken("")); err != nil || Token() != "" {
		t.Error(err)
	}
	t.Setenv("HF_TOKEN", "hf_env")
	if Token() != "hf_env" {
		t.Error("the environment does not win")
	}
}

func TestNames(t *testing.T) {
	s := newServer(t)
	for _, name := range []string{"", "one", "a/b/c", "../x", "a/..", "a b/c", "http://elsewhere/a/b"} {
		if _, err := s.client().Look(context.Background(), name, ""); err == nil || !strings.Contains(err.Error(), "owner/name") {
			t.Errorf("%q: %v", name, err)
		}
	}
	s.extra = `{"rfilename": "../../evil.json", "size": 1, "blobId": "` + commit + `"}`
	if _, err := s.client().Look(context.Background(), "artist/model", ""); err == nil || !strings.Contains(err.Error(), "outside") {
		t.Error(err)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(newServer(f).answer())
	f.Add([]byte(`{"sha": "` + commit + `", "siblings": [{"rfilename": "unet/model.onnx", "size": -1}, {"rfilename": "a/../../b.json"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseAnswer("a/b", data)
		if err != nil {
			return
		}
		for _, file := range r.Files {
			if !filepath.IsLocal(filepath.FromSlash(file.Path)) || file.Size < 0 || file.SHA256+file.Blob == "" {
				t.Errorf("%+v was believed", file)
			}
		}
	})
}
