package drive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// xclient speaks as much of the X11 core protocol, version 11, as dragging onto another program's window needs, which
// xdotool cannot do.
type xclient struct {
	conn net.Conn
	root uint32
	base uint32 // of the identifiers that this client may assign
}

// Requests, events and predefined atoms by number (X11 protocol, appendix B).
const (
	xCreateWindow      = 1
	xInternAtom        = 16
	xChangeProperty    = 18
	xSetSelectionOwner = 22
	xSendEvent         = 25

	xErrorAnswer      = 0
	xReply            = 1
	xSelectionRequest = 30
	xSelectionNotify  = 31
	xClientMessage    = 33
)

var xorder = binary.LittleEndian

// dial opens a connection to the display, without authorisation.
func (d *Display) dial() (*xclient, error) {
	conn, err := net.Dial("unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(d.Name, ":"))
	if err != nil {
		return nil, err
	}
	x := &xclient{conn: conn}
	if err := x.greet(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("display %s: %w", d.Name, err)
	}
	return x, nil
}

func (x *xclient) greet() error {
	x.conn.SetDeadline(time.Now().Add(20 * time.Second))
	hello := make([]byte, 12)
	hello[0] = 'l' // little endian
	xorder.PutUint16(hello[2:], 11)
	if _, err := x.conn.Write(hello); err != nil {
		return err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(x.conn, head); err != nil {
		return err
	}
	rest := make([]byte, 4*int(xorder.Uint16(head[6:])))
	if _, err := io.ReadFull(x.conn, rest); err != nil {
		return err
	}
	if head[0] != 1 || len(rest) < 40 {
		return errors.New("the connection was refused")
	}
	x.base = xorder.Uint32(rest[4:])
	vendor, formats := int(xorder.Uint16(rest[16:])), int(rest[21])
	screen := 32 + (vendor+3)/4*4 + 8*formats
	if len(rest) < screen+4 {
		return errors.New("no screen")
	}
	x.root = xorder.Uint32(rest[screen:])
	return nil
}

// request sends one: its number, its second byte and its words.
func (x *xclient) request(number, second byte, words ...uint32) error {
	out := []byte{number, second, 0, 0}
	for _, w := range words {
		out = xorder.AppendUint32(out, w)
	}
	xorder.PutUint16(out[2:], uint16(len(out)/4))
	_, err := x.conn.Write(out)
	return err
}

// next is the next answer or event, its first 32 bytes.
func (x *xclient) next() ([]byte, error) {
	event := make([]byte, 32)
	if _, err := io.ReadFull(x.conn, event); err != nil {
		return nil, err
	}
	switch event[0] {
	case xErrorAnswer:
		return nil, fmt.Errorf("error %d of X request %d", event[1], event[10])
	case xReply:
		_, err := io.CopyN(io.Discard, x.conn, 4*int64(xorder.Uint32(event[4:])))
		return event, err
	}
	return event, nil
}

// atom is the number of a name.
func (x *xclient) atom(name string) (uint32, error) {
	words := make([]byte, (len(name)+3)/4*4)
	copy(words, name)
	args := []uint32{uint32(len(name))}
	for i := 0; i < len(words); i += 4 {
		args = append(args, xorder.Uint32(words[i:]))
	}
	if err := x.request(xInternAtom, 0, args...); err != nil {
		return 0, err
	}
	for {
		answer, err := x.next()
		if err != nil {
			return 0, err
		}
		if answer[0] == xReply {
			return xorder.Uint32(answer[8:]), nil
		}
	}
}

// window creates one that is never shown, to send and receive messages.
func (x *xclient) window() (uint32, error) {
	id := x.base + 1
	return id, x.request(xCreateWindow, 0, id, x.root, 0, 1<<16|1, 1<<16, 0, 0) // at 0, 0; 1 x 1; no border, depth and class as the root's
}

// message sends a client message of five words.
func (x *xclient) message(to, kind uint32, words [5]uint32) error {
	return x.request(xSendEvent, 0, append([]uint32{to, 0, 32<<8 | xClientMessage, to, kind}, words[:]...)...)
}

// property writes bytes into a window's property.
func (x *xclient) property(window, name, kind uint32, data string) error {
	words := make([]byte, (len(data)+3)/4*4)
	copy(words, data)
	args := []uint32{window, name, kind, 8, uint32(len(data))}
	for i := 0; i < len(words); i += 4 {
		args = append(args, xorder.Uint32(words[i:]))
	}
	return x.request(xChangeProperty, 0, args...)
}
