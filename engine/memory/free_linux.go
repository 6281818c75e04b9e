package memory

import (
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

func available() int64 { return free(os.DirFS("/")) }

// free is what Linux has available with its swap, within the limits of the control groups that the process is in.
func free(root fs.FS) int64 {
	return min(ofMachine(root), ofGroups(root))
}

// ofMachine reads /proc/meminfo.
func ofMachine(root fs.FS) int64 {
	kB := fields(root, "proc/meminfo")
	left, ok := kB["MemAvailable"]
	if !ok {
		return math.MaxInt64
	}
	return (left + kB["SwapFree"]) << 10
}

// group says where one version of control groups has its files, and what they are called.
type group struct {
	mount, limit, usage, reclaimable string
}

var (
	unified = group{"sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"}
	legacy  = group{"sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}
)

// ofGroups is the least that a group of this process, or one around it, has left.
func ofGroups(root fs.FS) int64 {
	left := int64(math.MaxInt64)
	data, _ := fs.ReadFile(root, "proc/self/cgroup")
	for line := range strings.Lines(string(data)) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(part) < 3:
		case part[0] == "0" && part[1] == "":
			left = min(left, unified.left(root, part[2]))
		case strings.Contains(","+part[1]+",", ",memory,"):
			left = min(left, legacy.left(root, part[2]))
		}
	}
	return left
}

// left is that of the group at a path and of all around it. In a container the path is often the host's, and the
// container's own group is mounted as the uppermost.
func (g group) left(root fs.FS, at string) int64 {
	left := int64(math.MaxInt64)
	for at = path.Clean("/" + at); ; at = path.Dir(at) {
		left = min(left, g.one(root, path.Join(g.mount, at)))
		if at == "/" {
			return left
		}
	}
}

func (g group) one(root fs.FS, folder string) int64 {
	limit, ok := number(root, path.Join(folder, g.limit))
	used, known := number(root, path.Join(folder, g.usage))
	if !ok || !known {
		return math.MaxInt64
	}
	files := fields(root, path.Join(folder, "memory.stat"))[g.reclaimable]
	return max(limit-max(used-files, 0), 0)
}

// number reads a file of one number; "max" is none.
func number(root fs.FS, name string) (int64, bool) {
	data, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return n, err == nil
}

// fields reads lines of a name and a number.
func fields(root fs.FS, name string) map[string]int64 {
	out := map[string]int64{}
	data, _ := fs.ReadFile(root, name)
	for line := range strings.Lines(string(data)) {
		if words := strings.Fields(line); len(words) > 1 {
			if n, err := strconv.ParseInt(words[1], 10, 64); err == nil {
				out[strings.TrimSuffix(words[0], ":")] = n
			}
		}
	}
	return out
}
