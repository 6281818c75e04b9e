package native

import "github.com/go-gl/glfw/v3.4/glfw"

// Screen is the first screen's size for windows, in the units of its coordinates; zeros where unknown. Call it on the
// main thread while the window is shown.
func Screen() (width, height int) {
	m := glfw.GetPrimaryMonitor()
	if m == nil {
		return 0, 0
	}
	_, _, width, height = m.GetWorkarea()
	return width, height
}
