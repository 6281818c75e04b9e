package hub

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/wholefile"
	"nirvana/models/files"
)

// mostNames is how many names are tried for a file before it is given up.
const mostNames = 100

// Single is the only file of weights that is downloaded, with slashes: the one asked for, or all that the repository has;
// "" for a model folder.
func (r Repository) Single() string {
	if r.File == "" && len(r.Files) == 1 && weights(r.Files[0].Path) {
		return r.Files[0].Path
	}
	return r.File
}

// usual are names that diffusers, transformers and PEFT give to every file of a kind, with the variant.
var usual = regexp.MustCompile(`^(?:diffusion_pytorch_model|pytorch_lora_weights|adapter_model|learned_embeds|model)(\.[a-z0-9_]+)?$`)

// FileName is a name for Single among files of other repositories: its own, or the repository's and folder's if its own is
// one that every repository has.
func (r Repository) FileName() string {
	folder, base := path.Split(r.Single())
	ext := path.Ext(base)
	stem := strings.TrimSuffix(base, ext)
	if m := usual.FindStringSubmatch(stem); m != nil {
		stem = strings.ReplaceAll(path.Join(path.Base(r.Name), folder), "/", "-") + m[1]
	}
	if strings.EqualFold(ext, ".sft") { // another name of the same format, which no other program lists
		ext = ".safetensors"
	}
	return stem + ext
}

// recordOf is where it is recorded from where a single file came that lies among others.
func recordOf(file string) string { return file + "." + originFile }

// Downloaded reports whether a folder, or a file with a record beside it, came from the repository at this commit. A file of
// another size did not.
func (r Repository) Downloaded(at string) bool {
	info, err := os.Stat(at)
	if err != nil {
		return false
	}
	record := recordOf(at)
	if info.IsDir() {
		record = filepath.Join(at, originFile)
	} else if info.Size() != r.Bytes {
		return false
	}
	from, err := readOrigin(record)
	return err == nil && from.Repository == r.Name && from.File == r.Single() && from.Commit == r.Commit
}

func readOrigin(record string) (from origin, err error) {
	data, err := files.Read(record, 1<<20)
	if err == nil {
		err = json.Unmarshal(data, &from)
	}
	return from, err
}

// MoveFile takes the single file that a folder was downloaded for into another folder, under a name, with a record of
// where it came from beside it, and removes the rest. No file is overwritten: if another one has the name, a number is
// added to it. If the same file has it, that one stays. It returns the file's path.
func MoveFile(dir, folder, name string) (string, error) {
	from, err := readOrigin(filepath.Join(dir, originFile))
	if err != nil {
		return "", fault.Incomplete.Errorf("%s in %s is damaged: remove the folder and fetch it again: %w", originFile, dir, err)
	}
	source, info, err := files.Inside(dir, from.File)
	if err != nil {
		return "", fault.Incomplete.Errorf("%s in %s cannot be read: remove the folder and fetch it again: %w", from.File, dir, err)
	}
	if from.SHA256, err = listedSum(dir); err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fault.Unwritable.Errorf("the folder %s cannot be made: %w", folder, err)
	}
	for n := 1; n <= mostNames; n++ {
		to := filepath.Join(folder, numbered(name, n))
		if !holds(to, info.Size(), from.SHA256) {
			err := moveNew(source, to)
			if errors.Is(err, fs.ErrExist) {
				continue
			}
			if err != nil {
				return "", fault.Unwritable.Errorf("the fetched file cannot be moved to %s and stays at %s: make room there, then fetch it again: %w", folder, source, err)
			}
		}
		if err := record(to, from); err != nil {
			return "", fault.Unwritable.Errorf("%s was fetched, and the record of where it came from cannot be written beside it: %w", to, err)
		}
		os.RemoveAll(dir) // what cannot be removed takes no room: the file has left it
		return to, nil
	}
	return "", fault.Unwritable.Errorf("%s holds %d other files named %s, so the fetched one stays at %s: remove some, then fetch it again", folder, mostNames, name, source)
}

