package fold

import "io"

// ahead is how many bytes are folded before they are handed on.
const ahead = 4 << 20

// behind writes what it is given beside its caller, in order: folding computes, and writing waits for the system. Close ends it.
type behind struct {
	now  []byte
	full chan []byte
	free chan handed
}

// handed is a buffer to be filled again, and how writing it went.
type handed struct {
	buffer []byte
	err    error
}

func newBehind(to io.Writer) *behind {
	b := &behind{full: make(chan []byte), free: make(chan handed, 2)}
	b.free <- handed{buffer: make([]byte, 0, ahead)}
	b.free <- handed{buffer: make([]byte, 0, ahead)}
	go func() {
		var err error
		for data := range b.full {
			if err == nil {
				_, err = to.Write(data)
			}
			b.free <- handed{data[:0], err}
		}
		close(b.free)
	}()
	return b
}

// Write keeps a copy of the bytes. Its error may be that of earlier ones.
func (b *behind) Write(data []byte) (n int, err error) {
	for len(data) > 0 {
		if b.now == nil {
			h := <-b.free
			if b.now = h.buffer; h.err != nil {
				return n, h.err
			}
		}
		some := min(len(data), cap(b.now)-len(b.now))
		b.now = append(b.now, data[:some]...)
		if data, n = data[some:], n+some; len(b.now) == cap(b.now) {
			b.full <- b.now
			b.now = nil
		}
	}
	return n, nil
}

// Close waits until all is written. It is called once, after any error too.
func (b *behind) Close() (err error) {
	if len(b.now) > 0 {
		b.full <- b.now
	}
	close(b.full)
	for h := range b.free {
		if err == nil {
			err = h.err
		}
	}
	return err
}
