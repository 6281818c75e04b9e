// Package drive opens the studio in an X display of its own and uses it as an artist would, with mouse and
// keyboard, watching the pixels that come out.
//
// It knows the program from outside only: [Open] gives a display (Xvfb), [Display.Start] runs the program in it,
// the input methods go through xdotool and [Display.Shot] reads the screen. The tests with build tag "window" tell
// the story: "make test" runs them and "make screenshots" takes pictures for people to look at.
package drive
