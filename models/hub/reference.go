package hub

import (
	"net/url"
	"path"
	"strings"

	"nirvana/engine/fault"
)

// Reference is a repository, and of it one file, or "" for all that a model folder needs.
type Reference struct {
	Repository string // owner/name
	File       string // with slashes
	Revision   string // from a page's address; "" where it has none
}

// ParseReference parses owner/name, owner/name/folder/file.safetensors, and the addresses of a repository's pages and
// files. It fails for anything else.
func (c Client) ParseReference(text string) (Reference, error) {
	text = strings.TrimSpace(text)
	rest, address := text, false
	for _, start := range []string{c.endpoint(), Endpoint, "https://hf.co", strings.TrimPrefix(Endpoint, "https://")} {
		if tail, ok := strings.CutPrefix(text, start+"/"); ok {
			rest, address = tail, true
			break
		}
	}
	if address {
		rest, _, _ = strings.Cut(rest, "?")
		rest, _, _ = strings.Cut(rest, "#")
		if plain, err := url.PathUnescape(rest); err == nil {
			rest = plain
		}
	}
	parts := strings.Split(strings.Trim(rest, "/"), "/")
	if len(parts) < 2 || !names.MatchString(parts[0]+"/"+parts[1]) || strings.Contains(parts[0]+parts[1], "..") {
		return Reference{}, fault.NoRepository.Errorf("%q is not a repository's name: give owner/name, as the hub's pages are called, or owner/name/file.safetensors", text)
	}
	r := Reference{Repository: parts[0] + "/" + parts[1]}
	rest = strings.Join(parts[2:], "/")
	if len(parts) > 3 && (parts[2] == "blob" || parts[2] == "resolve" || parts[2] == "tree") && (address || parts[2] != "tree") {
		r.Revision, rest = parts[3], strings.Join(parts[4:], "/")
		if parts[2] == "tree" { // a folder's page means its repository
			rest = ""
		}
	}
	if rest != "" && !weights(rest) {
		return Reference{}, fault.NoModel.Errorf("%q names no checkpoint: give owner/name, or the path of a .safetensors or .gguf file in the repository (other files of weights can run programs when they are opened)", text)
	}
	r.File = rest
	return r, nil
}

// Folder is the name of the folder for the download: the repository's, or the file's without its extension.
func (r Reference) Folder() string { return folderOf(r.Repository, r.File) }

// Folder is the name of the folder for the download.
func (r Repository) Folder() string { return folderOf(r.Name, r.File) }

func folderOf(repository, file string) string {
	if file == "" {
		return path.Base(repository)
	}
	return strings.TrimSuffix(path.Base(file), path.Ext(file))
}

// weights reports by its name whether a file is a checkpoint that can be read.
func weights(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".safetensors", ".sft", ".gguf":
		return true
	}
	return false
}
