package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nirvana/app/disk"
	"nirvana/app/journal"
	"nirvana/engine/fault"
	"nirvana/models"
	"nirvana/models/hub"
)

// Download is a model that is being fetched from the hub.
type Download struct {
	Name     string
	Progress hub.Progress
	Err      error // why it ended, nil while it goes on
	// Locked says that the repository wants a token; see Studio.KeepToken.
	Locked  bool
	Repairs bool // of a model that is here, damaged
	cancel  context.CancelFunc
}

// tellEvery is how often a fetch's progress reaches the window.
const tellEvery = 100 * time.Millisecond

// Fetch brings a repository of the hub into the folder of fetched models, in the background.
func (s *Studio) Fetch(name string) {
	name = strings.TrimSpace(name)
	for i, d := range s.Downloads {
		if d.Name == name {
			if d.Err == nil {
				return
			}
			s.Downloads = slices.Delete(slices.Clone(s.Downloads), i, i+1)
			break
		}
	}
	ctx, cancel := context.WithCancel(s.base)
	d := &Download{Name: name, cancel: cancel}
	s.Downloads = append(s.Downloads, d)
	s.changed(ChangedModel)
	s.fetching.Add(1)
	go func() {
		defer s.fetching.Done()
		defer cancel()
		dir, err := s.bring(ctx, d)
		s.post(func() { s.fetched(d, dir, err) })
	}()
}

// CancelFetch ends a fetch, or takes a failed one off the list. What has come is kept for the next time.
func (s *Studio) CancelFetch(d *Download) {
	d.cancel()
	s.Downloads = slices.DeleteFunc(slices.Clone(s.Downloads), func(o *Download) bool { return o == d })
	s.changed(ChangedModel)
}

func (s *Studio) client() hub.Client {
	c := s.options.Hub
	if c.Token == "" {
		c.Token = hub.Token()
	}
	return c
}

func (s *Studio) bring(ctx context.Context, d *Download) (string, error) {
	if s.options.Store == "" {
		return "", errors.New("this studio was started without a folder for models")
	}
	c := s.client()
	r, err := c.Look(ctx, d.Name, "")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(s.options.Store, 0o700); err != nil {
		return "", fmt.Errorf("the folder for models cannot be made: %w", err)
	}
	dir := filepath.Join(s.options.Store, r.Folder())
	err = c.Fetch(ctx, r, dir, s.progress(d))
	return dir, err
}

// progress brings a download's progress to the window, at times.
func (s *Studio) progress(d *Download) func(hub.Progress) {
	last, said := time.Time{}, ""
	return func(p hub.Progress) {
		if now := time.Now(); p.Notice != said || now.Sub(last) >= tellEvery || p.Done == p.Bytes {
			last, said = now, p.Notice
			s.post(func() {
				d.Progress = p
				s.changed(ChangedModel)
			})
		}
	}
}

// WaitReasons are the reasons of Waits, for the translations' test.
var WaitReasons = []string{"what came was damaged", "no data arrived for a while", "the hub cannot be reached", "the connection was cut",
	"the hub is busy, or sent something else than asked for"}

// Waits is why a download waits before it is tried again, in the window's language; "" while bytes come. In English
// the fault's own text is more exact.
func (s *Studio) Waits(d *Download) string {
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
	if text := s.say(reason); text != reason {
		return text
	}
	return p.Notice
}

func (s *Studio) fetched(d *Download, dir string, err error) {
	switch {
	case errors.Is(err, context.Canceled):
		return
	case err == nil:
		info, readErr := s.read(dir)
		if err = readErr; err == nil {
			s.Downloads = slices.DeleteFunc(slices.Clone(s.Downloads), func(o *Download) bool { return o == d })
			s.AddModel(info)
			s.notify(&Notice{Headline: fmt.Sprintf(s.say("%s was downloaded"), info.Name), Advice: s.say("It can be chosen in the panel now."), Action: s.say("Use it"), Do: func() { s.Open(info.Dir) }})
			return
		}
	}
	d.Err, d.Locked = err, errors.Is(err, hub.ErrToken)
	s.changed(ChangedModel)
}

func (s *Studio) read(dir string) (ModelInfo, error) {
	if s.options.Read == nil {
		return ModelInfo{}, errors.New("this program was started without a way to read model folders")
	}
	return s.options.Read(dir)
}

// KeepToken puts a token of the hub into the system's keyring.
func (s *Studio) KeepToken(token string) {
	s.Fail("The token was not kept", hub.KeepToken(token), "", nil)
}