// numbered is a file's name for the n-th try: ink.safetensors, ink-2.safetensors.
func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	ext := path.Ext(name)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
}

// listedSum is the first file's hash in a downloaded folder's list.
func listedSum(dir string) (string, error) {
	data, err := files.Read(filepath.Join(dir, sumsFile), 1<<20)
	if err != nil {
		return "", fault.Incomplete.Errorf("%s in %s cannot be read: remove the folder and fetch it again: %w", sumsFile, dir, err)
	}
	sum, _, _ := strings.Cut(string(data), " ")
	return sum, nil
}

// holds reports whether a file has this size and SHA-256.
func holds(file string, size int64, sum string) bool {
	info, err := os.Stat(file)
	if err != nil || info.Size() != size {
		return false
	}
	got, err := sumOfFile(file)
	return err == nil && got == sum
}

func sumOfFile(file string) (string, error) {
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return "", err
	}
	defer root.Close()
	return sumOf(root, filepath.Base(file), sha256.New())
}

// moveNew gives a file another path, at once and only if nothing has it: fs.ErrExist otherwise. Where links are not
// possible it is renamed, and copied to another disk.
func moveNew(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	switch err := os.Link(from, to); {
	case err == nil, errors.Is(err, fs.ErrExist):
		return err // the first name goes with its folder
	}
	if os.Rename(from, to) == nil {
		return nil
	}
	source, err := wholefile.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	return wholefile.Write(to, wholefile.Private, func(w io.Writer) error {
		_, err := io.Copy(w, source)
		return err
	})
}

func record(file string, from origin) error {
	data, err := json.MarshalIndent(from, "", " ")
	if err != nil {
		return err
	}
	return wholefile.Write(recordOf(file), wholefile.Private, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// HasRecord reports whether a single file has the record of a download beside it.
func HasRecord(file string) bool {
	info, err := os.Stat(recordOf(file))
	return err == nil && info.Mode().IsRegular()
}

// CheckFile compares a single file with the hash in the record beside it.
func CheckFile(file string) error {
	from, err := readOrigin(recordOf(file))
	if err != nil {
		return fault.Incomplete.Errorf("%s was not fetched from the hub, or its record is damaged: fetch it again: %w", file, err)
	}
	switch sum, err := sumOfFile(file); {
	case err != nil:
		return fault.Incomplete.Errorf("%s cannot be read: repair it: %w", file, err)
	case sum != from.SHA256:
		return fault.Incomplete.Errorf("%s is not the file that was fetched: repair it", file)
	}
	return nil
}

// RepairFile downloads a single file with a record again if it differs from the hub's, and reports whether it did. The
// damaged one is replaced when the new one is there and checked.
func (c Client) RepairFile(ctx context.Context, file string, progress func(Progress)) (bool, error) {
	from, err := readOrigin(recordOf(file))
	if err != nil || from.Repository == "" || from.File == "" {
		return false, fault.Incomplete.Errorf("%s was not fetched from the hub, or its record is damaged: fetch it again", file)
	}
	r, err := c.Look(ctx, path.Join(from.Repository, from.File), from.Commit)
	if err != nil || CheckFile(file) == nil {
		return false, err
	}
	part := file + ".part"
	if err := os.MkdirAll(part, 0o700); err != nil {
		return false, fault.Unwritable.Errorf("the folder %s cannot be made: %w", part, err)
	}
	if err := c.bringTo(ctx, r, part, progress); err != nil {
		return false, err
	}
	if from.SHA256, err = listedSum(part); err != nil {
		return false, err
	}
	if err := os.Rename(filepath.Join(part, filepath.FromSlash(from.File)), file); err != nil {
		return false, fault.Unwritable.Errorf("the fetched file cannot take the place of %s: %w", file, err)
	}
	return true, cmp.Or(record(file, from), os.RemoveAll(part))
}
