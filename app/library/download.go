package library

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nirvana/app/notice"
	"nirvana/engine/fault"
	"nirvana/models"
	"nirvana/models/fetched"
	"nirvana/models/hub"
	"nirvana/models/listing"
)

// Download is a model being fetched from the hub.
type Download struct {
	Name     string
	Progress hub.Progress
	Err      error // why it ended; nil while in progress
	// Locked means that the repository requires a token; see KeepToken.
	Locked  bool
	Repairs bool // replaces damaged files of an installed model
	cancel  context.CancelFunc
}

// progressInterval is how often a download's progress is shown.
const progressInterval = 100 * time.Millisecond

// Fetch downloads a repository of the hub in the background: a model into the folder of fetched models, a single file that
// is a part of one into the folder of its kind in the data folder.
func (l *Library) Fetch(name string) {
	name = strings.TrimSpace(name)
	for i, d := range l.Downloads {
		if d.Name == name {
			if d.Err == nil {
				return
			}
			l.Downloads = slices.Delete(slices.Clone(l.Downloads), i, i+1)
			break
		}
	}
	ctx, cancel := context.WithCancel(l.base)
	d := &Download{Name: name, cancel: cancel}
	l.Downloads = append(l.Downloads, d)
	l.hooks.Changed()
	l.hooks.Aside(func() {
		defer cancel()
		result, err := l.download(ctx, d)
		l.hooks.Post(func() { l.fetched(d, result, err) })
	})
}

// CancelFetch cancels a download, or removes a failed one from the list. The bytes received are kept for the next
// time.
func (l *Library) CancelFetch(d *Download) {
	d.cancel()
	l.Downloads = slices.DeleteFunc(slices.Clone(l.Downloads), func(o *Download) bool { return o == d })
	l.hooks.Changed()
}

func (l *Library) client() hub.Client {
	c := l.options.Hub
	if c.Token == "" {
		c.Token = hub.Token()
	}
	return c
}

func (l *Library) download(ctx context.Context, d *Download) (fetched.Result, error) {
	if l.options.Store == "" {
		return fetched.Result{}, errors.New("this studio was started without a folder for models")
	}
	c := l.client()
	r, err := c.Look(ctx, d.Name, "")
	if err != nil {
		return fetched.Result{}, err
	}
	if err := os.MkdirAll(l.options.Store, 0o700); err != nil {
		return fetched.Result{}, fmt.Errorf("the folder for models cannot be made: %w", err)
	}
	return fetched.Fetch(ctx, c, r, filepath.Join(l.options.Store, r.Folder()), l.options.Home, l.progress(d))
}

// progress posts a download's progress, at most once per progressInterval.
func (l *Library) progress(d *Download) func(hub.Progress) {
	last, said := time.Time{}, ""
	return func(p hub.Progress) {
		if now := time.Now(); p.Notice != said || now.Sub(last) >= progressInterval || p.Done == p.Bytes {
			last, said = now, p.Notice
			l.hooks.Post(func() {
				d.Progress = p
				l.hooks.Changed()
			})
		}
	}
}

// WaitReasons are the texts that Waits translates, for the translations' test.
var WaitReasons = []string{"the download was damaged", "no data arrived for a while", "the hub cannot be reached", "the connection was lost",
	"the hub is busy, or sent something unexpected"}

// Waits is the translated reason why a download waits before it retries; "" while bytes arrive. In English the
// error's own text is more precise.
func (l *Library) Waits(d *Download) string {
	p := d.Progress
	if p.Notice == "" {
		return ""
	}
	reason := WaitReasons[4]
	switch {
	case p.Fault == nil:
		reason = WaitReasons[0]
	case errors.Is(p.Fault, hub.ErrStall):
		reason = WaitReasons[1]
	case fault.Of(p.Fault) == fault.Offline:
		reason = WaitReasons[2]
	case fault.Of(p.Fault) == fault.Cut:
		reason = WaitReasons[3]
	}
	if text := l.say(reason); text != reason {
		return text
	}
	return p.Notice
}

