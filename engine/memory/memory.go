// Package memory asks before a large allocation whether there is memory for it: a Go program whose heap does not fit
// ends at once, and Linux ends one that takes the machine's last memory. Start with Ask, or Pixels for a picture. The
// environment variable GOMEMLIMIT (runtime/debug.SetMemoryLimit) is a limit like the machine's own.
package memory

import (
	"fmt"
	"image"
	"math"
	"runtime/debug"
	"runtime/metrics"

	"nirvana/engine/fault"
)

// Short is the error of something that does not fit. Its kind is fault.Memory.
type Short struct {
	What       string // what was to be made, in English
	Want, Free int64  // bytes
}

func (s *Short) Error() string {
	return fmt.Sprintf("there is too little memory for %s, which needs %d MB where %d MB are free: make it smaller, merge layers, or close other programs", s.What, s.MB(s.Want), s.MB(s.Free))
}

// MB is a number of bytes in megabytes, rounded up for what is needed.
func (s *Short) MB(bytes int64) int64 {
	if bytes == s.Want {
		bytes += 1e6 - 1
	}
	return bytes / 1e6
}

// room is what stays free for the rest of the program beside something large, bytes; beside something small it is as
// much as that.
const room = 128 << 20

// Ask fails with a Short where want bytes for what is to be made are not free. What was freed and not yet returned to
// the system counts as free.
func Ask(what string, want int64) error {
	if want <= 0 {
		return nil
	}
	need := want + min(want, room)
	if need < want || need > Free() {
		debug.FreeOSMemory() // collects what nothing refers to any more
		if free := Free(); need < want || need > free {
			return fault.Memory.Mark(&Short{What: what, Want: want, Free: min(free, want-1)})
		}
	}
	return nil
}

// Pixels is Ask for a picture of a size in px, with so many bytes a pixel in all: 4 for each copy in colour, 1 for
// each mask.
func Pixels(what string, size image.Point, bytes int) error {
	if size.X <= 0 || size.Y <= 0 {
		return nil
	}
	want := int64(math.MaxInt64)
	if int64(size.X) <= want/int64(size.Y)/int64(max(bytes, 1)) {
		want = int64(size.X) * int64(size.Y) * int64(bytes)
	}
	return Ask(fmt.Sprintf("%s of %d x %d px", what, size.X, size.Y), want)
}

// Free is how many bytes can be allocated: what the system says is available, within the limits of this process, and
// what the Go heap has left. math.MaxInt64 where the system does not say.
func Free() int64 {
	heap := read()
	free := available()
	if free < math.MaxInt64-heap.idle {
		free += heap.idle
	}
	return max(min(free, debug.SetMemoryLimit(-1)-heap.used), 0)
}

// heap is Go's memory.
type heap struct {
	idle int64 // held, and free for the next allocation
	used int64 // what GOMEMLIMIT counts, without idle
}

func read() heap {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(s)
	total, released, idle := int64(s[0].Value.Uint64()), int64(s[1].Value.Uint64()), int64(s[2].Value.Uint64())
	return heap{idle, total - released - idle}
}
