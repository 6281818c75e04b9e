package models

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/models/files"
)

// networkName is the usual name of a network's file; a folder with a single .onnx file may use any name.
const networkName = "model.onnx"

// part is the network in the folder with a name, in any case; without a path where there is none.
func part(dir, name string) (Part, error) {
	folder := child(dir, name)
	path, err := network(folder)
	if err != nil {
		return Part{}, err
	}
	if path == "" {
		return weighted(dir, name)
	}
	p := Part{Name: name, Path: path}
	if p.Config, err = readJSON(folder, "config.json"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Part{}, fault.Incomplete.Errorf("%s/config.json cannot be read: fetch it again: %w", name, err)
	}
	return p, nil
}

// network is the ONNX file of a folder: model.onnx, or the only one; "" where there is none.
func network(folder string) (string, error) {
	entries, _ := os.ReadDir(folder)
	var found []string
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(folder, e.Name())); err != nil || info.IsDir() || !strings.EqualFold(filepath.Ext(e.Name()), ".onnx") {
			continue
		}
		if e.Name() == networkName {
			found = []string{networkName}
			break
		}
		found = append(found, e.Name())
	}
	if i := slices.IndexFunc(found, func(name string) bool { return strings.EqualFold(name, networkName) }); i >= 0 {
		found = found[i : i+1]
	}
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		path := filepath.Join(folder, found[0])
		if _, err := files.Stat(path); err != nil {
			return "", fault.Incomplete.Errorf("%s cannot be read: fetch it again: %w", path, err)
		}
		return path, nil
	}
	return "", fault.Incomplete.Errorf("%s holds %s: call the one that is to be used %s, or remove the others", folder, list(found), networkName)
}

// list lists names: "a, b and c".
func list(names []string) string {
	if n := len(names); n > 1 {
		return fmt.Sprint(strings.Join(names[:n-1], ", "), " and ", names[n-1])
	}
	return strings.Join(names, "")
}

// child is the path of a folder's entry with a name: in this case, or else in any other, as some exports have it.
func child(dir, name string) string {
	path := filepath.Join(dir, name)
	if _, err := os.Lstat(path); err == nil {
		return path
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.EqualFold(e.Name(), name) {
			return filepath.Join(dir, e.Name())
		}
	}
	return path
}

// snapshotOf is the snapshot of a repository's folder in the hub's cache, models--OWNER--NAME, or of its folder of
// snapshots: the one that the branch main points to, the only one, or the newest. "" for any other folder. The name
// is the repository's, for a snapshot's own folder too.
func snapshotOf(dir string) (snapshot, name string) {
	dir = absolute(dir)
	if repository := files.Repository(dir); repository != "" && filepath.Base(filepath.Dir(dir)) == "snapshots" {
		return dir, repositoryName(repository)
	}
	if filepath.Base(dir) == "snapshots" {
		dir = filepath.Dir(dir)
	}
	name = repositoryName(dir)
	if name == "" {
		return "", ""
	}
	all := filepath.Join(dir, "snapshots")
	if commit, err := files.Read(filepath.Join(dir, "refs", "main"), 100); err == nil && files.Local(strings.TrimSpace(string(commit))) {
		if path := filepath.Join(all, strings.TrimSpace(string(commit))); isFolder(path) {
			return path, name
		}
	}
	var newest fs.FileInfo
	entries, _ := os.ReadDir(all)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.IsDir() && (newest == nil || info.ModTime().After(newest.ModTime())) {
			newest, snapshot = info, filepath.Join(all, e.Name())
		}
	}
	return snapshot, name
}

// repositoryName is NAME of models--OWNER--NAME; "" for other folders.
func repositoryName(dir string) string {
	rest, ok := strings.CutPrefix(filepath.Base(dir), "models--")
	if !ok {
		return ""
	}
	parts := strings.Split(rest, "--")
	return parts[len(parts)-1]
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
