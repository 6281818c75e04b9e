package ui

import (
	"bytes"
	"runtime"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// testApp is Fyne's application for tests with one goroutine for the window, as the real one has: what other goroutines
// pass to fyne.Do waits for run. Fyne's own test driver runs it where it is called, beside the test.
func testApp(t testing.TB) *ownedApp {
	t.Helper()
	a := &ownedApp{App: test.NewTempApp(t), owner: goroutine()}
	fyne.SetCurrentApp(a)
	return a
}

type ownedApp struct {
	fyne.App
	owner   string
	mu      sync.Mutex
	waiting []func()
}

func (a *ownedApp) Driver() fyne.Driver { return ownedDriver{a.App.Driver(), a} }

type ownedDriver struct {
	fyne.Driver
	app *ownedApp
}

func (d ownedDriver) DoFromGoroutine(f func(), _ bool) {
	if goroutine() == d.app.owner {
		f()
		return
	}
	d.app.mu.Lock()
	defer d.app.mu.Unlock()
	d.app.waiting = append(d.app.waiting, f)
}

// run runs what waits, on the test's goroutine.
func (a *ownedApp) run() {
	a.mu.Lock()
	all := a.waiting
	a.waiting = nil
	a.mu.Unlock()
	for _, f := range all {
		f()
	}
}

// goroutine is the number of the one that calls.
func goroutine() string {
	buf := make([]byte, 64)
	words := bytes.Fields(buf[:runtime.Stack(buf, false)]) // "goroutine 18 [running]: ..."
	return string(words[1])
}
