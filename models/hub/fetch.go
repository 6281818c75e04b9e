package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"nirvana/engine/fault"
	disk "nirvana/models/files"
)

// Progress is the progress of a download.
type Progress struct {
	File        string // the present one
	Done, Bytes int64  // of all files
	PerSecond   float64
	Notice      string // why the download waits after a fault; "" while bytes arrive
	Fault       error  // the fault; nil with a Notice: a file arrived damaged
}

// margin must stay free on the disk, bytes.
const margin = 64 << 20

// ErrStall is the error of a connection on which nothing arrives.
var ErrStall = fault.Cut.Errorf("no data arrived for a while")

// Fetch downloads a repository into a folder that does not exist yet. Files are collected in a folder with ".part"
// added to its name until everything is verified; the next Fetch continues there. progress is called on the calling
// goroutine. It fails for full disks, wrong hashes and refused access, and after Client.Tries failures in a row.
func (c Client) Fetch(ctx context.Context, r Repository, dir string, progress func(Progress)) error {
	if _, err := os.Stat(dir); err == nil {
		return fmt.Errorf("%s is there already: remove it, or check and repair it", dir)
	}
	part := dir + ".part"
	if err := os.MkdirAll(part, 0o755); err != nil {
		return fault.Unwritable.Errorf("the folder %s cannot be made: choose another: %w", part, err)
	}
	if err := c.bringTo(ctx, r, part, progress); err != nil {
		return err
	}
	if err := os.Rename(part, dir); err != nil {
		return fault.Unwritable.Errorf("the fetched folder cannot get its name: rename %s to %s: %w", part, dir, err)
	}
	return nil
}

// bringTo downloads all of a repository, and records where it came from.
func (c Client) bringTo(ctx context.Context, r Repository, dir string, progress func(Progress)) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fault.Unwritable.Errorf("the folder %s cannot be opened: choose another: %w", dir, err)
	}
	defer root.Close()
	if err := c.bring(ctx, r, r.Files, root, progress); err != nil {
		return err
	}
	return writeOrigin(root, c.endpoint(), r)
}

// bring downloads files into a folder. Complete ones are kept. Nothing is written outside of it: the folder may be a
// foreign one, with links in it that point anywhere.
func (c Client) bring(ctx context.Context, r Repository, files []File, dir *os.Root, progress func(Progress)) error {
	t := &transfer{client: c, repository: r, dir: dir, tell: progress, began: time.Now()}
	left := int64(0)
	for _, f := range files {
		t.now.Bytes += f.Size
		left += f.Size - min(t.have(f), f.Size)
	}
	free := c.Free
	if free == nil {
		free = disk.Free
	}
	if n, err := free(dir.Name()); err == nil && left > 0 && uint64(left)+margin > n {
		return fault.Full.Errorf("%s needs %s more and the disk has %s free: make room, or choose another folder", r.Name, size(left), size(int64(n)))
	}
	for _, f := range files {
		if err := t.file(ctx, f); err != nil {
			return fmt.Errorf("%s, %s: %w", r.Name, f.Path, err)
		}
	}
	return nil
}

func size(n int64) string {
	if n >= 1e9 {
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	}
	return fmt.Sprintf("%.0f MB", float64(n)/1e6)
}

// transfer is a download under way.
type transfer struct {
	client     Client
	repository Repository
	dir        *os.Root
	tell       func(Progress)
	now        Progress
	began      time.Time
	come       int64 // bytes received
}

// have is how many bytes of a file are there.
func (t *transfer) have(f File) int64 {
	for _, name := range []string{f.Path, f.Path + ".part"} {
		if info, err := t.dir.Lstat(name); err == nil {
			return info.Size()
		}
	}
	return 0
}

func (t *transfer) say(notice string, why error) {
	t.now.Notice, t.now.Fault = notice, why
	if s := time.Since(t.began).Seconds(); s > 0 {
		t.now.PerSecond = float64(t.come) / s
	}
	if t.tell != nil {
		t.tell(t.now)
	}
}

