package drive

import (
	"errors"
	"fmt"
	"image"
	"net/url"
	"strconv"
	"time"
)

// Drop drags files from another program onto a window and drops them at a point of the screen, as a file manager does
// (XDND, version 5: https://freedesktop.org/wiki/Specifications/XDND).
func (d *Display) Drop(window Window, at image.Point, paths ...string) error {
	target, err := strconv.ParseUint(window.ID, 10, 32)
	if err != nil {
		return fmt.Errorf("window %q: %w", window.ID, err)
	}
	x, err := d.dial()
	if err != nil {
		return err
	}
	defer x.conn.Close()
	drag := drag{xclient: x, target: uint32(target)}
	for _, path := range paths {
		drag.list += (&url.URL{Scheme: "file", Path: path}).String() + "\r\n"
	}
	if err := drag.begin(); err != nil {
		return fmt.Errorf("drag: %w", err)
	}
	if err := drag.to(at); err != nil {
		return fmt.Errorf("drop at %v: %w", at, err)
	}
	return nil
}

// drag is the source's side of a drag.
type drag struct {
	*xclient
	source, target uint32
	atoms          map[string]uint32
	list           string // text/uri-list
}

func (d *drag) begin() (err error) {
	d.atoms = map[string]uint32{}
	for _, name := range []string{"XdndSelection", "XdndEnter", "XdndPosition", "XdndStatus", "XdndDrop", "XdndFinished", "XdndActionCopy", "text/uri-list"} {
		if d.atoms[name], err = d.atom(name); err != nil {
			return err
		}
	}
	if d.source, err = d.window(); err != nil {
		return err
	}
	return d.request(xSetSelectionOwner, 0, d.source, d.atoms["XdndSelection"], 0)
}

// to enters the target, moves to a point and drops there, if the target accepts.
func (d *drag) to(at image.Point) error {
	enter := [5]uint32{d.source, 5 << 24, d.atoms["text/uri-list"]}
	if err := d.message(d.target, d.atoms["XdndEnter"], enter); err != nil {
		return err
	}
	position := [5]uint32{d.source, 0, uint32(at.X)<<16 | uint32(at.Y), 0, d.atoms["XdndActionCopy"]}
	if err := d.message(d.target, d.atoms["XdndPosition"], position); err != nil {
		return err
	}
	status, err := d.answer("XdndStatus")
	if err != nil {
		return err
	}
	if status&1 == 0 {
		return errors.New("the window does not take it")
	}
	if err := d.message(d.target, d.atoms["XdndDrop"], [5]uint32{d.source}); err != nil {
		return err
	}
	done, err := d.answer("XdndFinished")
	if err == nil && done == 0 { // GLFW puts the list's length there, whose lowest bit means nothing
		err = errors.New("the window could not use it")
	}
	return err
}

// answer waits for a message from the target and returns its second word; meanwhile the target may request the list.
func (d *drag) answer(name string) (uint32, error) {
	d.conn.SetDeadline(time.Now().Add(20 * time.Second))
	for {
		event, err := d.next()
		if err != nil {
			return 0, fmt.Errorf("waiting for %s: %w", name, err)
		}
		switch event[0] &^ 0x80 { // the highest bit: sent by a client
		case xClientMessage:
			if xorder.Uint32(event[8:]) == d.atoms[name] {
				return xorder.Uint32(event[16:]), nil
			}
		case xSelectionRequest:
			if err := d.give(event); err != nil {
				return 0, err
			}
		}
	}
}

// give sends the list to the window that requests the selection.
func (d *drag) give(request []byte) error {
	at := func(i int) uint32 { return xorder.Uint32(request[i:]) }
	when, asker, selection, kind, property := at(4), at(12), at(16), at(20), at(24)
	if err := d.property(asker, property, kind, d.list); err != nil {
		return err
	}
	return d.request(xSendEvent, 0, asker, 0, xSelectionNotify, when, asker, selection, kind, property, 0, 0)
}
