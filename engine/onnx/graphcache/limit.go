package graphcache

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"nirvana/engine/wholefile"
)

// Most is the limit until the artist sets another one, bytes.
const Most = 24_000_000_000

// Limit bounds the whole folder, bytes; the least recently used network goes first.
func (f Folder) Limit() int64 {
	data, err := os.ReadFile(f.limitFile())
	if err != nil {
		return Most
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil || n < 0 {
		return Most
	}
	return n
}

// SetLimit sets it and removes what is beyond it; with 0 nothing is kept.
func (f Folder) SetLimit(bytes int64) error {
	if f == "" {
		return os.ErrNotExist
	}
	if err := os.MkdirAll(filepath.Dir(f.limitFile()), 0o700); err != nil {
		return err
	}
	err := wholefile.Write(f.limitFile(), 0o600, func(to io.Writer) error {
		_, err := fmt.Fprintln(to, max(0, bytes))
		return err
	})
	if err != nil {
		return err
	}
	f.Trim("")
	return nil
}

// limitFile lies beside the folder.
func (f Folder) limitFile() string { return string(f) + ".limit" }
