package files

import "testing"

// A disk's file systems (ext4, btrfs, xfs, tmpfs) are this machine's; those of networks are not.
func TestRemote(t *testing.T) {
	for _, magic := range []uint32{0xef53, 0x9123683e, 0x58465342, 0x01021994, 0x794c7630} {
		if remote(magic) {
			t.Errorf("%#x is a disk's", magic)
		}
	}
	for name, magic := range map[string]uint32{"nfs": 0x6969, "cifs": 0xff534d42, "smb2": 0xfe534d42, "fuse": 0x65735546} {
		if !remote(magic) {
			t.Errorf("%s is a network's", name)
		}
	}
	if Remote(t.TempDir()) || Remote("/nowhere") {
		t.Error("a temporary folder lies on this machine, and what is not there on none")
	}
}
