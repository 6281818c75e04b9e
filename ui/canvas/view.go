package canvas

import (
	"image"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Tool is what the pointer does.
type Tool int

const (
	ToolFrame Tool = iota // moves and resizes the frame
	ToolHand              // pans
	ToolZoom              // zooms in; with Alt, out
	ToolBrush             // paints the mask
	ToolEraser
	ToolRectangle // selects into the mask
	ToolEllipse
	ToolLasso
	ToolWand
	ToolCrop
)

// Hooks are what the canvas tells the window. Places are in document pixels. Nil hooks are left out.
type Hooks struct {
	// FrameBegan, FrameMoved and FrameEnded tell of a drag of the frame.
	FrameBegan func()
	FrameMoved func(image.Rectangle)
	FrameEnded func()
	FrameFit   func() // a double click
	// StrokeBegan and StrokeMoved give what they changed; StrokeEnded ends.
	StrokeBegan func(x, y float32, erase bool)
	StrokeMoved func(x, y float32)
	StrokeEnded func()
	// Selected tells of a finished rectangle, ellipse or crop; Outlined of a lasso; Picked of the wand.
	Selected func(tool Tool, r image.Rectangle, add, remove bool)
	Outlined func(points [][2]float32, add, remove bool)
	Picked   func(p image.Point, add, remove bool)
	Zoomed   func(zoom float64)
	Focused  func() // the canvas was pressed
	Divider  func(share float64)
}

// View is the canvas widget.
type View struct {
	widget.BaseWidget
	Hooks Hooks
	Scene Scene

	view   Viewport
	fitted bool // the next layout fits the scene
	tool   Tool
	brush  float32 // diameter, document px
	space  bool    // the space bar is held: pan

	screen   *image.RGBA
	spare    *image.RGBA
	pixels   *canvas.Image
	ring     *canvas.Circle
	outline  *canvas.Rectangle
	mips     mips
	drag     drag
	lasso    []*canvas.Line
	lassoBox *fyne.Container
	over     bool
}

// New is an empty canvas.
func New() *View {
	v := &View{fitted: true, view: Viewport{Zoom: 1}, brush: 24}
	v.pixels = canvas.NewImageFromImage(image.NewRGBA(image.Rect(0, 0, 1, 1)))
	v.pixels.ScaleMode = canvas.ImageScalePixels
	v.pixels.FillMode = canvas.ImageFillStretch
	v.ring = canvas.NewCircle(image.Transparent)
	v.ring.StrokeWidth = 1
	v.ring.Hide()
	v.outline = canvas.NewRectangle(image.Transparent)
	v.outline.StrokeWidth = 1
	v.outline.Hide()
	v.lassoBox = &fyne.Container{}
	v.ExtendBaseWidget(v)
	return v
}

// CreateRenderer is Fyne's.
func (v *View) CreateRenderer() fyne.WidgetRenderer { return &renderer{v} }

type renderer struct{ v *View }

func (r *renderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.v.pixels, r.v.lassoBox, r.v.outline, r.v.ring}
}
func (r *renderer) MinSize() fyne.Size { return fyne.NewSize(200, 160) }
func (r *renderer) Destroy()           {}
func (r *renderer) Refresh()           { r.v.Redraw() }
func (r *renderer) Layout(s fyne.Size) {
	r.v.pixels.Resize(s)
	if r.v.fitted {
		r.v.Fit()
		return
	}
	r.v.Redraw()
}

// scale is device pixels a unit of Fyne.
func (v *View) scale() float64 {
	if c := fyne.CurrentApp().Driver().CanvasForObject(v); c != nil {
		return float64(c.Scale())
	}
	return 1
}

func (v *View) deviceSize() (w, h int) {
	k := v.scale()
	return int(math.Round(float64(v.Size().Width) * k)), int(math.Round(float64(v.Size().Height) * k))
}

// Redraw draws the scene anew. Two buffers take turns: the one that the painter
// may be reading is not written.
func (v *View) Redraw() {
	w, h := v.deviceSize()
	if w <= 0 || h <= 0 {
		return
	}
	v.screen, v.spare = v.spare, v.screen
	if v.screen == nil || v.screen.Rect.Dx() != w || v.screen.Rect.Dy() != h {
		v.screen = image.NewRGBA(image.Rect(0, 0, w, h))
		for i := 3; i < len(v.screen.Pix); i += 4 {
			v.screen.Pix[i] = 255
		}
	}
	v.mips.render(v.screen, &v.Scene, v.view, v.scale())
	v.pixels.Image = v.screen
	v.pixels.Refresh()
}

// Screen is what is shown now, in device pixels.
func (v *View) Screen() *image.RGBA { return v.screen }

// Viewport is the present zoom and place.
func (v *View) Viewport() Viewport { return v.view }

// FrameOnScreen is where the frame lies, in units of Fyne from the widget's corner.
func (v *View) FrameOnScreen() (x, y, w, h float32) {
	r, k := v.view.ToScreen(v.Scene.Frame), float32(v.scale())
	return float32(r.Min.X) / k, float32(r.Min.Y) / k, float32(r.Dx()) / k, float32(r.Dy()) / k
}

// Zoom is device pixels a document pixel.
func (v *View) Zoom() float64 { return v.view.Zoom }

// Fit shows everything; it goes on fitting when the window's size changes, until the artist zooms or pans.
func (v *View) Fit() {
	area := v.Scene.Frame
	if v.Scene.Picture != nil {
		area = area.Union(v.Scene.Picture.Rect.Add(v.Scene.At))
	}
	w, h := v.deviceSize()
	v.fitted = true
	v.show(Fitted(area, w, h))
}

// Actual shows one picture pixel as one screen pixel.
func (v *View) Actual() {
	w, h := v.deviceSize()
	v.fitted = false
	v.show(v.view.ZoomAt(1/v.view.Zoom, float64(w)/2, float64(h)/2))
}

// ZoomBy zooms about the middle.
func (v *View) ZoomBy(factor float64) {
	w, h := v.deviceSize()
	v.fitted = false
	v.show(v.view.ZoomAt(factor, float64(w)/2, float64(h)/2))
}

// Fitting says that the view still follows the scene's size.
func (v *View) Fitting() bool { return v.fitted }

func (v *View) show(p Viewport) {
	v.view = p
	if v.Hooks.Zoomed != nil {
		v.Hooks.Zoomed(p.Zoom)
	}
	v.Redraw()
	v.placeRing()
}

// SetTool changes what the pointer does.
func (v *View) SetTool(t Tool) {
	v.tool = t
	v.Scene.Hot = t == ToolFrame
	v.placeRing()
	v.Redraw()
}

// Tool is the present one.
func (v *View) Tool() Tool { return v.tool }

// SetBrush sets the outline's diameter in document px.
func (v *View) SetBrush(size float32) {
	v.brush = size
	v.placeRing()
}

// SetSpace tells that the space bar is held.
func (v *View) SetSpace(held bool) { v.space = held }

// Cursor is the pointer's form.
func (v *View) Cursor() desktop.Cursor {
	switch v.tool {
	case ToolBrush, ToolEraser, ToolRectangle, ToolEllipse, ToolLasso, ToolWand, ToolCrop:
		return desktop.CrosshairCursor
	case ToolHand, ToolZoom:
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}
