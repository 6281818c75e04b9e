package hub

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"nirvana/models/hub/hubtest"
)

const commit = hubtest.Commit

// server is a hub on this machine that misbehaves as a test asks.
type server struct{ *hubtest.Server }

func newServer(t testing.TB) *server {
	big := make([]byte, 300_000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range big {
		big[i] = byte(r.Uint32())
	}
	s := &server{hubtest.New(map[string][]byte{"unet/model.onnx": big, "model_index.json": []byte(`{"a": 1}`), "scheduler/scheduler_config.json": []byte("{}"), "tokenizer/merges.txt": {},
		"unet/model.safetensors": big, ".gitattributes": []byte("x")})}
	t.Cleanup(s.Close)
	return s
}

func (s *server) client() Client {
	return Client{Endpoint: s.URL, Wait: time.Millisecond, Tries: 4, Stall: 2 * time.Second, Token: s.Token}
}

func fetch(t *testing.T, s *server, c Client, dir string) error {
	t.Helper()
	look := c
	look.Stall = 0
	r, err := look.Look(context.Background(), "artist/model", "")
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
	for name, data := range s.Files {
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
		{name: "stall before the first byte", stall: 30 * time.Millisecond, err: "no data arrived for a while; what has arrived is kept", fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
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
		{name: "another piece than asked for", err: "another part", fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			if from == 0 {
				part(w, data, 0, 50_000)
				panic(http.ErrAbortHandler)
			}
			part(w, data, 10, len(data))
			return true
		}, resume: true},
		{name: "more than said", err: "more arrived than", fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			w.Write(append(data, "more"...))
			return true
		}},
		{name: "gone", err: "there is no such file", fault: func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
			w.WriteHeader(404)
			return true
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			if c.fault != nil {
				s.Fault = func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
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
				t.Fatalf("%v, want %q; asked %v", err, c.err, s.Asked())
			}
			resumed := false
			for _, a := range s.Asked() {
				resumed = resumed || !strings.HasSuffix(a, "@0")
			}
			if resumed != c.resume {
				t.Errorf("resumed: %v; asked %v", resumed, s.Asked())
			}
			if c.err == "" {
				whole(t, s, dir)
				return
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("half a model has the model's name")
			}
			s.SetFault(nil) // and the next time it goes on
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
	s.Fault = func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
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
	if last := s.Asked()[len(s.Asked())-1]; !strings.Contains(fmt.Sprint(s.Asked()), "unet/model.onnx@1") {
		t.Errorf("did not go on where it stopped: %v, last %v", s.Asked(), last)
	}
	whole(t, s, dir)
}

func TestFullDisk(t *testing.T) {
	s := newServer(t)
	c := s.client()
	c.Free = func(string) (uint64, error) { return margin + 1000, nil }
	err := fetch(t, s, c, filepath.Join(t.TempDir(), "model"))
	if err == nil || !strings.Contains(err.Error(), "make room") || len(s.Asked()) != 0 {
		t.Errorf("%v after %v", err, s.Asked())
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
	s.Forget()
	names, err := s.client().Repair(context.Background(), dir, nil)
	if err != nil || len(names) != 2 || len(s.Asked()) != 2 {
		t.Errorf("%v, %v, asked %v", names, err, s.Asked())
	}
	whole(t, s, dir)
	if _, err := s.client().Repair(context.Background(), t.TempDir(), nil); err == nil {
		t.Error("a folder from elsewhere was repaired")
	}
}

// A token opens what is gated and private. It goes to the hub and to nobody that it points to: the store refuses it.
func TestToken(t *testing.T) {
	s := newServer(t)
	s.Token = "hf_secret"
	for _, c := range []struct {
		gated bool
		token string
		look  string // what Look says
		fetch string // what Fetch says after it
	}{
		{false, "", "there is no such repository, or it is private", ""},
		{false, "hf_wrong", "Invalid username or password", ""},
		{true, "", "", "its terms have to be accepted on its page, by an account whose token is given here"},
		{true, "hf_secret", "", ""},
		{false, "hf_secret", "", ""},
	} {
		s.Gated = c.gated
		client := s.client()
		client.Token = c.token
		r, err := client.Look(context.Background(), "artist/model", "")
		if c.look != "" {
			if !errors.Is(err, ErrToken) || !strings.Contains(err.Error(), c.look) {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		dir := filepath.Join(t.TempDir(), "model")
		err = client.Fetch(context.Background(), r, dir, nil)
		switch {
		case c.fetch != "":
			if !errors.Is(err, ErrToken) || !strings.Contains(err.Error(), c.fetch) {
				t.Errorf("%+v: %v", c, err)
			}
		case err != nil:
			t.Errorf("%+v: %v", c, err)
		default:
			whole(t, s, dir)
		}
	}
	// the account has a token, and was not let in
	s.Gated = true
	s.Fault = func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
		if len(data) >= hubtest.Large {
			return false
		}
		w.Header().Set("X-Error-Code", "GatedRepo")
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	if err := fetch(t, s, s.client(), filepath.Join(t.TempDir(), "model")); !errors.Is(err, ErrToken) || !strings.Contains(err.Error(), "was not let in") {
		t.Error(err)
	}
}

// Redirects leave the token behind where the host is another, a part of the hub's own name too, and never go from https to http.
func TestRedirects(t *testing.T) {
	at := func(address string) *http.Request {
		r, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer x")
		return r
	}
	first := at("https://huggingface.co/a/b/resolve/c/d")
	for address, want := range map[string]string{"https://huggingface.co/api/resolve-cache/x": "Bearer x", "https://cdn-lfs.huggingface.co/x?Signature=1": "", "https://cas-bridge.xethub.hf.co/x": "", "https://huggingface.co:444/x": ""} {
		r := at(address)
		if err := follow(r, []*http.Request{first}); err != nil || r.Header.Get("Authorization") != want {
			t.Errorf("%s: %q, %v", address, r.Header.Get("Authorization"), err)
		}
	}
	if err := follow(at("http://huggingface.co/x"), []*http.Request{first}); err == nil {
		t.Error("from https to http")
	}
	if err := follow(at("https://huggingface.co/x"), slices.Repeat([]*http.Request{first}, 10)); err == nil {
		t.Error("round in circles")
	}
}

// What the hub says beside the files: another name, another revision, a signature that has run out, how long to wait.
func TestHubsOwnWays(t *testing.T) {
	s := newServer(t)
	r, err := s.client().Look(context.Background(), hubtest.Renamed, "")
	if err != nil || r.Commit != commit {
		t.Error(r, err)
	}
	if _, err := s.client().Look(context.Background(), "artist/model", "v9"); err == nil || !strings.Contains(err.Error(), "no such revision") {
		t.Error(err)
	}
	gone := r
	gone.Files = append([]File{{Path: "unet/gone.onnx", Size: 10, Blob: commit}}, r.Files...)
	if err := s.client().Fetch(context.Background(), gone, filepath.Join(t.TempDir(), "model"), nil); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
	expired := 2
	s.Fault = func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
		if len(data) < hubtest.Large || expired == 0 {
			return false
		}
		expired--
		http.Error(w, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", http.StatusForbidden)
		return true
	}
	dir := filepath.Join(t.TempDir(), "model")
	if err := fetch(t, s, s.client(), dir); err != nil {
		t.Fatal("a signed address that had run out was not asked for again:", err)
	}
	whole(t, s, dir)
	for header, want := range map[[2]string]time.Duration{
		{"Retry-After", "7"}:   7 * time.Second,
		{"Retry-After", "900"}: 2 * time.Minute,
		{"Retry-After", "-1"}:  0,
		{"Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}:  2 * time.Minute,
		{"Retry-After", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)}: 0,
		{"Ratelimit", `"api";r=0;t=42`}:                                           42 * time.Second,
		{"Ratelimit", `"api";r=4;t=42`}:                                           42 * time.Second,
		{"Ratelimit", "x"}:                                                        0,
	} {
		if got := after(http.Header{header[0]: {header[1]}}); got != want {
			t.Errorf("%v: %v, want %v", header, got, want)
		}
	}
	s.Fault = func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnavailableForLegalReasons)
		w.Write([]byte(`{"error": "Taken down after a notice"}`))
		return true
	}
	if err := fetch(t, s, s.client(), filepath.Join(t.TempDir(), "model")); err == nil || !strings.Contains(err.Error(), "Taken down after a notice") {
		t.Error(err)
	}
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
	s.Extra = `{"rfilename": "../../evil.json", "size": 1, "blobId": "` + commit + `"}`
	if _, err := s.client().Look(context.Background(), "artist/model", ""); err == nil || !strings.Contains(err.Error(), "outside") {
		t.Error(err)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(newServer(f).Answer())
	f.Add([]byte(`{"sha": "` + commit + `", "siblings": [{"rfilename": "unet/model.onnx", "size": -1}, {"rfilename": "a/../../b.json"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseAnswer("a/b", "", data)
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

// A foreign folder says that it was fetched, and has links, pipes and files with other names in the places that Repair
// writes to. Nothing outside changes, and the folder is whole after it or the error names the place.
func TestRepairStaysInside(t *testing.T) {
	for name, set := range map[string]func(t *testing.T, dir, outside string){
		"file": func(t *testing.T, dir, outside string) {
			link(t, filepath.Join(outside, "victim"), filepath.Join(dir, "unet", "model.onnx"))
		},
		"part": func(t *testing.T, dir, outside string) {
			link(t, filepath.Join(outside, "victim"), filepath.Join(dir, "unet", "model.onnx.part"))
		},
		"folder": func(t *testing.T, dir, outside string) {
			os.Remove(filepath.Join(dir, "unet"))
			link(t, outside, filepath.Join(dir, "unet"))
		},
		"sums": func(t *testing.T, dir, outside string) {
			link(t, filepath.Join(outside, "victim"), filepath.Join(dir, "SHA256SUMS"))
		},
		"hard": func(t *testing.T, dir, outside string) {
			if err := os.Link(filepath.Join(outside, "victim"), filepath.Join(dir, "unet", "model.onnx.part")); err != nil {
				t.Skip(err)
			}
		},
		"new": func(t *testing.T, dir, outside string) {
			link(t, filepath.Join(outside, "made"), filepath.Join(dir, "unet", "model.onnx.part"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			outside, dir := t.TempDir(), filepath.Join(t.TempDir(), "model")
			victim := filepath.Join(outside, "victim")
			if err := errors.Join(os.MkdirAll(filepath.Join(dir, "unet"), 0o755), os.WriteFile(victim, []byte("precious"), 0o644),
				os.WriteFile(filepath.Join(dir, "hub.json"), []byte(`{"repository": "artist/model", "commit": "`+commit+`"}`), 0o644)); err != nil {
				t.Fatal(err)
			}
			set(t, dir, outside)
			_, err := s.client().Repair(context.Background(), dir, nil)
			if data, readErr := os.ReadFile(victim); readErr != nil || string(data) != "precious" {
				t.Errorf("the file outside holds %d bytes now, %v", len(data), readErr)
			}
			if left, _ := os.ReadDir(outside); len(left) != 1 {
				t.Errorf("outside there are %v now", left)
			}
			if name == "folder" {
				if err == nil || !strings.Contains(err.Error(), "unet") {
					t.Errorf("a folder behind a link: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{"unet/model.onnx", "SHA256SUMS"} {
				if info, err := os.Lstat(filepath.Join(dir, file)); err != nil || !info.Mode().IsRegular() {
					t.Errorf("%s: %v", file, err)
				}
			}
		})
	}
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Skip("no links here: ", err)
	}
}

// A repository that has files named like those that are written here is fetched, checked and repaired like any other.
func TestRepositoryWithItsOwnNotes(t *testing.T) {
	s := newServer(t)
	s.Files["hub.json"] = []byte(`{"theirs": true}`)
	s.Files["SHA256SUMS"] = []byte("theirs")
	dir := filepath.Join(t.TempDir(), "model")
	r, err := s.client().Look(context.Background(), hubtest.Name, "")
	if err == nil {
		err = s.client().Fetch(context.Background(), r, dir, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	if names, err := s.client().Repair(context.Background(), dir, nil); err != nil || len(names) > 0 {
		t.Errorf("fetched again: %v, %v", names, err)
	}
	sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil || strings.Contains(string(sums), "hub.json") || strings.Contains(string(sums), "theirs") {
		t.Errorf("%s, %v", sums, err)
	}
}

// A network by another name, in a folder of other capitals, is a network.
func TestDenoiserByAnotherName(t *testing.T) {
	for name, want := range map[string]bool{"unet/model_fp16.onnx": true, "UNet/model.onnx": true, "transformer/model.onnx": true, "vae_decoder/model.onnx": false, "unet/x/model.onnx": false} {
		if got := denoises(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
