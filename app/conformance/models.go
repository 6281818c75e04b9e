package conformance

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Beside is the default folder of models of a file of cases: models, or models.zip, next to it.
func Beside(cases string) string {
	dir := filepath.Join(filepath.Dir(cases), "models")
	if _, err := os.Stat(dir); err != nil {
		if _, err := os.Stat(dir + ".zip"); err == nil {
			return dir + ".zip"
		}
	}
	return dir
}

// Unpack extracts an archive of model folders into dir. Links, which avoid a second copy of a network, become copies.
func Unpack(archive, dir string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return fmt.Errorf("%s is not an archive of model folders: %w", archive, err)
	}
	defer z.Close()
	const most = 4 << 30
	room := int64(most)
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return fmt.Errorf("%s holds a file that would lie outside: %q", archive, f.Name)
		}
		n, err := unpackFile(&z.Reader, f, filepath.Join(dir, filepath.FromSlash(f.Name)), room)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", archive, f.Name, err)
		}
		if room -= n; room <= 0 {
			return fmt.Errorf("%s is larger than %d GB unpacked", archive, most>>30)
		}
	}
	return nil
}

func unpackFile(z *zip.Reader, f *zip.File, to string, room int64) (int64, error) {
	r, err := follow(z, f)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return 0, err
	}
	out, err := os.Create(to)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(out, io.LimitReader(r, room))
	if closing := out.Close(); err == nil {
		err = closing
	}
	return n, err
}

// follow opens a file, or the target of a link; a link to a link is refused.
func follow(z *zip.Reader, f *zip.File) (io.ReadCloser, error) {
	r, err := f.Open()
	if err != nil || f.Mode()&os.ModeSymlink == 0 {
		return r, err
	}
	defer r.Close()
	var name strings.Builder
	if _, err := io.Copy(&name, io.LimitReader(r, 4096)); err != nil {
		return nil, err
	}
	target := path.Join(path.Dir(f.Name), name.String())
	for _, g := range z.File {
		if g.Name == target && g.Mode()&os.ModeSymlink == 0 {
			return g.Open()
		}
	}
	return nil, fmt.Errorf("the link's target %q is not in the archive", name.String())
}
