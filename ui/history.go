package ui

import (
	"errors"
	"image"
	"io/fs"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/app/files"
)

// history is the finished pictures, newest first: as a strip below the canvas, and large in the canvas's place. Only
// what is visible is loaded, a page of entries and a thumbnail at a time, and never on the window's goroutine: the
// store may be on a slow or disconnected disk.
type history struct {
	w        *Window
	box      fyne.CanvasObject
	slim     fyne.CanvasObject // a button for it where there is no room
	strip    *strip            // of the large one, which covers the window's own
	search   *entry
	starred  *tipButton
	only     bool // starred ones
	deleted  bool // those that were deleted
	found    *canvas.Text
	list     *grid
	side     float32
	ids      []int64             // results of the search
	asked    string              // the search that ids belong to
	finding  bool                // a search is under way
	again    bool                // search again afterwards: the search or the history has changed
	pages    map[int][]app.Entry // nil while one is being read
	thumbs   map[int64]image.Image
	older    map[int64]image.Image
	bytes    int      // of thumbs
	wanted   []wanted // thumbnails to load, the newest first
	loading  bool
	selected map[int64]app.Entry
	from     int64 // ID of the entry at which a Shift+click's range begins
	at       int   // the entry with the keyboard's focus
}

// wanted is a thumbnail to be loaded, and the cell for it.
type wanted struct {
	index int
	entry app.Entry
	to    *thumb
}

const (
	historyPage  = 100     // entries read at a time
	historyPages = 20      // kept in memory
	historyBytes = 6 << 20 // of the thumbnails in each of two generations in memory; a screen of the large list has about 4 MB
	largeSide    = 136
)

func newHistory(w *Window) *history {
	h := newHistoryGrid(w, thumbSide)
	buttons := container.NewHBox(h.starred, w.tips.button("grid", "Show all pictures", w.showHistory), w.tips.button("folder-open", "Show the pictures' folder", w.showHistoryFolder))
	left := container.NewVBox(container.NewBorder(nil, nil, container.NewCenter(caption(say("History"))), buttons), fixed(170, h.search))
	h.box = container.New(&insetLayout{left: 8, right: 8}, container.NewBorder(nil, nil, left, nil, h.list))
	h.slim = container.NewCenter(w.tips.button("history", "History", w.showHistory))
	return h
}

func newHistoryGrid(w *Window, side float32) *history {
	h := &history{w: w, side: side, search: w.entry(), found: caption(""), thumbs: map[int64]image.Image{}, selected: map[int64]app.Entry{}}
	h.search.SetPlaceHolder(say("Search the history"))
	h.search.OnChanged = func(string) { h.load() }
	h.starred = w.tips.button("star", "Only starred pictures", nil)
	h.starred.OnTapped = func() {
		h.only = !h.only
		h.starred.pressed(h.only)
		h.load()
	}
	h.list = w.grid(func() int { return len(h.ids) },
		func() fyne.CanvasObject {
			t := newThumb(image.NewRGBA(image.Rect(0, 0, 1, 1)), func() {}, nil)
			return container.New(&sideLayout{side}, t, cornerMark("star"), cornerMark("check"), cornerMark("pause"))
		},
		func(id widget.GridWrapItemID, o fyne.CanvasObject) { h.fill(id, o.(*fyne.Container)) })
	h.list.OnHighlighted = func(i widget.GridWrapItemID) {
		before := h.at
		h.at = i
		h.list.RefreshItem(before)
		h.list.RefreshItem(i)
	}
	h.list.OnSelected = func(i widget.GridWrapItemID) { // by Space: clicks are handled by the thumbnails
		h.list.UnselectAll()
		if e, ok := h.entry(i); ok && e.ID != 0 {
			h.menu(e, fyne.CurrentApp().Driver().AbsolutePositionForObject(h.list).AddXY(8, 8))
		}
	}
	return h
}

// sideLayout is a square with marks in three corners.
type sideLayout struct{ side float32 }

func (l *sideLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSquareSize(l.side) }
func (l *sideLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Move(fyne.Position{})
	o[0].Resize(s)
	o[1].Move(fyne.NewPos(s.Width-22, 4))
	o[2].Move(fyne.NewPos(4, 4))
	o[3].Move(fyne.NewPos(4, s.Height-22))
	for _, mark := range o[1:] {
		mark.Resize(fyne.NewSquareSize(18))
	}
}

func cornerMark(name string) fyne.CanvasObject {
	i := widget.NewIcon(icon(name))
	return container.NewStack(canvas.NewCircle(accent), container.New(&insetLayout{left: 3, right: 3, top: 3, bottom: 3}, i))
}

func (h *history) refresh(c app.Change) {
	if c&app.ChangedHistory != 0 {
		h.load()
	}
}

func (h *history) query() string {
	query := h.search.Text
	if h.only {
		query = app.Starred + query
	}
	if h.deleted {
		query = app.Deleted + query
	}
	return query
}

// load searches again, in the background; the newest search wins.
func (h *history) load() {
	if h.finding {
		h.again = true
		return
	}
	h.finding, h.again = true, false
	query, store := h.query(), h.w.studio.History
	h.aside(func() func() {
		ids, err := store.Find(query)
		return func() { h.loaded(query, ids, err) }
	})
}

// aside reads the store in the background, and then runs what work returns on the window's goroutine. A history in
// memory is read at once.
func (h *history) aside(work func() func()) {
	if h.w.studio.History.Folder() == "" {
		work()()
		return
	}
	go func() { fyne.Do(work()) }()
}

