// Package budget bounds what one foreign file may unpack to in all: limits on its parts do not bound their sum, and
// parts may be named many times. Start with For. It imports nothing of ours but engine/fault.
package budget

import (
	"io"
	"time"

	"nirvana/engine/fault"
)

// Budget is spent by everything that is unpacked from one file. Not safe for concurrent use.
type Budget struct {
	bytes, items int64
	until        time.Time
}

const (
	base   = 64 << 20 // bytes that any file may unpack to
	factor = 32       // plus this multiple of its own size: pictures and text are seldom compressed further
	items  = 1 << 16  // elements, entries, layers
	spell  = 2 * time.Minute
)

// For returns the budget of a file of size bytes.
func For(size int64) *Budget {
	return &Budget{bytes: base + factor*max(size, 0), items: items, until: time.Now().Add(spell)}
}

// More adds bytes, for content that is known to compress further.
func (b *Budget) More(bytes int64) *Budget {
	b.bytes += bytes
	return b
}

// Spend takes bytes that are about to be held or processed. It fails where the budget is exceeded.
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

// Read unpacks all of r. It fails where that is more than most bytes, or more than is left.
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
