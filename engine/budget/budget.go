// Package budget bounds what one foreign file may cost in all: a limit on each of its parts is none on their sum, and
// parts may be named many times. Start with For. It imports nothing of ours but engine/fault.
package budget

import (
	"io"
	"time"

	"nirvana/engine/fault"
)

// A Budget is spent by everything that is unpacked out of one file. It belongs to one goroutine.
type Budget struct {
	bytes, items int64
	until        time.Time
}

const (
	base   = 64 << 20 // bytes that any file may unpack to
	factor = 32       // and so many times its own size: pictures and text are seldom packed tighter
	items  = 1 << 16  // elements, entries, layers
	spell  = 2 * time.Minute
)

// For is a budget for a file of so many bytes.
func For(size int64) *Budget {
	return &Budget{bytes: base + factor*max(size, 0), items: items, until: time.Now().Add(spell)}
}

// More adds bytes, for what is known to pack tighter.
func (b *Budget) More(bytes int64) *Budget {
	b.bytes += bytes
	return b
}

// Spend takes bytes that are about to be held or worked through. The error says that the file is refused.
func (b *Budget) Spend(bytes int64) error {
	switch {
	case bytes < 0 || bytes > b.bytes:
		return fault.TooLarge.Errorf("the file unpacks to far more than its size: it is damaged, or made to fill the memory")
	case time.Now().After(b.until):
		return fault.TooLarge.Errorf("the file takes too long to read: it is damaged, or made to")
	}
	b.bytes -= bytes
	return nil
}

// Count takes one more element, entry or layer.
func (b *Budget) Count() error {
	if b.items--; b.items < 0 {
		return fault.TooLarge.Errorf("the file has more than %d parts: it is damaged, or made to fill the memory", items)
	}
	return nil
}

// Read unpacks all of r, at most so many bytes of it: more are an error, and so are more than are left.
func (b *Budget) Read(r io.Reader, most int64) ([]byte, error) {
	limit := min(most, b.bytes)
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, fault.TooLarge.Errorf("a part of the file is larger than %d MB", most>>20)
	}
	return data, b.Spend(int64(len(data)))
}
