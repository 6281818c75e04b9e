package files

import (
	"slices"

	"golang.org/x/sys/unix"
)

// remotes are the file systems, by the magic numbers of statfs(2) and linux/magic.h, whose files another machine or program
// hands out: NFS, SMB (three generations), FUSE (sshfs, rclone), AFS (two), Coda, Ceph, 9P, VirtualBox' and VMware's folders, Lustre, GPFS.
var remotes = []uint32{0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x5346414f, 0x6b414653, 0x73757245, 0x00c36400, 0x01021997, 0x786f4256, 0xbacbacbc, 0x0bd00bd0, 0x47504653}

// Remote reports whether a file lies on a file system that can go away while the file is mapped: a network's.
func Remote(path string) bool {
	var s unix.Statfs_t
	return unix.Statfs(path, &s) == nil && remote(uint32(s.Type))
}

func remote(magic uint32) bool { return slices.Contains(remotes, magic) }