func (h *history) loaded(query string, ids []int64, err error) {
	h.finding = false
	if h.again {
		h.load()
		return
	}
	if err != nil {
		h.w.studio.Fail("The history cannot be read", err, "Try again", h.load)
		return
	}
	if h.ids, h.pages = ids, map[int][]app.Entry{}; query != h.asked {
		h.asked = query
		clear(h.selected)
		h.list.ScrollToTop()
	}
	h.unselectMissing()
	h.count()
	h.list.Refresh()
}

// entry is the i-th one; false while its page is being read, which then fills its cells.
func (h *history) entry(i int) (app.Entry, bool) {
	n := i / historyPage
	page, ok := h.pages[n]
	if !ok {
		h.page(n)
		page = h.pages[n]
	}
	if i%historyPage >= len(page) {
		return app.Entry{}, false
	}
	return page[i%historyPage], true
}

// page reads a page in the background.
func (h *history) page(n int) {
	if len(h.pages) >= historyPages {
		clear(h.pages)
	}
	h.pages[n] = nil
	pages, store := h.pages, h.w.studio.History
	ids := h.ids[n*historyPage : min((n+1)*historyPage, len(h.ids))]
	h.aside(func() func() {
		list, err := store.Entries(ids)
		byID := map[int64]app.Entry{}
		for _, e := range list {
			byID[e.ID] = e
		}
		whole := make([]app.Entry, len(ids)) // entries deleted meanwhile leave gaps
		for i, id := range ids {
			whole[i] = byID[id]
		}
		return func() {
			if err != nil {
				delete(pages, n) // read again when it is looked at again
				return
			}
			pages[n] = whole
			if store.Folder() != "" {
				h.list.Refresh()
			}
		}
	})
}

// fill shows one entry; its thumbnail is loaded in the background.
func (h *history) fill(i int, cell *fyne.Container) {
	t := cell.Objects[0].(*thumb)
	e, ok := h.entry(i)
	if !ok || e.ID == 0 {
		visible(cell.Objects[1], false)
		visible(cell.Objects[2], false)
		visible(cell.Objects[3], false)
		t.tapped, t.opened, t.secondary, t.picked = func() {}, nil, nil, nil
		t.show(nil)
		return
	}
	visible(cell.Objects[1], e.Star)
	visible(cell.Objects[3], len(e.Recipe.Unfinished) == 2)
	t.tapped = func() { h.tapped(i, e) }
	t.picked = func(mods fyne.KeyModifier) { h.pick(i, e, mods) }
	t.opened = func() { h.open(e) }
	t.secondary = func(p fyne.Position) { h.menu(e, p) }
	_, on := h.selected[e.ID]
	visible(cell.Objects[2], on)
	t.selected(on)
	if i == h.at && (h.list.focused || e.ID == h.from) {
		t.focused()
	}
	t.show(h.held(e.ID))
	if t.img.Image == nil {
		h.want(wanted{i, e, t})
	}
}

// want queues a thumbnail. One goroutine loads, the last requested first, so that scrolling does not wait for what is
// no longer visible.
func (h *history) want(x wanted) {
	h.wanted = append(h.wanted, x)
	if len(h.wanted) > historyPage {
		h.wanted = h.wanted[len(h.wanted)-historyPage:]
	}
	if !h.loading {
		h.loading = true
		h.next()
	}
}

func (h *history) next() {
	n := len(h.wanted)
	if n == 0 {
		h.loading = false
		return
	}
	x := h.wanted[n-1]
	h.wanted = h.wanted[:n-1]
	side := int(h.side * h.w.win.Canvas().Scale())
	go func() {
		img, err := h.w.studio.History.Thumbnail(x.entry.ID, side)
		fyne.Do(func() {
			if err == nil {
				h.thumb(x, img)
			}
			h.next()
		})
	}()
}

func (h *history) thumb(x wanted, img image.Image) {
	h.hold(x.entry.ID, img)
	h.list.RefreshItem(x.index)
}

// hold keeps a thumbnail. Those not looked at for a while are dropped.
func (h *history) hold(id int64, img image.Image) {
	b := img.Bounds()
	size := 4 * b.Dx() * b.Dy()
	if h.bytes+size > historyBytes {
		h.older, h.thumbs, h.bytes = h.thumbs, map[int64]image.Image{}, 0
	}
	h.thumbs[id] = img
	h.bytes += size
}

// held is a thumbnail in memory, or nil.
func (h *history) held(id int64) image.Image {
	img := h.thumbs[id]
	if img == nil && h.older[id] != nil {
		img = h.older[id]
		h.hold(id, img)
	}
	return img
}

func (h *history) open(e app.Entry) {
	h.w.opening++
	mine := h.w.opening
	read := h.w.studio.Reader()
	h.w.beside(func() func() {
		p, err := read.Picture(e.Path)
		return func() {
			if mine == h.w.opening {
				h.take(e, p, err)
			}
		}
	})
}

// take opens a picture that was read.
func (h *history) take(e app.Entry, p *files.Picture, err error) {
	if err != nil {
		if _, gone := os.Stat(e.Path); errors.Is(gone, fs.ErrNotExist) { // deleted by another program: the recipe is still here
			h.w.studio.Fail("The picture's file is gone", gone, "Reproduce it", func() {
				h.w.studio.MakeAgain(h.w.studio.History.Whole(e))
			})
			return
		}
		h.w.studio.Fail("The picture cannot be opened", err, "", nil)
		return
	}
	h.w.studio.TakePicture(p)
	h.w.closeHistory()
	h.w.canvas.Fit()
}

// picturesText is a number of pictures in words.
func picturesText(n int) string {
	if n == 1 {
		return say("1 picture")
	}
	return sayf("%d pictures", n)
}
