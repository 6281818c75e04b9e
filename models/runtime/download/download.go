// Package download downloads a file with a known SHA-256 over HTTP, resuming earlier downloads.
package download

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"time"
)

// File is a file to download. What has arrived is kept in Path.part, so that the next try, or the next run of the
// program, requests only the rest.
type File struct {
	Address string
	Path    string
	SHA256  string               // lower-case hexadecimal; anything else is discarded
	Log     io.Writer            // progress, one line that is overwritten
	Told    func(have, of int64) // gets the progress in Log's place; may be nil
	What    string               // name for the progress; "": ONNX Runtime
	Pause   time.Duration        // before the second try, doubled before the third; 0: 2 s
}

// Refused is an error that another try will not change.
type Refused struct{ address, status string }

func (e *Refused) Error() string { return fmt.Sprintf("%s: %s", e.address, e.status) }

const tries = 5

// Run downloads it, in several tries.
func (d File) Run(ctx context.Context) error {
	pause := d.Pause
	if pause == 0 {
		pause = 2 * time.Second
	}
	var err error
	for try := range tries {
		if try > 0 {
			fmt.Fprintf(d.Log, "\n%v; trying again in %v\n", err, pause)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return ctx.Err()
			}
			pause *= 2
		}
		var refused *Refused
		var unwritten *fs.PathError // this machine's fault, such as a full disk
		if err = d.once(ctx); err == nil || ctx.Err() != nil || errors.As(err, &refused) || errors.As(err, &unwritten) {
			return err
		}
	}
	return fmt.Errorf("%w (run it again to resume)", err)
}

// once requests what is missing, appends it and, when complete, verifies and renames it.
func (d File) once(ctx context.Context) error {
	part, err := os.OpenFile(d.Path+".part", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer part.Close()
	have, err := part.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Address, nil)
	if err != nil {
		return err
	}
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	switch code := answer.StatusCode; {
	case code == http.StatusPartialContent:
	case code == http.StatusOK:
		if have > 0 { // the server sends all of it again
			if err := part.Truncate(0); err != nil {
				return err
			}
			if _, err := part.Seek(0, io.SeekStart); err != nil {
				return err
			}
		}
		have = 0
	case code == http.StatusRequestedRangeNotSatisfiable:
		// All of it, or more, is there: the checksum decides.
		return d.finish(part)
	case code >= 400 && code < 500:
		return &Refused{d.Address, answer.Status}
	default:
		return fmt.Errorf("%s: %s", d.Address, answer.Status)
	}
	progress := &counter{what: d.What, log: d.Log, told: d.Told, have: have, of: have + answer.ContentLength}
	if _, err := io.Copy(io.MultiWriter(part, progress), answer.Body); err != nil {
		return fmt.Errorf("%s: %w", d.Address, err)
	}
	fmt.Fprintln(d.Log)
	return d.finish(part)
}

func (d File) finish(part *os.File) error {
	if err := part.Close(); err != nil {
		return err
	}
	sum, err := Checksum(part.Name())
	if err != nil {
		return err
	}
	if sum != d.SHA256 {
		if err := os.Remove(part.Name()); err != nil {
			return err
		}
		return fmt.Errorf("%s: SHA-256 is %s, expected %s: discarded", d.Address, sum, d.SHA256)
	}
	return os.Rename(part.Name(), d.Path)
}

// counter prints the progress of a download, a few times a second.
type counter struct {
	what     string
	log      io.Writer
	told     func(have, of int64)
	have, of int64 // bytes
	last     time.Time
}

func (c *counter) Write(data []byte) (int, error) {
	c.have += int64(len(data))
	if now := time.Now(); c.have == c.of || now.Sub(c.last) > 500*time.Millisecond {
		c.last = now
		if c.told != nil {
			c.told(c.have, c.of)
			return len(data), nil
		}
		fmt.Fprintf(c.log, "\r%s: %d of %d MB", cmp.Or(c.what, "ONNX Runtime"), c.have/1e6, c.of/1e6)
	}
	return len(data), nil
}

// Checksum is a file's SHA-256, lower-case hexadecimal.
func Checksum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
