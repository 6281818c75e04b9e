//go:build migrated_fynedo

// The program is built with this tag, so its commands are tested with it.

package program

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"nirvana/app/conformance"
	"nirvana/models/hub/hubtest"
)

// TestMain lets the scripts run this very program under its name.
func TestMain(m *testing.M) {
	testscript.Main(tidy{m}, map[string]func(){"nirvana": func() { os.Exit(Run(os.Args[1:], []byte(manifest))) }})
}

// TestCommands runs the scripts in testdata: what users type, and what they are told. They draw with the real
// default model. Beside testscript's own commands they have those of scriptCommands.
func TestCommands(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "program/testdata",
		RequireExplicitExec: true,
		Cmds:                scriptCommands,
		// The working folder passes for the top of the source tree, with the library and the models of this one.
		Setup: func(env *testscript.Env) error {
			env.Setenv("MODEL", filepath.Join(here, "models", "nirvana"))
			env.Setenv("ADAPTERS", filepath.Join(here, recorded, "adapters"))
			env.Setenv("UPSCALER", filepath.Join(here, recorded, "upscaler", "esrgan-x2.safetensors"))
			if err := os.WriteFile(filepath.Join(env.WorkDir, "go.mod"), []byte("module nirvana\n"), 0o644); err != nil {
				return err
			}
			if err := os.Symlink(filepath.Join(here, "models"), filepath.Join(env.WorkDir, "models")); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(here, ".runtime"), filepath.Join(env.WorkDir, ".runtime"))
		},
	})
}

// scriptCommands are what the scripts say beside testscript's own words.
// hubs are the model hubs that scripts have started, by what they are told their address is.
var hubs sync.Map

// served are the default model's files, as a hub has them.
func served(ts *testscript.TestScript) map[string][]byte {
	files := map[string][]byte{}
	from := ts.Getenv("MODEL")
	ts.Check(filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "SHA256SUMS" {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err == nil {
			files[filepath.ToSlash(rel)], err = os.ReadFile(path)
		}
		return err
	}))
	unpacked := ts.MkAbs("checkpoints") // and a checkpoint, one file
	ts.Check(conformance.Unpack(recordedCheckpoints+"/models.zip", unpacked))
	data, err := os.ReadFile(filepath.Join(unpacked, "sd1.safetensors"))
	ts.Check(err)
	files["single/sd1.safetensors"] = data
	return files
}

