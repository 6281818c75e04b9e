package ui

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"nirvana/app/style"
)

// A style that was saved here is removed with its button, and the notice's action brings it back.
func TestStyleIsRemoved(t *testing.T) {
	home := t.TempDir()
	file, err := style.Save(home, style.Style{Name: "mine", Prompt: "ink"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "styles.csv"), []byte("name,prompt\nwet,rain\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := window(t, Options{Home: home})
	w.win.Resize(fyne.NewSize(1100, 700))
	until := func(what string, done func() bool) {
		t.Helper()
		for range 2000 {
			if fyne.CurrentApp().(*ownedApp).run(); done() {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Fatal("not in time:", what)
	}
	l := w.openStyles()
	until("the list", func() bool { return len(l.all) == 2 })
	for i, s := range l.all {
		if l.choose(i); l.drop.Visible() != (s.Name == "mine") {
			t.Errorf("%s can be removed: %v", s.Name, l.drop.Visible())
		}
	}
	for i, s := range l.all {
		if s.Name == "mine" {
			l.choose(i)
		}
	}
	l.drop.OnTapped()
	until("the removal", func() bool { return len(l.all) == 1 && w.studio.Notice != nil })
	if _, err := os.Stat(file); err == nil || l.drop.Visible() || l.preview.Visible() {
		t.Error("it is still there")
	}
	w.studio.Notice.Do()
	until("its return", func() bool { _, err := os.Stat(file); return err == nil })
}
