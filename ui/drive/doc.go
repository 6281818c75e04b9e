// Package drive opens the studio in an X display of its own and uses it as a user would, with mouse and keyboard,
// watching the pixels that come out.
//
// It uses the program from outside only: [Open] starts a display (Xvfb), [Display.Start] runs the program in it, the
// input methods go through xdotool and [Display.Shot] reads the screen. The tests have the build tag "window": "make
// test" runs them and "make screenshots" takes pictures for people to look at.
package drive