// CheckModel reads all of a model's files in the background, and tells what is wrong.
func (s *Studio) CheckModel(m ModelInfo) {
	s.notify(&Notice{Headline: fmt.Sprintf(s.say("%s: checking its files ..."), m.Name)})
	s.aside(func() {
		wrong := models.Check(m.Dir)
		s.post(func() {
			if len(wrong) == 0 {
				s.notify(&Notice{Headline: fmt.Sprintf(s.say("%s is complete"), m.Name), Fine: true})
				return
			}
			n := &Notice{Headline: fmt.Sprintf(s.say("%s is damaged"), m.Name), Advice: s.say("Copy its files anew from where they came."), Detail: strings.Join(wrong, "\n")}
			if m.Fetched {
				n.Advice = s.say("Repair it, or remove it and fetch it again.")
				n.Action, n.Do = s.say("Repair"), func() { s.RepairModel(m) }
			}
			s.notify(n)
		})
	})
}

// RepairModel fetches again what differs from the hub, and shows it among the downloads.
func (s *Studio) RepairModel(m ModelInfo) {
	if slices.ContainsFunc(s.Downloads, func(d *Download) bool { return d.Repairs && d.Name == m.Name }) {
		return
	}
	ctx, cancel := context.WithCancel(s.base)
	d := &Download{Name: m.Name, Repairs: true, cancel: cancel}
	s.Downloads = append(s.Downloads, d)
	s.changed(ChangedModel)
	s.aside(func() {
		defer cancel()
		names, err := s.client().Repair(ctx, m.Dir, s.progress(d))
		s.post(func() {
			s.CancelFetch(d)
			if err != nil {
				s.Fail("The model could not be repaired", err, "Try again", func() { s.RepairModel(m) })
				return
			}
			s.notify(&Notice{Headline: fmt.Sprintf(s.say("%s is complete"), m.Name), Detail: strings.Join(names, "\n"), Fine: true})
		})
	})
}

// aside runs f on a goroutine that Close waits for.
func (s *Studio) aside(f func()) {
	s.fetching.Add(1)
	go func() {
		defer s.fetching.Done()
		f()
	}()
}

// Linked is the model folders that were added in place, as the data folder's journal has them; of a journal that is not
// there or cannot be read, none. A studio may have it open.
func Linked(home string) []string {
	if !journal.There(home) {
		return nil
	}
	j, err := journal.OpenCopy(disk.OS{}, home)
	if err != nil {
		return nil
	}
	defer j.Close()
	var s Settings
	if data, err := j.Record("settings"); err != nil || json.Unmarshal(data, &s) != nil {
		return nil
	}
	return s.Folders
}

// RemoveModel takes a model off the list. A fetched one goes to the trash, and
// comes back by the notice's button; an added folder stays where it is.
func (s *Studio) RemoveModel(m ModelInfo) {
	if chosen, _ := s.Chosen(); m.Shipped || m.Dir == s.openDir || m.Dir == chosen.Dir {
		s.notify(&Notice{Headline: fmt.Sprintf(s.say("%s is in use"), m.Name), Advice: s.say("Choose another model first.")})
		return
	}
	trashed := ""
	if m.Fetched {
		trashed = filepath.Join(s.modelTrash(), filepath.Base(m.Dir)+"-"+s.now().UTC().Format("20060102T150405"))
		err := os.MkdirAll(filepath.Dir(trashed), 0o700)
		if err == nil {
			err = os.Rename(m.Dir, trashed)
		}
		if err != nil {
			s.Fail("The model could not be removed", err, "", nil)
			return
		}
	}
	s.Models = slices.DeleteFunc(slices.Clone(s.Models), func(o ModelInfo) bool { return o.Dir == m.Dir })
	s.Set(func(t *Settings) {
		t.Folders = slices.DeleteFunc(slices.Clone(t.Folders), func(d string) bool { return d == m.Dir })
	})
	s.changed(ChangedModel)
	s.notify(&Notice{Headline: fmt.Sprintf(s.say("%s was removed"), m.Name), Action: s.say("Undo"), Do: func() {
		if trashed != "" {
			if err := os.Rename(trashed, m.Dir); err != nil {
				s.Fail("The model could not be brought back", err, "", nil)
				return
			}
		}
		s.AddModel(m)
	}})
}

// Fits says whether a model's memory is this machine's; true where either is not known.
func (s *Studio) Fits(m ModelInfo) bool {
	return s.options.Memory <= 0 || m.Memory <= s.options.Memory
}

// refuse tells, once a model, that it will not fit, before it is opened.
func (s *Studio) refuse(m ModelInfo) bool {
	if s.Fits(m) || s.anyway == m.Dir || s.openDir == m.Dir {
		return false
	}
	s.notify(&Notice{Headline: fmt.Sprintf(s.say("%s will not fit this machine's memory"), m.Name),
		Advice: fmt.Sprintf(s.say("It needs about %.1f GB and there are %.1f GB: choose a smaller model."), gigabytes(m.Memory), gigabytes(s.options.Memory)),
		Action: s.say("Open it anyway"), Do: func() {
			s.anyway = m.Dir
			s.Open(m.Dir)
		}})
	return true
}

func gigabytes(n int64) float64 { return float64(n) / 1e9 }
