// Package card finds the graphics cards of this machine and their drivers: from the PCI bus, NVIDIA's own tool and
// Vulkan's. No driver is loaded or opened. Start with Look.
package card

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"nirvana/engine/fault"
)

// Card is a graphics card.
type Card struct {
	Vendor  string // "NVIDIA", "AMD", "Intel", or the PCI vendor id
	Name    string // as its driver names it; else its PCI id, "10de:2684"
	Module  string // its kernel driver: "nvidia", "amdgpu", "i915"; "": none
	Driver  string // NVIDIA's version, "580.65.06"; "" where unknown
	Compute string // NVIDIA's compute capability, "8.9"
	Memory  int64  // bytes; 0: unknown
}

// Vulkan is a device that Vulkan lists.
type Vulkan struct {
	Name     string
	Software bool // emulated on the CPU
}

// Machine is the result of Look.
type Machine struct {
	Cards  []Card
	Vulkan []Vulkan
	// Missing are tools that would have found more, each with its purpose.
	Missing []fault.Notice
}

// probe runs a tool and returns its output; an error where it is missing or fails.
type probe func(name string, args ...string) (string, error)

// Look finds the machine's cards.
func Look(ctx context.Context) Machine {
	return look("/sys/bus/pci/devices", func(name string, args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		out, err := exec.CommandContext(ctx, name, args...).Output()
		return string(out), err
	})
}

func look(pci string, run probe) Machine {
	m := Machine{Cards: onBus(pci)}
	if text, err := run("nvidia-smi", "--query-gpu=name,driver_version,memory.total,compute_cap", "--format=csv,noheader,nounits"); err == nil {
		m.nvidia(text)
	} else if m.has("NVIDIA") {
		m.Missing = append(m.Missing, fault.Notice{Format: fault.NVIDIASilent})
	}
	if text, err := run("vulkaninfo", "--summary"); err == nil {
		m.Vulkan = devices(text)
	} else if len(m.Cards) > 0 {
		m.Missing = append(m.Missing, fault.Notice{Format: fault.VulkanSilent})
	}
	return m
}

func (m Machine) has(vendor string) bool {
	for _, c := range m.Cards {
		if c.Vendor == vendor {
			return true
		}
	}
	return false
}

var vendors = map[string]string{"10de": "NVIDIA", "1002": "AMD", "8086": "Intel"}

// onBus are the display controllers on the PCI bus, class 03.
func onBus(pci string) (out []Card) {
	entries, _ := os.ReadDir(pci)
	for _, e := range entries {
		dir := filepath.Join(pci, e.Name())
		word := func(name string) string {
			data, _ := os.ReadFile(filepath.Join(dir, name))
			return strings.TrimPrefix(strings.TrimSpace(string(data)), "0x")
		}
		if !strings.HasPrefix(word("class"), "03") {
			continue
		}
		c := Card{Vendor: vendors[word("vendor")], Name: word("vendor") + ":" + word("device")}
		if c.Vendor == "" {
			c.Vendor = word("vendor")
		}
		if driver, err := os.Readlink(filepath.Join(dir, "driver")); err == nil {
			c.Module = filepath.Base(driver)
		}
		if n, err := strconv.ParseInt(word("mem_info_vram_total"), 10, 64); err == nil { // amdgpu has it
			c.Memory = n
		}
		out = append(out, c)
	}
	sort.SliceStable(out, func(a, b int) bool { return out[a].Name < out[b].Name })
	return out
}

// nvidia adds what nvidia-smi says of its cards, in the bus's order. One that is not on the bus (in a container) is
// added.
func (m *Machine) nvidia(text string) {
	at := 0
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		f := strings.Split(lines.Text(), ",")
		if len(f) != 4 {
			continue
		}
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		for at < len(m.Cards) && m.Cards[at].Vendor != "NVIDIA" {
			at++
		}
		if at == len(m.Cards) {
			m.Cards = append(m.Cards, Card{Vendor: "NVIDIA", Module: "nvidia"})
		}
		c := &m.Cards[at]
		c.Name, c.Driver, c.Compute = strings.TrimPrefix(f[0], c.Vendor+" "), f[1], f[3]
		if mib, err := strconv.ParseInt(f[2], 10, 64); err == nil {
			c.Memory = mib << 20
		}
		at++
	}
}

// devices reads vulkaninfo's summary.
func devices(text string) (out []Vulkan) {
	var now Vulkan
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		key, value, ok := strings.Cut(lines.Text(), "=")
		if !ok {
			continue
		}
		switch strings.TrimSpace(key) {
		case "deviceType":
			now.Software = strings.Contains(value, "TYPE_CPU")
		case "deviceName":
			now.Name = strings.TrimSpace(value)
			out, now = append(out, now), Vulkan{}
		}
	}
	return out
}

// Hardware reports whether Vulkan has a device other than the CPU.
func (m Machine) Hardware() bool {
	for _, v := range m.Vulkan {
		if !v.Software {
			return true
		}
	}
	return false
}

// leastDriver and leastCompute are what CUDA 13 needs (NVIDIA, CUDA Toolkit 13.0 release notes): an R580 driver, and
// a card of Turing's generation or later.
const (
	leastDriver  = 580
	leastCompute = 7.5
)

// CUDA says whether CUDA 13 can be used; why not where it cannot.
func (m Machine) CUDA() (ok bool, why fault.Notice) {
	why = fault.Notice{Format: fault.NoNVIDIA}
	for _, c := range m.Cards {
		if c.Vendor != "NVIDIA" {
			continue
		}
		major, _, _ := strings.Cut(c.Driver, ".")
		version, _ := strconv.Atoi(major)
		compute, _ := strconv.ParseFloat(c.Compute, 64)
		switch {
		case c.Driver == "":
			why = fault.Notice{Format: fault.NoDriver, Args: []any{c.Name, c.Module}}
		case version < leastDriver:
			why = fault.Notice{Format: fault.OldDriver, Args: []any{c.Name, c.Driver, leastDriver}}
		case compute < leastCompute:
			why = fault.Notice{Format: fault.OldCard, Args: []any{c.Name, c.Compute, leastCompute}}
		default:
			return true, fault.Notice{}
		}
	}
	return false, why
}

// libraryFolders are where Debian, Ubuntu and NVIDIA's own archives put libraries.
var libraryFolders = []string{"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/local/lib", "/usr/local/tensorrt/lib", "/usr/local/cuda/lib64"}

// TensorRT reports whether TensorRT can be used: where CUDA can, and TensorRT's own library is installed, which is not fetched.
// why is the reason where it cannot.
func (m Machine) TensorRT() (ok bool, why fault.Notice) {
	if ok, why := m.CUDA(); !ok {
		return false, why
	}
	for _, dir := range append(filepath.SplitList(os.Getenv("LD_LIBRARY_PATH")), libraryFolders...) {
		if found, _ := filepath.Glob(filepath.Join(dir, "libnvinfer.so.*")); len(found) > 0 {
			return true, fault.Notice{}
		}
	}
	return false, fault.Notice{Format: fault.NoTensorRT}
}

// WebGPU says whether WebGPU over Vulkan can be tried; why not where it cannot.
func (m Machine) WebGPU() (ok bool, why fault.Notice) {
	if m.Hardware() {
		return true, fault.Notice{}
	}
	return false, fault.Notice{Format: fault.NoVulkanCard}
}