func (l *Library) fetched(d *Download, result fetched.Result, err error) {
	switch {
	case errors.Is(err, context.Canceled):
		return
	case err == nil && result.Kind != listing.Model:
		l.Downloads = slices.DeleteFunc(slices.Clone(l.Downloads), func(o *Download) bool { return o == d })
		l.FindParts(l.PartsOf)
		l.hooks.Changed()
		l.hooks.Notify(l.partNotice(result))
		return
	case err == nil:
		info, readErr := l.Read(result.Path)
		if err = readErr; err == nil {
			l.Downloads = slices.DeleteFunc(slices.Clone(l.Downloads), func(o *Download) bool { return o == d })
			l.AddModel(info)
			if info.Lacks != "" {
				l.hooks.Notify(&notice.Notice{Headline: fmt.Sprintf(l.say("%s was downloaded"), info.Name), Advice: fmt.Sprintf(l.say("It lacks %s: drop the file on the window, or put it into the folder text_encoders or vae beside."), fault.PartsIn(info.Lacks, l.say))})
				return
			}
			l.hooks.Notify(&notice.Notice{Headline: fmt.Sprintf(l.say("%s was downloaded"), info.Name), Advice: l.say("It can be chosen in the panel now."), Action: l.say("Use it"), Do: func() { l.hooks.Open(info.Dir) }})
			return
		}
	}
	d.Err, d.Locked = err, errors.Is(err, hub.ErrToken)
	l.hooks.Changed()
}

// Read describes a model folder.
func (l *Library) Read(dir string) (Model, error) {
	if l.options.Read == nil {
		return Model{}, errors.New("this program was started without a way to read model folders")
	}
	return l.options.Read(dir)
}

// KeepToken stores a token of the hub in the system's keyring.
func (l *Library) KeepToken(token string) {
	l.hooks.Fail("The token was not saved", hub.KeepToken(token), "", nil)
}

// CheckModel verifies a model's files in the background, and reports the result.
func (l *Library) CheckModel(m Model) {
	l.hooks.Notify(&notice.Notice{Headline: fmt.Sprintf(l.say("%s: checking its files ..."), m.Name)})
	l.hooks.Aside(func() {
		wrong := models.Check(m.Dir)
		l.hooks.Post(func() {
			if len(wrong) == 0 {
				l.hooks.Notify(&notice.Notice{Headline: fmt.Sprintf(l.say("%s: all files verified"), m.Name), Fine: true})
				return
			}
			n := &notice.Notice{Headline: fmt.Sprintf(l.say("%s is damaged"), m.Name), Advice: l.say("Copy its files again from their source."), Detail: strings.Join(wrong, "\n")}
			if m.Fetched {
				n.Advice = l.say("Repair it, or remove it and fetch it again.")
				n.Action, n.Do = l.say("Repair"), func() { l.RepairModel(m) }
			}
			l.hooks.Notify(n)
		})
	})
}

// RepairModel downloads the files that differ from the hub's, and lists it among the downloads.
func (l *Library) RepairModel(m Model) {
	if slices.ContainsFunc(l.Downloads, func(d *Download) bool { return d.Repairs && d.Name == m.Name }) {
		return
	}
	ctx, cancel := context.WithCancel(l.base)
	d := &Download{Name: m.Name, Repairs: true, cancel: cancel}
	l.Downloads = append(l.Downloads, d)
	l.hooks.Changed()
	l.hooks.Aside(func() {
		defer cancel()
		names, err := l.client().Repair(ctx, m.Dir, l.progress(d))
		l.hooks.Post(func() {
			l.CancelFetch(d)
			if err != nil {
				l.hooks.Fail("The model could not be repaired", err, "Try again", func() { l.RepairModel(m) })
				return
			}
			l.hooks.Notify(&notice.Notice{Headline: fmt.Sprintf(l.say("%s: all files verified"), m.Name), Detail: strings.Join(names, "\n"), Fine: true})
		})
	})
}