// file downloads one file. One with a wrong hash is downloaded again, once.
func (t *transfer) file(ctx context.Context, f File) error {
	t.now.File = f.Path
	before := t.now.Done
	if check(t.dir, f.Path, f) == nil {
		t.now.Done += f.Size
		t.say("", nil)
		return nil
	}
	if err := t.dir.MkdirAll(path.Dir(f.Path), 0o755); err != nil {
		return fault.Unwritable.Errorf("the folder of %s cannot be made, or is a link that leads out of %s: remove it: %w", f.Path, t.dir.Name(), err)
	}
	part := f.Path + ".part"
	if err := clear(t.dir, part); err != nil {
		return err
	}
	for again := 0; ; again++ {
		t.now.Done = before
		if err := t.whole(ctx, f, part); err != nil {
			return err
		}
		err := check(t.dir, part, f)
		if err == nil {
			break
		}
		t.dir.Remove(part)
		if again > 0 {
			return fault.Hub.Errorf("%w, twice: the connection or the hub alters the data; try again later", err)
		}
		t.say("damaged on the way, fetched again", nil)
	}
	t.now.Done = before + f.Size
	t.say("", nil)
	return t.dir.Rename(part, f.Path)
}

// whole requests the rest until every byte is there; tries count only while nothing arrives.
func (t *transfer) whole(ctx context.Context, f File, part string) error {
	for try := 0; ; {
		at := int64(0)
		if info, err := t.dir.Lstat(part); err == nil {
			at = info.Size()
		}
		if at > f.Size {
			t.dir.Remove(part)
			at = 0
		}
		if at == f.Size && (at > 0 || check(t.dir, part, f) == nil) {
			return nil
		}
		came, wait, err := t.piece(ctx, f, part, at)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			continue
		case !retryable(err):
			return err
		}
		if try++; came > 0 {
			try = 1
		}
		if try >= t.client.tries() {
			return fmt.Errorf("%w; what has arrived is kept, fetch again to continue", err)
		}
		t.say(err.Error(), err)
		if err := pause(ctx, max(wait, t.client.wait(try-1))); err != nil {
			return err
		}
	}
}

// piece is one connection: it appends to the part file from a byte on.
func (t *transfer) piece(ctx context.Context, f File, part string, at int64) (came int64, wait time.Duration, err error) {
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dog := time.AfterFunc(t.client.stall(), func() { cancel(ErrStall) })
	defer dog.Stop()
	response, err := t.client.get(watched, t.client.address(t.repository, f), at)
	if err != nil {
		return 0, 0, stalled(watched, err)
	}
	defer response.Body.Close()
	if wait, err := t.client.refused(response); err != nil {
		return 0, wait, err
	}
	if response.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return 0, 0, errors.Join(t.dir.Remove(part), passing{fault.Hub.Errorf("the hub's file has another length")})
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if response.StatusCode != http.StatusPartialContent { // the whole file, whatever was requested
		flags, at = os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0
	} else if from := response.Header.Get("Content-Range"); !strings.HasPrefix(from, fmt.Sprintf("bytes %d-", at)) {
		return 0, 0, passing{fault.Hub.Errorf("the hub sent another part than requested (%q)", from)}
	}
	file, err := t.dir.OpenFile(part, flags, 0o644)
	if err != nil {
		return 0, 0, err
	}
	before := t.now.Done
	came, err = io.Copy(file, io.LimitReader(&counted{response.Body, t, dog, at, f.Size, before}, f.Size-at+1))
	err = errors.Join(stalled(watched, network(err)), file.Sync(), file.Close())
	t.now.Done = before
	switch {
	case err == nil && at+came < f.Size:
		err = passing{fault.Cut.Errorf("the connection was lost")}
	case err == nil && at+came > f.Size:
		err = errors.Join(t.dir.Remove(part), passing{fault.Hub.Errorf("more arrived than the file has")})
		came = 0
	}
	return came, 0, err
}

// network marks errors of reading as passing; those of writing, such as a full disk, are not.
func network(err error) error {
	var path *os.PathError
	if err == nil || errors.As(err, &path) {
		return err
	}
	return passing{fault.Cut.Errorf("the connection was lost: %w", err)}
}

func stalled(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), ErrStall) {
		return passing{ErrStall}
	}
	return err
}

// counted reports bytes as they arrive, and resets the watchdog.
type counted struct {
	from   io.Reader
	t      *transfer
	dog    *time.Timer
	at     int64
	size   int64 // limits the count where a hub sends more
	before int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	if n > 0 {
		c.dog.Reset(c.t.client.stall())
		c.at += int64(n)
		c.t.come += int64(n)
		c.t.now.Done = c.before + min(c.at, c.size)
		c.t.say("", nil)
	}
	return n, err
}

func (c Client) address(r Repository, f File) string {
	parts := strings.Split(f.Path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return c.endpoint() + "/" + r.Name + "/resolve/" + r.Commit + "/" + strings.Join(parts, "/")
}
