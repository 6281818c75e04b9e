package drive

import (
	"fmt"
	"image"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// xdotool sends input to the display and asks about its windows.
func (d *Display) xdotool(args ...string) (string, error) {
	command := exec.Command("xdotool", args...)
	command.Env = append(os.Environ(), "DISPLAY="+d.Name)
	var complaint strings.Builder
	command.Stderr = &complaint
	said, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("xdotool %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(complaint.String()))
	}
	return strings.TrimSpace(string(said)), nil
}

// Type types text.
func (d *Display) Type(text string) error {
	_, err := d.xdotool("type", "--delay", "15", text)
	return err
}

// Press presses keys one after the other, with X's names: "ctrl+Return", "Escape".
func (d *Display) Press(keys ...string) error {
	for _, key := range keys {
		if _, err := d.xdotool("key", "--delay", "30", key); err != nil {
			return err
		}
	}
	return nil
}

// Click presses and releases the left button at a point of the screen.
func (d *Display) Click(at image.Point) error {
	if err := d.move(at); err != nil {
		return err
	}
	_, err := d.xdotool("click", "1")
	return err
}

// Hover rests the pointer at a point of the screen.
func (d *Display) Hover(at image.Point) error { return d.move(at) }

// Drag holds the left button from the first point to the last, via those in between.
func (d *Display) Drag(points ...image.Point) error {
	for i, at := range points {
		if err := d.move(at); err != nil {
			return err
		}
		if i == 0 {
			if _, err := d.xdotool("mousedown", "1"); err != nil {
				return err
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	_, err := d.xdotool("mouseup", "1")
	return err
}

func (d *Display) move(at image.Point) error {
	said, err := d.xdotool("getmouselocation", "--shell")
	if err != nil {
		return err
	}
	if strings.HasPrefix(said, fmt.Sprintf("X=%d\nY=%d\n", at.X, at.Y)) {
		return nil // xdotool would wait long for it to move
	}
	_, err = d.xdotool("mousemove", "--sync", strconv.Itoa(at.X), strconv.Itoa(at.Y))
	return err
}
