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
	"io/fs"
	"os"
	"path"

	"nirvana/engine/fault"
	"nirvana/models/files"
)

// originFile records, in a downloaded folder, where it came from.
const originFile = "hub.json"

// sumsFile has the hashes of its files, for models.Check.
const sumsFile = "SHA256SUMS"

type origin struct {
	Endpoint   string `json:"endpoint"`
	Repository string `json:"repository"`
	File       string `json:"file,omitempty"` // the file downloaded; "": all that a model folder needs
	Commit     string `json:"commit"`
	Licence    string `json:"licence,omitempty"`
	SHA256     string `json:"sha256,omitempty"` // of a single file that lies among others, hex
}

// writeOrigin records where a folder came from, and the hashes of its files for models.Check.
func writeOrigin(dir *os.Root, endpoint string, r Repository) error {
	var sums bytes.Buffer
	for _, f := range r.Files {
		sum, err := sumOf(dir, f.Path, sha256.New())
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%s  %s\n", sum, f.Path)
	}
	data, err := json.MarshalIndent(origin{Endpoint: endpoint, Repository: r.Name, File: r.Single(), Commit: r.Commit, Licence: r.Licence}, "", " ")
	if err != nil {
		return err
	}
	return errors.Join(write(dir, sumsFile, sums.Bytes()), write(dir, originFile, data))
}

// Repair downloads files again that differ from the repository that a folder came from, and returns their names.
// Others are not touched.
func (c Client) Repair(ctx context.Context, dir string, progress func(Progress)) ([]string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fault.Missing.Errorf("the model folder %s cannot be opened: choose another: %w", dir, err)
	}
	defer root.Close()
	data, err := files.ReadIn(root, originFile, 1<<20)
	if err != nil {
		return nil, fault.Incomplete.Errorf("%s was not fetched from the hub: fetch or copy it again", dir)
	}
	var from origin
	if err := json.Unmarshal(data, &from); err != nil || from.Repository == "" {
		return nil, fault.Incomplete.Errorf("%s in %s is damaged: remove the folder and fetch it again", originFile, dir)
	}
	r, err := c.Look(ctx, path.Join(from.Repository, from.File), from.Commit)
	if err != nil {
		return nil, err
	}
	var broken []File
	var names []string
	for _, f := range r.Files {
		if check(root, f.Path, f) != nil {
			broken, names = append(broken, f), append(names, f.Path)
		}
	}
	if len(broken) == 0 {
		return nil, nil
	}
	if err := c.bring(ctx, r, broken, root, progress); err != nil {
		return nil, err
	}
	return names, writeOrigin(root, c.endpoint(), r)
}

// check compares a file of the folder with the hub's size and hash.
func check(dir *os.Root, name string, f File) error {
	info, err := dir.Stat(name)
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
	sum, err := sumOf(dir, name, h)
	if err != nil {
		return err
	}
	if sum != want {
		return errors.New("its hash is not the hub's")
	}
	return nil
}

func sumOf(dir *os.Root, name string, h hash.Hash) (string, error) {
	file, _, err := files.OpenIn(dir, name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// write replaces a file of the folder; a link or a pipe in its place is not written through.
func write(dir *os.Root, name string, data []byte) error {
	if err := clear(dir, name); err != nil {
		return err
	}
	return dir.WriteFile(name, data, 0o644)
}

// clear removes what is not a regular file with a single name before it is written: a link, which may point anywhere,
// a pipe, a device, and a hard link.
func clear(dir *os.Root, name string) error {
	info, err := dir.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().IsRegular() && links(info) <= 1 {
		return nil
	}
	if err != nil {
		return err
	}
	return dir.Remove(name)
}
