//go:build migrated_fynedo

package program

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/app/cli"
	"nirvana/app/conformance"
	"nirvana/engine/pixel"
	"nirvana/models/safetensors"
)

const recordedCheckpoints = recorded + "/checkpoints"

// Runs of diffusers over the same weights as a checkpoint in the original code's names: every step the same, with a LoRA
// and a textual inversion on top, from a prompt, a picture and a mask.
func TestCheckpointConformance(t *testing.T) {
	agrees(t, 29, recordedCheckpoints+"/cases.json.gz")
}

// The same with ControlNets in files of their own, in the original code's names and in diffusers', for Stable Diffusion 1, 2
// and XL: one and two, guess mode, with a LoRA, a textual inversion and a mask.
func TestCheckpointControlConformance(t *testing.T) {
	agrees(t, 12, recordedCheckpoints+"/controls.json.gz")
}

// LoRAs in the namings of sd-scripts and of diffusers, masks, and both, on checkpoints of Stable Diffusion 2, XL, 3 and FLUX.
func TestCheckpointAdaptedConformance(t *testing.T) {
	agrees(t, 12, recordedCheckpoints+"/adapted.json.gz")
}

const recordedVariants = recorded + "/variants"

// Single files of the refiner, inpainting, edits, depth, Stable Diffusion 2 that predicts the noise and FLUX schnell, with the
// scheduler that their families imply; diffusers folders whose networks are shards, fp16 variants, or ONNX in part.
func TestCheckpointForms(t *testing.T) {
	agrees(t, 15, recordedVariants+"/forms.json.gz")
}

// F16, 8 bits with and without factors, and GGUF's blocks, of FLUX, Stable Diffusion 1, 2, 3.5 and XL in separate files, and
// one of Stable Diffusion 1 in F16 with all its parts, against diffusers over the numbers that torch and the gguf package read in them.
func TestCheckpointPrecisionsConformance(t *testing.T) {
	agrees(t, 17, recordedVariants+"/precisions.json.gz")
}

// agrees runs a file of cases, of which there have to be so many at least.
func agrees(t *testing.T, least int, args ...string) {
	t.Helper()
	out := say(t, cli.Done, append([]string{"conformance"}, args...)...)
	if !strings.HasSuffix(out, " passed, 0 failed\n") || strings.Count(out, " ok\n") < least {
		t.Fatal(out)
	}
}

// checkpoints are the recorded checkpoints, with the settings that lie beside them.
func checkpoints(t *testing.T) string { return modelsOf(t, recordedCheckpoints) }

