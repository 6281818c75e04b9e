// Package hub downloads model repositories from the Hugging Face hub: several files, resumed after interruptions,
// verified against the hub's hashes. Start with Client; Look lists a repository, Fetch downloads it into a folder,
// Repair (repair.go) downloads damaged files again. docs/hub.md says how each fault is handled. Only this package
// contacts the hub, and only when the user asks for it.
package hub

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"nirvana/engine/fault"
)

// Endpoint is the hub's own; Client.Endpoint, or HF_ENDPOINT in the environment, may name a mirror.
const Endpoint = "https://huggingface.co"

// ErrToken is the error for a repository that needs a token, or another one.
var ErrToken = fault.Gated.Errorf("the repository is gated or private")

// Client is a hub's client. The zero value uses Hugging Face without a token.
type Client struct {
	Endpoint string       // "": HF_ENDPOINT, or else Endpoint
	HTTP     *http.Client // nil: one without a time limit; stalls are detected instead
	Token    string       // of an account, for gated repositories; "": none
	// Stall is how long a connection may receive nothing; 0: 30 s.
	Stall time.Duration
	// Wait is the pause after the first failed try, doubled after each further one up to 30 s; 0: 1 s.
	Wait time.Duration
	// Tries is how many tries in a row may receive nothing before a download fails; 0: 6.
	Tries int
	// Free returns the free bytes of a folder's disk; nil: the system's.
	Free func(dir string) (uint64, error)
}

// Repository is a model's repository at one commit.
type Repository struct {
	Name    string // owner/name
	File    string // the file asked for; "": all that a model folder needs
	Commit  string
	Licence string // "" where its card has none
	Files   []File // those that a model folder needs
	Bytes   int64  // of all of Files
}

// File is a file of a repository.
type File struct {
	Path   string // with slashes
	Size   int64
	SHA256 string // hex, of large files
	Blob   string // hex, git's SHA-1 of "blob SIZE\0" and the contents, of small ones
}

