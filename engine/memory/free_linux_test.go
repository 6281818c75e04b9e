package memory

import (
	"math"
	"testing"
	"testing/fstest"
)

func TestFree(t *testing.T) {
	machine := "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    2000000 kB\nSwapFree:         500000 kB\n"
	const whole = 2500000 << 10
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing is known":  {nil, math.MaxInt64},
		"the machine alone": {map[string]string{"proc/meminfo": machine}, whole},
		"no limit": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/user/app\n", "sys/fs/cgroup/user/app/memory.max": "max\n",
			"sys/fs/cgroup/user/app/memory.current": "5000\n"}, whole},
		"a group's own": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/user/app\n", "sys/fs/cgroup/user/app/memory.max": "100000\n",
			"sys/fs/cgroup/user/app/memory.current": "70000\n", "sys/fs/cgroup/user/app/memory.stat": "anon 3\ninactive_file 20000\n"}, 50000},
		"of a group around it": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/user/app\n", "sys/fs/cgroup/user/memory.max": "100000\n",
			"sys/fs/cgroup/user/memory.current": "120000\n"}, 0},
		"a container's, by the host's path": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/docker/4f\n", "sys/fs/cgroup/memory.max": "9000\n",
			"sys/fs/cgroup/memory.current": "4000\n"}, 5000},
		"version 1": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "12:cpu,cpuacct:/a\n9:memory:/a\n0::/a\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "8000\n",
			"sys/fs/cgroup/memory/a/memory.usage_in_bytes": "7000\n", "sys/fs/cgroup/memory/a/memory.stat": "inactive_file 1\ntotal_inactive_file 500\n"}, 1500},
		"version 1 without a limit": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "9:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "7000\n"}, whole},
		"what is no number": {map[string]string{"proc/meminfo": "MemAvailable: much kB\n", "proc/self/cgroup": "?\n0::/\n", "sys/fs/cgroup/memory.max": "9 9"}, math.MaxInt64},
	} {
		files := fstest.MapFS{}
		for at, text := range c.files {
			files[at] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := free(files); got != c.want {
			t.Errorf("%s: %d, not %d", name, got, c.want)
		}
	}
	if got := available(); got <= 0 {
		t.Errorf("this machine has %d bytes", got)
	}
}