// modelsOf is a folder with the recorded models of another.
func modelsOf(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	if err := conformance.Unpack(from+"/models.zip", dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// painted is the picture file that a checkpoint makes.
func painted(t *testing.T, model string, flags ...string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out.png")
	say(t, cli.Done, append([]string{"generate", "--model", model, "--prompt", "a red fox", "--seed", "5", "--steps", "3", "--size", "64x64", "--out", file}, flags...)...)
	img, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return pixels(t, img)
}

// The same numbers in other precisions make the same picture: what F32, F16 and BF16 can all hold, and numbers of 8 bits
// with and without a factor against what they are as F32.
func TestCheckpointPrecisions(t *testing.T) {
	dir := checkpoints(t)
	model := filepath.Join(dir, "sd1.safetensors")
	want := painted(t, model)
	for _, kind := range []string{"F32", "F16"} {
		recode(t, model, func(v []float32, shape []int) (string, []float32, float32) { return kind, v, 0 })
		if !slices.Equal(painted(t, model), want) {
			t.Errorf("%s makes another picture", kind)
		}
	}
	for _, c := range []struct {
		kind   string
		factor float32
	}{{"F8_E4M3", 0}, {"F8_E4M3", 0.25}, {"F8_E5M2", 0}} {
		as := func(kind string) func(v []float32, shape []int) (string, []float32, float32) {
			return func(v []float32, shape []int) (string, []float32, float32) {
				if len(shape) != 2 {
					return "F32", v, 0
				}
				f := c.factor
				if f == 0 {
					f = 1
				}
				small := make([]float32, len(v))
				for i, x := range v {
					small[i] = eight(x/f, c.kind) // what 8 bits hold
					if kind == "F32" {
						small[i] *= f
					}
				}
				return kind, small, c.factor
			}
		}
		whole := filepath.Join(dir, "whole.safetensors")
		copyTo(t, model, whole)
		copyFolder(t, filepath.Join(dir, "sd1"), filepath.Join(dir, "whole"))
		recode(t, whole, as("F32"))
		wanted := painted(t, whole)
		copyTo(t, model, whole)
		recode(t, whole, as(c.kind))
		if !slices.Equal(painted(t, whole), wanted) {
			t.Errorf("%s with the factor %g makes another picture than the same numbers in F32", c.kind, c.factor)
		}
		adapted := painted(t, whole, "--lora", recorded+"/adapters/lora-a.kohya.safetensors:1")
		if slices.Equal(adapted, wanted) {
			t.Errorf("%s: a LoRA changes nothing", c.kind)
		}
		copyTo(t, model, whole)
		recode(t, whole, as("F32"))
		if !slices.Equal(painted(t, whole, "--lora", recorded+"/adapters/lora-a.kohya.safetensors:1"), adapted) {
			t.Errorf("%s with a LoRA makes another picture than the same numbers in F32", c.kind)
		}
	}
}

// A ControlNet in a file of its own steers a checkpoint, and says so when it is asked for something else.
func TestCheckpointControl(t *testing.T) {
	dir := checkpoints(t)
	model, net := filepath.Join(dir, "sd1.safetensors"), filepath.Join(dir, "sd1-controlnet-controlnet.safetensors")
	plain := painted(t, model)
	steered := painted(t, model, "--control", net+":"+recorded+"/inputs/small.png:1")
	if slices.Equal(plain, steered) {
		t.Error("the ControlNet changes nothing")
	}
	if out := say(t, cli.Done, "models", "check", net); !strings.Contains(out, "a ControlNet: name it with --control beside a model") {
		t.Error(out)
	}
	if out := say(t, cli.Done, "models", "check", model); !strings.Contains(out, "Stable Diffusion 1, epsilon") || !strings.Contains(out, "BF16") {
		t.Error(out)
	}
}

// recode writes a file's tensors again, each in the precision that as gives for it, with a factor where that is not 0.
func recode(t *testing.T, path string, as func(v []float32, shape []int) (kind string, values []float32, factor float32)) {
	t.Helper()
	f, err := safetensors.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	table, data := map[string]any{}, []byte{}
	put := func(name, kind string, shape []int, raw []byte) {
		table[name] = map[string]any{"dtype": kind, "shape": shape, "data_offsets": []int{len(data), len(data) + len(raw)}}
		data = append(data, raw...)
	}
	for _, name := range f.Names() {
		x := f.Tensors[name]
		v, err := x.Floats()
		if err != nil {
			t.Fatal(name, err)
		}
		kind, values, factor := as(v, x.Shape)
		put(name, kind, x.Shape, encoded(values, kind))
		if base, ok := strings.CutSuffix(name, ".weight"); ok && factor != 0 && kind != "F32" {
			put(base+".scale_weight", "F32", []int{}, encoded([]float32{factor}, "F32"))
		}
	}
	head, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	whole := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	if err := os.WriteFile(path, append(append(whole, head...), data...), 0o644); err != nil {
		t.Fatal(err)
	}
}

func encoded(v []float32, kind string) (raw []byte) {
	for _, x := range v {
		switch kind {
		case "F32":
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
		case "F16":
			raw = binary.LittleEndian.AppendUint16(raw, half(x))
		default:
			raw = append(raw, bits8(x, kind))
		}
	}
	return raw
}

// half is a number that half precision holds, by its bits; what is too small for a normal one is rounded.
func half(x float32) uint16 {
	b := math.Float32bits(x)
	sign, exp := uint16(b>>16&0x8000), int(b>>23&0xff)-127
	if exp < -14 {
		return sign | uint16(math.RoundToEven(math.Abs(float64(x))*(1<<24)))
	}
	return sign | uint16(exp+15)<<10 | uint16(b>>13&0x3ff)
}

// layout of the numbers of 8 bits: bits behind the point, and the exponents' middle.
func layout8(kind string) (fraction, bias int, most float64) {
	if kind == "F8_E5M2" {
		return 2, 15, 57344
	}
	return 3, 7, 448
}

// eight rounds to what the kind can hold.
func eight(x float32, kind string) float32 {
	fraction, bias, most := layout8(kind)
	a := min(math.Abs(float64(x)), most)
	exp := max(math.Floor(math.Log2(max(a, 1e-30))), float64(1-bias))
	unit := math.Exp2(exp - float64(fraction))
	return float32(math.Copysign(min(math.RoundToEven(a/unit)*unit, most), float64(x)))
}

// bits8 are the bits of a number that the kind holds.
func bits8(x float32, kind string) byte {
	fraction, bias, _ := layout8(kind)
	a := math.Abs(float64(x))
	sign := byte(math.Float32bits(x) >> 24 & 0x80)
	exp := max(int(math.Floor(math.Log2(max(a, 1e-30)))), 1-bias)
	mantissa := int(math.Round(a / math.Exp2(float64(exp-fraction))))
	if mantissa < 1<<fraction {
		return sign | byte(mantissa) // below the normal ones
	}
	return sign | byte((exp+bias)<<fraction) | byte(mantissa-1<<fraction)
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// pixels of a PNG, without what is written beside them.
func pixels(t *testing.T, data []byte) []byte {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			out = append(out, byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	return out
}

// An ESRGAN network of factor 2 makes of a picture what torch made of it.
func TestUpscaler(t *testing.T) {
	rt := &lazyRuntime{}
	u, closeIt, err := rt.upscaler(recorded+"/upscaler/esrgan-x2.safetensors", cli.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	img, err := pixel.Load(recorded + "/inputs/small.png")
	if err != nil {
		t.Fatal(err)
	}
	want, err := pixel.Load(recorded + "/upscaler/esrgan-x2.png")
	if err != nil {
		t.Fatal(err)
	}
	got, err := u.Upscale(context.Background(), img, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(closeIt(), rt.close()); err != nil {
		t.Fatal(err)
	}
	if got.Rect != want.Rect {
		t.Fatalf("it is %v, not %v", got.Rect, want.Rect)
	}
	for i, v := range want.Pix {
		if d := int(got.Pix[i]) - int(v); d < -1 || d > 1 {
			t.Fatalf("byte %d is %d, not %d", i, got.Pix[i], v)
		}
	}
	dir := t.TempDir()
	model := filepath.Join(dir, "sd1.safetensors")
	copyTo(t, filepath.Join(checkpoints(t), "sd1.safetensors"), model)
	copyFolder(t, filepath.Join(checkpoints(t), "sd1"), filepath.Join(dir, "sd1")) // its configuration
	file := filepath.Join(t.TempDir(), "out.png")
	say(t, cli.Done, "generate", "--model", model, "--prompt", "a fox", "--seed", "1", "--steps", "2", "--size", "64x64", "--upscale", recorded+"/upscaler/esrgan-x2.safetensors:3", "--out", file)
	if img, err = pixel.Load(file); err != nil || img.Rect.Dx() != 192 {
		t.Errorf("%v: %v", err, img.Rect)
	}
	enlarged := img
	if r := recipeOf(t, file); r.Upscale == nil || r.Upscale.Upscaler != "esrgan-x2.safetensors" || r.Upscale.Factor != 3 || r.Upscale.Refine != 0 {
		t.Errorf("the recipe says %+v", r.Upscale)
	}
	say(t, cli.Done, "generate", "--model", model, "--prompt", "a fox", "--seed", "1", "--steps", "2", "--size", "64x64", "--upscale", recorded+"/upscaler/esrgan-x2.safetensors:2.9", "--refine", "0.5", "--out", file)
	if img, err = pixel.Load(file); err != nil || img.Rect.Dx() != 186 || bytes.Equal(img.Pix, pixel.Resize(enlarged, 186, 186).Pix) {
		t.Errorf("drawn again: %v, %v", err, img.Rect)
	}
	again := filepath.Join(t.TempDir(), "again.png") // by what its recipe says of the upscaler, which lies beside the model
	if err := os.Mkdir(filepath.Join(dir, "upscalers"), 0o755); err != nil {
		t.Fatal(err)
	}
	copyTo(t, recorded+"/upscaler/esrgan-x2.safetensors", filepath.Join(dir, "upscalers", "esrgan-x2.safetensors"))
	say(t, cli.Done, "generate", "--recipe", file, "--model", model, "--out", again)
	if same, err := pixel.Load(again); err != nil || !bytes.Equal(same.Pix, img.Pix) {
		t.Errorf("made again from its recipe it is another picture (%v)", err)
	}
	say(t, cli.Done, "generate", "--recipe", file, "--model", model, "--upscale", "", "--out", again)
	if small, err := pixel.Load(again); err != nil || small.Rect.Dx() != 64 {
		t.Errorf("without the upscaler: %v, %v", small.Rect, err)
	}
}

// What is wrong with --upscale and --refine is said before a model is opened.
func TestUpscalerRefused(t *testing.T) {
	dir := checkpoints(t)
	file, damaged := filepath.Join(dir, "out.png"), filepath.Join(dir, "damaged.safetensors")
	if err := os.WriteFile(damaged, []byte("no weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	upscaler := recorded + "/upscaler/esrgan-x2.safetensors"
	for _, c := range []struct {
		code  int
		says  string
		flags []string
	}{
		{cli.Failed, "is not a network like ESRGAN but a model of Stable Diffusion 1", []string{"--upscale", filepath.Join(dir, "sd1.safetensors")}},
		{cli.Failed, "is not a network like ESRGAN but a LoRA", []string{"--upscale", recorded + "/adapters/lora-a.kohya.safetensors:2"}},
		{cli.Failed, "damaged.safetensors", []string{"--upscale", damaged}},
		{cli.WrongUsage, "the file is not there", []string{"--upscale", filepath.Join(dir, "gone.safetensors")}},
		{cli.WrongUsage, "factors from 0.25 to 16", []string{"--upscale", upscaler + ":99"}},
		{cli.WrongUsage, "is outside 0 to 1", []string{"--upscale", upscaler, "--refine", "1.5"}},
		{cli.WrongUsage, "give --upscale FILE too", []string{"--refine", "0.3"}},
	} {
		// no such model: what is said before it is looked for
		if out := say(t, c.code, append([]string{"generate", "--model", "no such model", "--prompt", "a fox", "--out", file}, c.flags...)...); !strings.Contains(out, c.says) {
			t.Errorf("%v: %s", c.flags, out)
		}
	}
}

// GGUF's blocks make the picture of the numbers that they stand for.
func TestCheckpointGGUF(t *testing.T) {
	sameBlocks(t, filepath.Join(checkpoints(t), "sd1"), recorded+"/adapters/lora-a.kohya.safetensors", 0, "Q8_0", "Q5_0", "Q4_0")
}

// sameBlocks compares a checkpoint, named without .safetensors, in GGUF's blocks with the numbers that these stand for, with
// and without a LoRA; levels of the pictures' 255 may lie between them, as products are added up in another order.
func sameBlocks(t *testing.T, base, lora string, levels int, kinds ...string) {
	t.Helper()
	dir, model := filepath.Dir(base), base+".safetensors"
	for _, kind := range kinds {
		f, err := safetensors.Read(model)
		if err != nil {
			t.Fatal(err)
		}
		g := ggufFile{}
		stood := map[string][]float32{} // what the blocks stand for
		blocks := 0
		for _, name := range f.Names() {
			x := f.Tensors[name]
			v, err := x.Floats()
			if err != nil {
				t.Fatal(err)
			}
			if len(x.Shape) == 2 && x.Shape[1]%32 == 0 {
				raw, values := quantised(v, kind)
				g.add(name, x.Shape, kind, raw)
				stood[name], blocks = values, blocks+1
			} else {
				g.add(name, x.Shape, "F32", encoded(v, "F32"))
			}
		}
		if blocks < 3 {
			t.Fatalf("%d tensors have blocks", blocks)
		}
		path := filepath.Join(dir, kind+".gguf")
		if err := os.WriteFile(path, g.bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		plain := filepath.Join(dir, kind+".safetensors")
		copyTo(t, model, plain)
		copyFolder(t, base, filepath.Join(dir, kind))
		names := f.Names()
		recode(t, plain, func(v []float32, shape []int) (string, []float32, float32) {
			name := names[0]
			names = names[1:]
			if values := stood[name]; values != nil {
				v = values
			}
			return "F32", v, 0
		})
		if apart(painted(t, path), painted(t, plain)) > levels {
			t.Errorf("%s makes another picture than the numbers that it stands for", kind)
		}
		if lora := []string{"--lora", lora + ":1"}; apart(painted(t, path, lora...), painted(t, plain, lora...)) > levels {
			t.Errorf("%s with a LoRA makes another picture than the numbers that it stands for", kind)
		}
	}
}

// apart is the largest difference of two pictures' levels.
func apart(a, b []byte) (most int) {
	for i := range a {
		most = max(most, int(a[i])-int(b[i]), int(b[i])-int(a[i]))
	}
	return most
}

// ggufFile is a file of version 3 being written.
type ggufFile struct {
	tensors, data []byte
	n             uint64
}

func (g *ggufFile) add(name string, shape []int, kind string, raw []byte) {
	le := binary.LittleEndian
	g.tensors = append(le.AppendUint64(g.tensors, uint64(len(name))), name...)
	g.tensors = le.AppendUint32(g.tensors, uint32(len(shape)))
	for _, d := range slices.Backward(shape) {
		g.tensors = le.AppendUint64(g.tensors, uint64(d))
	}
	g.tensors = le.AppendUint32(g.tensors, map[string]uint32{"F32": 0, "Q4_0": 2, "Q5_0": 6, "Q8_0": 8}[kind])
	g.tensors = le.AppendUint64(g.tensors, uint64(len(g.data)))
	g.data = append(g.data, raw...)
	for len(g.data)%32 != 0 {
		g.data = append(g.data, 0)
	}
	g.n++
}

func (g *ggufFile) bytes() []byte {
	le := binary.LittleEndian
	out := le.AppendUint64(le.AppendUint64(le.AppendUint32([]byte("GGUF"), 3), g.n), 0)
	out = append(out, g.tensors...)
	for len(out)%32 != 0 {
		out = append(out, 0)
	}
	return append(out, g.data...)
}

// quantised are a tensor's blocks, and the numbers that they stand for: a power of two times whole numbers, so that no
// rounding differs.
func quantised(v []float32, kind string) (raw []byte, values []float32) {
	most := map[string]float64{"Q8_0": 127, "Q5_0": 15, "Q4_0": 7}[kind]
	for at := 0; at < len(v); at += 32 {
		block := v[at : at+32]
		largest := 1e-4
		for _, x := range block {
			largest = max(largest, math.Abs(float64(x)))
		}
		d := math.Exp2(math.Ceil(math.Log2(largest / most)))
		raw = binary.LittleEndian.AppendUint16(raw, half(float32(d)))
		var n [32]int
		for i, x := range block {
			n[i] = int(math.Round(float64(x) / d))
			values = append(values, float32(float64(n[i])*d))
		}
		switch kind {
		case "Q8_0":
			for _, k := range n {
				raw = append(raw, byte(int8(k)))
			}
		case "Q5_0":
			fifth := uint32(0)
			for i, k := range n {
				fifth |= uint32((k+16)>>4) << i
			}
			raw = binary.LittleEndian.AppendUint32(raw, fifth)
			for i := range 16 {
				raw = append(raw, byte((n[i]+16)&15|((n[i+16]+16)&15)<<4))
			}
		case "Q4_0":
			for i := range 16 {
				raw = append(raw, byte((n[i]+8)|(n[i+16]+8)<<4))
			}
		}
	}
	return raw, values
}

// What a single file of Z-Image cannot hold is said, with where it belongs; a larger picture runs in fused attention.
func TestCheckpointZImage(t *testing.T) {
	dir := filepath.Join(checkpoints(t), "zimage-split")
	model := filepath.Join(dir, "zimage.safetensors")
	file := filepath.Join(t.TempDir(), "out.png")
	say(t, cli.Done, "generate", "--model", model, "--prompt", "a red fox", "--seed", "5", "--steps", "2", "--size", "576x512", "--out", file)
	if err := os.RemoveAll(filepath.Join(dir, "zimage", "tokenizer")); err != nil {
		t.Fatal(err)
	}
	out := say(t, cli.Failed, "generate", "--model", model, "--prompt", "a red fox", "--out", file)
	if !strings.Contains(out, "tokenizer.json") || !strings.Contains(out, filepath.Join(dir, "zimage", "tokenizer")) {
		t.Error(out)
	}
	if err := os.RemoveAll(filepath.Join(dir, "text_encoders")); err != nil {
		t.Fatal(err)
	}
	if out = say(t, cli.Failed, "models", "check", model); !strings.Contains(out, "Qwen3") {
		t.Error(out)
	}
}
