package fault

import (
	"fmt"
	"slices"
)

// Notice is a sentence for the artist about something that differs from what was asked for. The zero value says
// nothing.
type Notice struct {
	Format string // English; translations use it as their key
	Args   []any
	Detail string // technical, English
}

// Notices about devices.
const (
	NoDevice      = "This ONNX Runtime library has no %s: the CPU is used."
	DeviceUnfit   = "%s cannot be used on this machine. Running on the CPU instead."
	DeviceEnded   = "%s crashed when it was tried. It is skipped until its driver changes."
	DeviceRefused = "%s cannot run %s. The CPU does that part."
	DeviceFailed  = "%s failed in %s. Continuing on the CPU."
	ServerLeft    = "A server is not used: %s"
	Widened       = "%s exceeded the range of half precision: it computes in float32 now."
)

// Notices about graphics cards.
const (
	NVIDIASilent = "nvidia-smi does not answer: NVIDIA's driver is not installed, or not loaded."
	VulkanSilent = "vulkaninfo does not answer: install vulkan-tools, and the card's Vulkan driver (mesa-vulkan-drivers for AMD and Intel)."
	NoNVIDIA     = "There is no NVIDIA card."
	NoDriver     = "%s has no driver of NVIDIA's, but %q: install it."
	OldDriver    = "The driver of %s is %s, and CUDA 13 needs %d or later: update it."
	OldCard      = "%s is of compute capability %s, and CUDA 13 needs %g or later."
	NoVulkanCard = "Vulkan shows no card: install the card's Vulkan driver and vulkan-tools."
	NoTensorRT   = "TensorRT's own library, libnvinfer, is not on this machine: install TensorRT from NVIDIA, or use CUDA, which does without it."
	NotFetched   = "Its libraries are not here yet."
	NotInLibrary = "The library that is open was built without it."
	CannotSee    = "This program does not look for cards on this system."
)

// Notices about additions to models.
const (
	LoRAInPart        = "%s: %d of its %d modules do not exist in %s and were left out."
	LoRASize          = "%s: %d of its %d modules are made for a network of another size than %s and were left out."
	LoRAQuantised     = "%s: %d of its %d modules change weights that are quantised in %s and were left out: use the model in full precision."
	LoRAKinds         = "%s: parts that this program does not support were left out: %s."
	LoRASetting       = "%s: its tag sets %q, which is not supported and was left out."
	PickledEmbeddings = "%s: .pt and .bin files can run programs when they are opened, and are not used. Convert them to .safetensors, or look for the .safetensors of the same name."
	NoEmbedding       = "%s is not an embedding that can be read, and was left out."
)

// Notices about picture files.
const (
	FirstPicture = "%s holds several pictures: the first was opened."
	NoProfile    = "%s uses a colour space that cannot be converted: its colours were read as sRGB."
	EmptyMask    = "%s masks nothing: white parts are repainted, or opaque ones."
)

// Notices are the formats, for the translations' test.
var Notices = []string{NoDevice, DeviceUnfit, DeviceEnded, DeviceRefused, DeviceFailed, ServerLeft, Widened,
	NVIDIASilent, VulkanSilent, NoNVIDIA, NoDriver, OldDriver, OldCard, NoVulkanCard, NoTensorRT, NotFetched, NotInLibrary, CannotSee,
	LoRAInPart, LoRASize, LoRAQuantised, LoRAKinds, LoRASetting,
	PickledEmbeddings, NoEmbedding, FirstPicture, NoProfile, EmptyMask}

// In is the sentence translated by say, with the names of parts in it, without its detail.
func (n Notice) In(say func(string) string) string {
	args := slices.Clone(n.Args)
	for i, a := range args {
		if p, ok := a.(Part); ok {
			args[i] = p.In(say)
		}
	}
	return fmt.Sprintf(say(n.Format), args...)
}

// String is the sentence with its detail, in English.
func (n Notice) String() string {
	text := fmt.Sprintf(n.Format, n.Args...)
	if n.Detail != "" {
		text += " " + n.Detail
	}
	return text
}
