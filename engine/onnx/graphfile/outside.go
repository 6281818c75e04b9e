package graphfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"nirvana/models/files"
)

// Memory is the place of external data that is handed over from memory when the model is opened.
const Memory = "memory"

// Parts of the names of weights that stay quantised and are handed over from memory, behind the weight's own name: the
// numbers, what is added to each group of them, and beside them the float32 matrix that they stand for, as MatMul takes it.
const (
	QuantisedPart = "/quantised"
	OffsetsPart   = "/offsets"
	WidePart      = "/wide"
)

// InMemory says that a tensor is handed over from memory.
func (t *Tensor) InMemory() bool { return t.External["location"] == Memory }

// Data is a file of external data.
type Data struct {
	Name string // as in the graph, relative to the graph's folder
	Path string // the real path, links resolved; "" with Err
	Size int64  // its minimum size, bytes
	Err  error  // why it cannot be used: missing, truncated, or a name that leads out of the folder
}

// Outside are the files of external data, sorted by name. Nothing is opened.
func (f *File) Outside() []Data {
	sizes := map[string]int64{}
	fails := map[string]error{}
	for _, t := range f.Tensors {
		name, ok := t.External["location"]
		if !ok || f.ours && t.InMemory() {
			continue
		}
		end, err := t.externalEnd()
		if err != nil && fails[name] == nil {
			fails[name] = fmt.Errorf("the position of %q in it is not a position in a file", t.Name)
		}
		sizes[name] = max(sizes[name], end)
	}
	var all []Data
	for name, size := range sizes {
		d := Data{Name: name, Size: size, Err: fails[name]}
		if d.Err == nil {
			d.Path, d.Err = f.locate(name, size)
		}
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b Data) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// locate resolves a file of external data and checks its size.
func (f *File) locate(name string, size int64) (string, error) {
	path, info, err := f.find(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", errors.New("it is not there")
	case err != nil:
		return "", err
	case info.Size() < size:
		return "", fmt.Errorf("it has %d bytes of %d", info.Size(), size)
	}
	return path, nil
}

func (f *File) find(name string) (string, fs.FileInfo, error) {
	if !f.ours {
		return files.Beside(f.Path, name)
	}
	path := filepath.Join(filepath.Dir(f.Path), filepath.FromSlash(name))
	info, err := files.Stat(path)
	return path, info, err
}

// externalEnd is the end of the values in their file.
func (t *Tensor) externalEnd() (int64, error) {
	number := func(key string, none int64) (int64, error) {
		text := t.External[key]
		if text == "" {
			return none, nil
		}
		v, err := strconv.ParseInt(text, 10, 64)
		if err == nil && v < 0 {
			err = strconv.ErrRange
		}
		return v, err
	}
	n, size := t.Elements(), int64(t.Type.Size())
	if n < 0 || size > 0 && n > math.MaxInt64/size {
		return 0, strconv.ErrRange
	}
	offset, err := number("offset", 0)
	if err != nil {
		return 0, err
	}
	length, err := number("length", n*size)
	if err != nil || length < n*size || offset > math.MaxInt64-length {
		return 0, strconv.ErrRange
	}
	return offset + length, nil
}

// Gather names external data relative to a folder that contains all of it, where symbolic links lead elsewhere: ONNX
// Runtime follows none out of its folder. "" where nothing is changed.
func (f *File) Gather() (folder string, err error) {
	all := f.Outside()
	dir, err := filepath.Abs(filepath.Dir(f.Path))
	if err != nil {
		return "", err
	}
	moved := map[string]string{}
	linked := false
	for _, d := range all {
		if d.Err != nil {
			return "", fmt.Errorf("%s: %w", d.Name, d.Err)
		}
		moved[d.Name] = d.Path
		linked = linked || d.Path != filepath.Join(dir, filepath.FromSlash(d.Name))
		if folder == "" {
			folder = filepath.Dir(d.Path)
		}
		folder = common(folder, filepath.Dir(d.Path))
	}
	if !linked {
		return "", nil
	}
	for i, t := range f.Tensors {
		name, ok := t.External["location"]
		if !ok || f.ours && t.InMemory() {
			continue
		}
		rel, err := filepath.Rel(folder, moved[name])
		if err != nil {
			return "", err
		}
		f.Tensors[i] = t.moved(filepath.ToSlash(rel))
	}
	return folder, nil
}

// moved is the tensor with its values in another file.
func (t *Tensor) moved(location string) *Tensor {
	to := &Tensor{Name: t.Name, Type: t.Type, Dims: t.Dims, External: map[string]string{}}
	for key, value := range t.External {
		to.External[key] = value
	}
	to.External["location"] = location
	return to
}

// common is the deepest folder that contains both.
func common(a, b string) string {
	for {
		rel, err := filepath.Rel(a, b)
		if err == nil && (rel == "." || filepath.IsLocal(rel)) || a == filepath.Dir(a) {
			return a
		}
		a = filepath.Dir(a)
	}
}
