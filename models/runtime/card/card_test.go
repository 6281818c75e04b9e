package card

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bus is a PCI bus of devices, each class, vendor, device and the kernel's driver.
func bus(t *testing.T, devices ...[4]string) string {
	t.Helper()
	dir := t.TempDir()
	for i, d := range devices {
		at := filepath.Join(dir, string(rune('a'+i)))
		if err := os.MkdirAll(at, 0o755); err != nil {
			t.Fatal(err)
		}
		for j, name := range []string{"class", "vendor", "device"} {
			if err := os.WriteFile(filepath.Join(at, name), []byte("0x"+d[j]+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if d[3] != "" {
			if err := os.Symlink("../../bus/pci/drivers/"+d[3], filepath.Join(at, "driver")); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func said(texts map[string]string) probe {
	return func(name string, _ ...string) (string, error) {
		if text, ok := texts[name]; ok {
			return text, nil
		}
		return "", errors.New("not found")
	}
}

const vulkan = "GPU0:\n\tdeviceType         = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU\n\tdeviceName         = AMD Radeon RX 7800 XT (RADV NAVI32)\nGPU1:\n\tdeviceType = PHYSICAL_DEVICE_TYPE_CPU\n\tdeviceName = llvmpipe (LLVM 15.0.6, 256 bits)\n"

func TestLook(t *testing.T) {
	network := [4]string{"020000", "8086", "1234", "e1000e"}
	for name, c := range map[string]struct {
		devices  [][4]string
		tools    map[string]string
		cuda     bool
		why      string
		hardware bool
		cards    int
	}{
		"nothing":     {[][4]string{network}, nil, false, "no NVIDIA card", false, 0},
		"nvidia":      {[][4]string{network, {"030000", "10de", "2684", "nvidia"}}, map[string]string{"nvidia-smi": "NVIDIA GeForce RTX 4090, 580.65.06, 24564, 8.9\n"}, true, "", false, 1},
		"old driver":  {[][4]string{{"030000", "10de", "2684", "nvidia"}}, map[string]string{"nvidia-smi": "NVIDIA GeForce RTX 4090, 550.54.14, 24564, 8.9\n"}, false, "550.54.14", false, 1},
		"old card":    {[][4]string{{"030200", "10de", "15f8", "nvidia"}}, map[string]string{"nvidia-smi": "Tesla P100-PCIE-16GB, 580.65.06, 16384, 6.0\n"}, false, "capability 6.0", false, 1},
		"nouveau":     {[][4]string{{"030000", "10de", "2684", "nouveau"}}, nil, false, `"nouveau"`, false, 1},
		"amd":         {[][4]string{{"030000", "1002", "747e", "amdgpu"}}, map[string]string{"vulkaninfo": vulkan}, false, "no NVIDIA card", true, 1},
		"software":    {[][4]string{{"030000", "1234", "1111", "bochs"}}, map[string]string{"vulkaninfo": vulkan[strings.Index(vulkan, "GPU1"):]}, false, "no NVIDIA card", false, 1},
		"container":   {nil, map[string]string{"nvidia-smi": "NVIDIA H200, 580.95.05, 143771, 9.0\n"}, true, "", false, 1},
		"two of them": {[][4]string{{"030000", "8086", "46a6", "i915"}, {"030000", "10de", "25a0", "nvidia"}}, map[string]string{"nvidia-smi": "NVIDIA GeForce RTX 3050 Ti, 580.1, 4096, 8.6\n"}, true, "", false, 2},
		"nonsense":    {nil, map[string]string{"nvidia-smi": "No devices were found\n", "vulkaninfo": "ERROR"}, false, "no NVIDIA card", false, 0},
	} {
		m := look(bus(t, c.devices...), said(c.tools))
		ok, why := m.CUDA()
		if ok != c.cuda || !strings.Contains(why.String(), c.why) || m.Hardware() != c.hardware || len(m.Cards) != c.cards {
			t.Errorf("%s: %v %q, hardware %v, %+v", name, ok, why, m.Hardware(), m.Cards)
		}
	}
	m := look(bus(t, [4]string{"030000", "10de", "2684", "nvidia"}), said(map[string]string{"nvidia-smi": "X, 580.1, 24564, 8.9"}))
	if c := m.Cards[0]; c.Memory != 24564<<20 || c.Name != "X" || c.Module != "nvidia" || len(m.Missing) != 1 {
		t.Errorf("%+v %v", c, m.Missing)
	}
}