var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	// exits CODE COMMAND...: the command ends with just this code.
	"exits": func(ts *testscript.TestScript, neg bool, args []string) {
		err := ts.Exec(args[1], args[2:]...)
		got := "0"
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "exit status ")
		}
		if got != args[0] {
			ts.Fatalf("%v ended with %s, not %s", args[1:], got, args[0])
		}
	},
	// refused COMMAND...: the command fails with a message of one line.
	"refused": func(ts *testscript.TestScript, neg bool, args []string) {
		if ts.Exec(args[0], args[1:]...) == nil {
			ts.Fatalf("%v succeeded", args)
		}
		if text := ts.ReadFile("stderr"); strings.Count(text, "\n") != 1 || len(text) < 20 || strings.Contains(text, "goroutine") {
			ts.Fatalf("%v did not fail with one line:\n%s", args, text)
		}
	},
	// checkpoints FOLDER: the recorded checkpoints.
	"checkpoints": func(ts *testscript.TestScript, neg bool, args []string) {
		ts.Check(conformance.Unpack(recordedCheckpoints+"/models.zip", ts.MkAbs(args[0])))
	},
	// folder FROM TO: a copy of a folder, such as the settings beside a checkpoint.
	"folder": func(ts *testscript.TestScript, neg bool, args []string) {
		ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
	},
	// tensors FROM TO PREFIX...: a file of the tensors whose names begin so; with one prefix, without it.
	"tensors": func(ts *testscript.TestScript, neg bool, args []string) {
		ts.Check(pick(ts.MkAbs(args[0]), ts.MkAbs(args[1]), args[2:]...))
	},
	// recoded FROM TO TENSOR TYPE: a file whose header gives a tensor another type of the same size.
	"recoded": func(ts *testscript.TestScript, neg bool, args []string) {
		before := []byte(ts.ReadFile(args[0]))
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), retyped(before, args[2], args[3]), 0o644))
	},
	// reshaped FROM TO TENSOR HOW: a file in which a tensor has another shape: transposed, or without the last of its first or last axis.
	"reshaped": func(ts *testscript.TestScript, neg bool, args []string) {
		ts.Check(reshape(ts.MkAbs(args[0]), ts.MkAbs(args[1]), args[2], args[3]))
	},
	// lying FILE BYTES HEADER: a file of weights with just this header and so many bytes of values.
	"lying": func(ts *testscript.TestScript, neg bool, args []string) {
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		data := binary.LittleEndian.AppendUint64(nil, uint64(len(args[2])))
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), append(append(data, args[2]...), make([]byte, n)...), 0o644))
	},
	// oneline FILE: a message is one line, and says something.
	"oneline": func(ts *testscript.TestScript, neg bool, args []string) {
		if text := ts.ReadFile(args[0]); strings.Count(text, "\n") != 1 || len(text) < 20 {
			ts.Fatalf("not one line:\n%s", text)
		}
	},
	// samepixels A.png B.png: both show the same, pixel for pixel.
	"samepixels": func(ts *testscript.TestScript, neg bool, args []string) {
		a, b := readPicture(ts, args[0]), readPicture(ts, args[1])
		if same := a.Rect == b.Rect && bytes.Equal(a.Pix, b.Pix); same == neg {
			ts.Fatalf("%s and %s: same pixels is %v", args[0], args[1], same)
		}
	},
	// transparent FILE.png: some of it is, and some is not at all.
	"transparent": func(ts *testscript.TestScript, neg bool, args []string) {
		img := readPicture(ts, args[0])
		bare, seen := 0, 0
		for i := 3; i < len(img.Pix); i += 4 {
			bare, seen = bare+int((255-img.Pix[i])/250), seen+int(img.Pix[i]/250)
		}
		if cut := 20*min(bare, seen) > len(img.Pix)/4; cut == neg {
			ts.Fatalf("%s is cut out: %v", args[0], cut)
		}
	},
	// seamless x|y FILE.png: over the edge to the opposite side the colours step no more than inside.
	"seamless": func(ts *testscript.TestScript, neg bool, args []string) {
		img := readPicture(ts, args[1])
		n, other, across, along := img.Rect.Dx(), img.Rect.Dy(), 4, img.Stride
		if args[0] == "y" {
			n, other, across, along = other, n, along, across
		}
		steps := make([]float64, n)
		for i := range n {
			for j := range other {
				for c := range 3 {
					steps[i] += math.Abs(float64(img.Pix[i*across+j*along+c]) - float64(img.Pix[(i+1)%n*across+j*along+c]))
				}
			}
		}
		edge, inside := steps[n-1], 0.0
		for _, s := range steps[:n-1] {
			inside += s / float64(n-1)
		}
		if meets := edge <= 2.5*inside && edge <= slices.Max(steps[:n-1]); meets == neg {
			ts.Fatalf("%s: the step over the edge in %s is %.2f times those inside, at most %.2f there", args[1], args[0], edge/inside, slices.Max(steps[:n-1])/inside)
		}
	},
	// warmer left|right FILE.png: that half is more red than blue, compared with the other.
	"warmer": func(ts *testscript.TestScript, neg bool, args []string) {
		img := readPicture(ts, args[1])
		warm := 0
		for i := 0; i < len(img.Pix); i += 4 {
			side := 1 - 2*(i/4%img.Rect.Dx()*2/img.Rect.Dx())
			warm += side * (int(img.Pix[i]) - int(img.Pix[i+2]))
		}
		if args[0] == "right" {
			warm = -warm
		}
		if is := warm > 40*len(img.Pix)/8; is == neg {
			ts.Fatalf("the %s half of %s is warmer by %d of 255", args[0], args[1], warm*8/len(img.Pix))
		}
	},
	// near A.png B.png: no channel differs by more than 3 of 255, what another number of threads may change.
	"near": func(ts *testscript.TestScript, neg bool, args []string) {
		a, b := readPicture(ts, args[0]), readPicture(ts, args[1])
		if a.Rect != b.Rect {
			ts.Fatalf("%v and %v", a.Rect, b.Rect)
		}
		for i := range a.Pix {
			if d := math.Abs(float64(a.Pix[i]) - float64(b.Pix[i])); d > 3 {
				ts.Fatalf("a channel differs by %.0f of 255", d)
			}
		}
	},
	// size FILE.png WxH
	"size": func(ts *testscript.TestScript, neg bool, args []string) {
		if r := readPicture(ts, args[0]).Rect; fmt.Sprintf("%dx%d", r.Dx(), r.Dy()) != args[1] {
			ts.Fatalf("%s is %v", args[0], r)
		}
	},
	// kept BEFORE.png AFTER.png MASK.png: where the mask is black nothing has changed, where it is white something has.
	"kept": func(ts *testscript.TestScript, neg bool, args []string) {
		before, after, mask := readPicture(ts, args[0]), readPicture(ts, args[1]), readPicture(ts, args[2])
		changed := false
		for i := 0; i < len(before.Pix); i += 4 {
			same := bytes.Equal(before.Pix[i:i+4], after.Pix[i:i+4])
			if mask.Pix[i] == 0 && !same {
				ts.Fatalf("pixel %d under the black of the mask has changed", i/4)
			}
			changed = changed || !same
		}
		if !changed {
			ts.Fatalf("nothing has changed")
		}
	},
	// halfmask FILE.png WxH: a mask whose right half is white.
	"halfmask": func(ts *testscript.TestScript, neg bool, args []string) {
		w, h := wide(ts, args[1])
		m := image.NewGray(image.Rect(0, 0, w, h))
		draw.Draw(m, image.Rect(w/2, 0, w, h), image.NewUniform(color.White), image.Point{}, draw.Src)
		var b bytes.Buffer
		ts.Check(png.Encode(&b, m))
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o644))
	},
	// pngheader FILE.png WxH: a PNG that promises this size and holds no pixels.
	"pngheader": func(ts *testscript.TestScript, neg bool, args []string) {
		w, h := wide(ts, args[1])
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), emptyPNG(uint32(w), uint32(h)), 0o644))
	},
	// truncate FILE BYTES
	"truncate": func(ts *testscript.TestScript, neg bool, args []string) {
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.ReadFile(args[0]))[:n], 0o644))
	},
	// model FOLDER: a copy of the default model. Its files are links, so replace them and never write into them.
	"model": func(ts *testscript.TestScript, neg bool, args []string) {
		from, to := ts.Getenv("MODEL"), ts.MkAbs(args[0])
		ts.Check(filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(from, path)
			if err != nil {
				return err
			}
			if d.IsDir() {
				return os.MkdirAll(filepath.Join(to, rel), 0o755)
			}
			return os.Symlink(path, filepath.Join(to, rel))
		}))
	},
	// hub [gated|private]: a model hub with the default model as artist/model; with a word, for the token hf_good alone.
	"hub": func(ts *testscript.TestScript, neg bool, args []string) {
		s := hubtest.New(served(ts))
		ts.Defer(s.Close)
		if len(args) > 0 {
			s.Token, s.Gated = "hf_good", args[0] == "gated"
		}
		ts.Setenv("HF_ENDPOINT", s.URL)
		hubs.Store(s.URL, s)
	},
	// hubfault cut|corrupt|busy: the hub's next large file comes so, once; cut also throws away what was fetched before.
	"hubfault": func(ts *testscript.TestScript, neg bool, args []string) {
		h, _ := hubs.Load(ts.Getenv("HF_ENDPOINT"))
		var once sync.Once
		h.(*hubtest.Server).Fault = func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) (answered bool) {
			if len(data) < hubtest.Large {
				return false
			}
			once.Do(func() {
				answered = true
				switch args[0] {
				case "cut":
					w.Header().Set("Content-Length", strconv.Itoa(len(data)))
					w.Write(data[:len(data)/2])
				case "corrupt":
					bad := bytes.Clone(data)
					bad[len(bad)/3] ^= 1
					w.Write(bad)
				case "busy":
					w.Header().Set("Retry-After", "0")
					w.WriteHeader(http.StatusTooManyRequests)
				}
			})
			return answered
		}
	},
	// await FILE: waits until it is there.
	"await": func(ts *testscript.TestScript, neg bool, args []string) {
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
				return
			}
		}
		ts.Fatalf("%s did not come", args[0])
	},
	// npy FILE.npy SHAPE: a float32 array in C order whose header says so, "1, 4, 16, 16".
	"npy": func(ts *testscript.TestScript, neg bool, args []string) {
		data := ts.ReadFile(args[0])
		if !strings.HasPrefix(data, "\x93NUMPY\x01\x00") || len(data) < 10 {
			ts.Fatalf("%s is no NumPy file", args[0])
		}
		header := 10 + int(binary.LittleEndian.Uint16([]byte(data[8:10])))
		n := 4
		for _, d := range strings.Split(args[1], ", ") {
			side, err := strconv.Atoi(d)
			ts.Check(err)
			n *= side
		}
		if header%64 != 0 || !strings.Contains(data[:header], "'descr': '<f4'") || !strings.Contains(data[:header], "("+args[1]+")") || len(data)-header != n {
			ts.Fatalf("%s: header %q before %d bytes", args[0], data[10:header], len(data)-header)
		}
	},
}

func readPicture(ts *testscript.TestScript, path string) *image.RGBA {
	decoded, err := png.Decode(strings.NewReader(ts.ReadFile(path)))
	ts.Check(err)
	out := image.NewRGBA(image.Rectangle{Max: decoded.Bounds().Size()})
	draw.Draw(out, out.Rect, decoded, decoded.Bounds().Min, draw.Src)
	return out
}

func wide(ts *testscript.TestScript, size string) (w, h int) {
	_, err := fmt.Sscanf(size, "%dx%d", &w, &h)
	ts.Check(err)
	return w, h
}

// emptyPNG is a PNG of 8-bit RGB with a header and an end.
func emptyPNG(w, h uint32) []byte {
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		body := append([]byte(kind), data...)
		out = binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	chunk("IHDR", append(head, 8, 2, 0, 0, 0))
	chunk("IDAT", nil)
	chunk("IEND", nil)
	return out
}
