//go:build unix

package bench

import (
	"os"
	"runtime"
	"syscall"
)

// peak is the process' peak memory, bytes.
func peak(s *os.ProcessState) int64 {
	u, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) * 1024
}

// flush writes to the disks what programs have written.
func flush() { syscall.Sync() }
