package memory

import (
	"math"

	"golang.org/x/sys/unix"
)

// available is the share of the memory that macOS calls available, as its command memory_pressure prints it.
func available() int64 {
	percent, err := unix.SysctlUint32("kern.memorystatus_level")
	total, e := unix.SysctlUint64("hw.memsize")
	if err != nil || e != nil || percent > 100 {
		return math.MaxInt64
	}
	return int64(total / 100 * uint64(percent))
}
