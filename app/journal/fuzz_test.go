package journal

import "testing"

func FuzzUnpack(f *testing.F) {
	f.Add([]byte{}, 4)
	f.Add([]byte{0x01, 0x00, 0x00, 0xff, 0xff}, 1)
	_, data := Pack(2, 1, 1, []byte{1, 2})
	f.Add(data(), 1)
	f.Fuzz(func(t *testing.T, data []byte, channels int) {
		if _, _, pix, err := Unpack(data, "name", channels); err == nil || pix != nil {
			t.Error("contents that are not their name's were taken")
		}
	})
}
