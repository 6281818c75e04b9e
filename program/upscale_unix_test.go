//go:build migrated_fynedo && unix

package program

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"nirvana/app/cli"
)

// enlargeVariable has what the process of BenchmarkUpscale enlarges: a side in px, and the upscaler's file.
const enlargeVariable = "NIRVANA_TEST_ENLARGE"

// BenchmarkUpscale enlarges pictures, of 4096 px to 8192 px too, with networks of Real-ESRGAN's width and of an eighth of it, and fewer
// blocks, which hold no more memory than many do, in a process of its own, and tells that one's peak memory. -benchtime 1x;
// the last takes an hour on two cores.
func BenchmarkUpscale(b *testing.B) {
	for _, of := range []struct{ side, features int }{{1024, 64}, {1024, 8}, {4096, 8}, {4096, 64}} {
		b.Run(fmt.Sprintf("%d to %d px, %d features", of.side, 2*of.side, of.features), func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "x2.safetensors")
			if err := writeESRGAN(file, of.features, of.features/2, 1); err != nil {
				b.Fatal(err)
			}
			for range b.N {
				c := enlargeApart(of.side, file)
				if out, err := c.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
				b.ReportMetric(peakOf(c.ProcessState)/1e6, "MB-peak")
				b.ReportMetric(float64(4*of.side*2*of.side*2)/1e6, "MB-picture")
			}
		})
	}
}

// enlargeApart is a process that enlarges a picture of a side, px, with an upscaler.
func enlargeApart(side int, file string) *exec.Cmd {
	c := exec.Command(os.Args[0], "-test.run", "^TestEnlargeApart$")
	c.Dir = "program" // tests begin in their package's folder
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", enlargeVariable, side, file))
	return c
}

// peakOf is an ended process' peak memory, bytes.
func peakOf(s *os.ProcessState) float64 {
	u, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return float64(u.Maxrss)
	}
	return float64(u.Maxrss) * 1024
}

// The peak memory of an enlargement is bounded by the result and a few tiles: nine times the pixels add no more than what the
// larger pictures take, three times over.
func TestUpscaleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it opens two processes")
	}
	file := filepath.Join(t.TempDir(), "x2.safetensors")
	if err := writeESRGAN(file, 8, 4, 1); err != nil {
		t.Fatal(err)
	}
	peak := map[int]float64{}
	for _, side := range []int{512, 1536} {
		c := enlargeApart(side, file)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		peak[side] = peakOf(c.ProcessState)
	}
	pictures := func(side int) float64 { return float64(4*side*side + 4*2*side*2*side) }
	t.Logf("peak %.0f MB at 512 px, %.0f MB at 1536 px", peak[512]/1e6, peak[1536]/1e6)
	if more, most := peak[1536]-peak[512], 3*(pictures(1536)-pictures(512)); more > most {
		t.Errorf("1536 px take %.0f MB more than 512 px do, want at most %.0f", more/1e6, most/1e6)
	}
}

// TestEnlargeApart is the process that the two above measure.
func TestEnlargeApart(t *testing.T) {
	var side int
	var file string
	if n, _ := fmt.Sscan(os.Getenv(enlargeVariable), &side, &file); n != 2 {
		t.Skip("it is run by others")
	}
	rt := &lazyRuntime{}
	defer rt.close()
	u, closeIt, err := rt.upscaler(file, cli.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeIt()
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32()) | 255*uint8(i%4/3)
	}
	out, err := u.Upscale(context.Background(), img, 2, nil)
	if err != nil || out.Rect.Dx() != 2*side {
		t.Fatalf("%v, %v", err, out)
	}
}

// writeESRGAN writes a network of Real-ESRGAN's form that enlarges twice, with random weights: of so many features, so many
// that its dense blocks add, and so many blocks (of the published ones 64, 32 and 23).
func writeESRGAN(path string, features, growth, blocks int) error {
	type entry struct {
		Type    string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	head, values := map[string]entry{}, []byte(nil)
	r := rand.New(rand.NewPCG(3, 4))
	add := func(name string, deviation float64, shape ...int) {
		n, from := 1, len(values)
		for _, d := range shape {
			n *= d
		}
		for range n {
			values = binary.LittleEndian.AppendUint32(values, math.Float32bits(float32(r.NormFloat64()*deviation)))
		}
		head[name] = entry{"F32", shape, [2]int{from, len(values)}}
	}
	conv := func(name string, in, out int) {
		add(name+".weight", 0.5/math.Sqrt(float64(9*in)), out, in, 3, 3)
		add(name+".bias", 0, out)
	}
	conv("conv_first", 12, features)
	for i := range blocks {
		for dense := range 3 {
			at := fmt.Sprintf("body.%d.rdb%d.conv", i, dense+1)
			for k := range 4 {
				conv(at+fmt.Sprint(k+1), features+k*growth, growth)
			}
			conv(at+"5", features+4*growth, features)
		}
	}
	for _, name := range []string{"conv_body", "conv_up1", "conv_up2", "conv_hr"} {
		conv(name, features, features)
	}
	conv("conv_last", features, 3)
	js, err := json.Marshal(head)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(js))), js...), values...), 0o644)
}