var names = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$`)

// maxAnswer is the size of the largest response about a repository, bytes.
const maxAnswer = 16 << 20

// Look lists a repository. The name is owner/name, owner/name/file.safetensors for one file of it, or its page's
// address (ParseReference); revision is a branch or commit, "" the address's or the newest. It fails where the
// repository does not exist or cannot be accessed.
func (c Client) Look(ctx context.Context, name, revision string) (Repository, error) {
	of, err := c.ParseReference(name)
	if err != nil {
		return Repository{}, err
	}
	name = of.Repository
	if revision == "" {
		revision = cmp.Or(of.Revision, "main")
	}
	limited, cancel := context.WithTimeoutCause(ctx, 2*c.stall(), fault.Offline.Errorf("the hub does not answer: check the network, then try again"))
	defer cancel()
	data, err := c.ask(limited, c.endpoint()+"/api/models/"+name+"/revision/"+url.PathEscape(revision)+"?blobs=true")
	if err != nil {
		return Repository{}, fmt.Errorf("%s: %w", name, err)
	}
	return parseAnswer(name, of.File, data)
}

func (c Client) ask(ctx context.Context, address string) ([]byte, error) {
	for try := 0; ; try++ {
		data, wait, err := c.askOnce(ctx, address)
		if err == nil || !retryable(err) || try+1 >= c.tries() {
			return data, err
		}
		if err := pause(ctx, max(wait, c.wait(try))); err != nil {
			return nil, err
		}
	}
}

func (c Client) askOnce(ctx context.Context, address string) ([]byte, time.Duration, error) {
	response, err := c.get(ctx, address, 0)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	if wait, err := c.refused(response); err != nil {
		return nil, wait, err
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, 0, passing{fault.Cut.Errorf("the hub's answer was cut off: %w", err)}
	case len(data) > maxAnswer:
		return nil, 0, fault.Hub.Errorf("the hub's answer is too long")
	}
	return data, 0, nil
}

// answer is the hub's description of a repository.
type answer struct {
	SHA      string `json:"sha"`
	CardData struct {
		License any `json:"license"`
	} `json:"cardData"`
	Siblings []struct {
		Path string `json:"rfilename"`
		Size int64  `json:"size"`
		Blob string `json:"blobId"`
		LFS  *struct {
			SHA256 string `json:"sha256"`
			Size   int64  `json:"size"`
		} `json:"lfs"`
	} `json:"siblings"`
}

var hexHash = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// parseAnswer validates everything: paths stay inside the folder, sizes and hashes are well-formed.
func parseAnswer(name, file string, data []byte) (Repository, error) {
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		return Repository{}, fault.Hub.Errorf("%s: the hub's answer cannot be read: %w", name, err)
	}
	r := Repository{Name: name, File: file, Commit: a.SHA}
	if !hexHash.MatchString(a.SHA) {
		return Repository{}, fault.Hub.Errorf("%s: the hub's answer names no commit", name)
	}
	if licence, ok := a.CardData.License.(string); ok {
		r.Licence = licence
	}
	var all []string
	for _, s := range a.Siblings {
		all = append(all, s.Path)
	}
	wanted, err := choose(name, file, all)
	if err != nil {
		return r, err
	}
	seen := map[string]bool{}
	for _, s := range a.Siblings {
		f := File{Path: s.Path, Size: s.Size, Blob: s.Blob}
		if s.LFS != nil {
			f.SHA256, f.Size = strings.TrimPrefix(s.LFS.SHA256, "sha256:"), s.LFS.Size
		}
		if !slices.Contains(wanted, f.Path) || seen[strings.ToLower(f.Path)] {
			continue
		}
		seen[strings.ToLower(f.Path)] = true
		switch {
		case path.Clean(f.Path) != f.Path || !filepath.IsLocal(filepath.FromSlash(f.Path)) || strings.ContainsAny(f.Path, "\\:\x00"):
			return Repository{}, fault.Hub.Errorf("%s: the hub names a file outside of the folder: %q", name, f.Path)
		case f.Size < 0 || f.Size > 1<<42 || !hexHash.MatchString(f.SHA256+f.Blob) && !hexHash.MatchString(f.SHA256):
			return Repository{}, fault.Hub.Errorf("%s: the hub gives no size or hash for %s", name, f.Path)
		}
		r.Files = append(r.Files, f)
		r.Bytes += f.Size
	}
	return r, nil
}

// needed leaves out weights in other formats, pictures and the like.
func needed(name string) bool {
	if strings.HasPrefix(path.Base(name), ".") || strings.EqualFold(name, originFile) || strings.EqualFold(name, sumsFile) {
		return false // both are written here
	}
	switch path.Ext(name) {
	case ".onnx", ".onnx_data", ".json", ".txt", ".model", ".md":
		return true
	case ".data", ".pb":
		return strings.Contains(name, "/")
	case ".safetensors":
		return strings.HasPrefix(name, "draft/") // LoRA weights of a draft; elsewhere they duplicate the network
	}
	return strings.HasPrefix(path.Base(name), "LICENSE") || strings.Contains(path.Base(name), ".onnx")
}

func (c Client) endpoint() string {
	for _, address := range []string{c.Endpoint, os.Getenv("HF_ENDPOINT")} {
		if address != "" {
			return strings.TrimRight(address, "/")
		}
	}
	return Endpoint
}

func (c Client) stall() time.Duration {
	if c.Stall > 0 {
		return c.Stall
	}
	return 30 * time.Second
}

func (c Client) tries() int {
	if c.Tries > 0 {
		return c.Tries
	}
	return 6
}

func (c Client) wait(try int) time.Duration {
	w := c.Wait
	if w == 0 {
		w = time.Second
	}
	return min(w<<min(try, 10), 30*time.Second)
}

// get requests an address, from a byte on.
func (c Client) get(ctx context.Context, address string, from int64) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "nirvana")
	request.Header.Set("Accept-Encoding", "identity") // ranges count uncompressed bytes
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token) // follow drops it where the hub redirects elsewhere
	}
	if from > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	client := c.HTTP
	if client == nil {
		client = &http.Client{CheckRedirect: follow} // the default transport, which reuses connections
	}
	response, err := client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, passing{fault.Offline.Errorf("the hub cannot be reached: %w", err)}
	}
	return response, nil
}
