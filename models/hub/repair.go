package hub

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"nirvana/engine/fault"
)

// originFile says, in a fetched folder, where it came from.
const originFile = "hub.json"

type origin struct {
	Endpoint   string `json:"endpoint"`
	Repository string `json:"repository"`
	Commit     string `json:"commit"`
	Licence    string `json:"licence,omitempty"`
}

// writeOrigin notes where a folder came from, and the hashes of its files for models.Check.
func writeOrigin(dir, endpoint string, r Repository) error {
	var sums bytes.Buffer
	for _, f := range r.Files {
		sum, err := sumOf(filepath.Join(dir, filepath.FromSlash(f.Path)), sha256.New())
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%s  %s\n", sum, f.Path)
	}
	data, err := json.MarshalIndent(origin{endpoint, r.Name, r.Commit, r.Licence}, "", " ")
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(dir, "SHA256SUMS"), sums.Bytes(), 0o644), os.WriteFile(filepath.Join(dir, originFile), data, 0o644))
}

// Repair brings again what differs from the repository that a folder was
// fetched from, and names those files. Whole files are not touched.
func (c Client) Repair(ctx context.Context, dir string, progress func(Progress)) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(dir, originFile))
	if err != nil {
		return nil, fault.Incomplete.Errorf("%s was not fetched from the hub: fetch or copy it again", dir)
	}
	var from origin
	if err := json.Unmarshal(data, &from); err != nil || from.Repository == "" {
		return nil, fault.Incomplete.Errorf("%s in %s is damaged: remove the folder and fetch it again", originFile, dir)
	}
	r, err := c.Look(ctx, from.Repository, from.Commit)
	if err != nil {
		return nil, err
	}
	var broken []File
	var names []string
	for _, f := range r.Files {
		if check(filepath.Join(dir, filepath.FromSlash(f.Path)), f) != nil {
			broken, names = append(broken, f), append(names, f.Path)
		}
	}
	if len(broken) == 0 {
		return nil, nil
	}
	if err := c.bring(ctx, r, broken, dir, progress); err != nil {
		return nil, err
	}
	return names, writeOrigin(dir, c.endpoint(), r)
}

// check holds a file against the hub's size and hash.
func check(path string, f File) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() != f.Size {
		return fmt.Errorf("%d bytes instead of %d", info.Size(), f.Size)
	}
	h, want := hash.Hash(sha256.New()), f.SHA256
	if want == "" {
		h, want = sha1.New(), f.Blob
		if len(want) == 2*sha256.Size {
			h = sha256.New()
		}
		fmt.Fprintf(h, "blob %d\x00", f.Size)
	}
	sum, err := sumOf(path, h)
	if err != nil {
		return err
	}
	if sum != want {
		return errors.New("its hash is not the hub's")
	}
	return nil
}

func sumOf(path string, h hash.Hash) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
