// Package servetest runs a server with a model of one formula, for tests of the protocols: the real engine in pixel
// space. The picture depends on the prompt's class, the seed and every setting.
package servetest

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/color"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/serve"
	"nirvana/app/serve/work"
	"nirvana/engine"
	"nirvana/models"
)

// Net is the network.
type Net struct {
	Pause time.Duration // duration of each call
	Wrong error         // returned by each call; nil: no error
	Calls chan struct{} // receives a value for each call, if there is room
	Turns chan struct{} // each call waits for a value; nil: it does not
}

// Ports are those of a class-conditional U-Net with three channels.
func (n *Net) Ports() (in, out []engine.Port) {
	return []engine.Port{{Name: "sample", Type: "float32", Shape: []int{-1, 3, -1, -1}}, {Name: "timestep", Type: "int64"}, {Name: "class_labels", Type: "int64", Shape: []int{-1}}},
		[]engine.Port{{Name: "out_sample", Type: "float32", Shape: []int{-1, 3, -1, -1}}}
}

// Run computes 0.7 x + 0.3 sin(t/50 + i + 3x + class).
func (n *Net) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	select {
	case n.Calls <- struct{}{}:
	default:
	}
	if n.Turns != nil {
		select {
		case <-n.Turns:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	select {
	case <-time.After(n.Pause):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	x, t, class := in["sample"], in["timestep"].Data[0], in["class_labels"].Data[0]
	out := x.Clone()
	for i, v := range out.Data {
		out.Data[i] = 0.7*v + 0.3*float32(math.Sin(float64(t)/50+float64(i%7)+3*float64(v)+float64(class)))
	}
	return []engine.Tensor{out}, n.Wrong
}

// Classes are the model's, which prompts name.
var Classes = []string{"apple", "heart", "moon", "sun"}

// Folder writes a model folder with a name, of 32 px, that the catalogue finds.
func Folder(t testing.TB, root, name string) {
	t.Helper()
	dir := filepath.Join(root, name)
	index := map[string]any{"_class_name": "DDPMPipeline", "unet": []string{"diffusers", "UNet2DModel"}, "scheduler": []string{"diffusers", "DDPMScheduler"}}
	for file, v := range map[string]any{"model_index.json": index, "unet/config.json": unet, "scheduler/scheduler_config.json": json.RawMessage(scheduler)} {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, file), data)
	}
	write(t, filepath.Join(dir, "unet/model.onnx"), []byte("made of arithmetic: "+name))
}

var unet = map[string]any{"_class_name": "UNet2DModel", "sample_size": 32, "in_channels": 3, "out_channels": 3, "num_class_embeds": len(Classes),
	"id2label": map[string]string{"0": Classes[0], "1": Classes[1], "2": Classes[2], "3": Classes[3]}}

const scheduler = `{"_class_name":"EulerAncestralDiscreteScheduler","beta_schedule":"linear","beta_start":0.0001,"beta_end":0.02,"num_train_timesteps":1000}`

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Engine has the models "tiny" and "other".
func Engine(t testing.TB, n *Net) work.Engine {
	t.Helper()
	root := t.TempDir()
	Folder(t, root, "tiny")
	Folder(t, root, "other")
	return work.Engine{Catalogue: models.Catalogue{Roots: []string{root}}, Default: "tiny", Version: "0.0", Open: func(_ context.Context, f models.Folder) (*work.Model, error) {
		config, err := json.Marshal(unet)
		if err != nil {
			return nil, err
		}
		m, err := engine.New(engine.Parts{Name: f.Name, Hash: f.Identity, Index: f.Index, Scheduler: []byte(scheduler), Denoiser: engine.Part{Graph: n, Name: "unet", Config: config}})
		if err != nil {
			return nil, err
		}
		return &work.Model{Model: m, Generate: m.Generate, Device: "CPU", Runtime: "0", Close: func() error { return nil }}, nil
	}}
}

// Start starts a server that ends with the test.
func Start(t testing.TB, n *Net, o serve.Options) (*httptest.Server, *work.Queue) {
	t.Helper()
	e := Engine(t, n)
	return StartWith(t, e, o)
}

// StartWith is Start with the caller's engine.
func StartWith(t testing.TB, e work.Engine, o serve.Options) (*httptest.Server, *work.Queue) {
	t.Helper()
	if o.Body == 0 {
		o.Body = 16 << 20
	}
	if o.Limits == (work.Limits{}) {
		o.Limits = work.Usual
	}
	if o.Queue == 0 {
		o.Queue = 256
	}
	q := work.New(e, o.Limits, o.Queue)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- q.Work(ctx) }()
	s := httptest.NewServer(serve.Handler(q, o))
	t.Cleanup(func() {
		cancel()
		s.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return s, q
}

// Picture is a picture whose pixels are all different.
func Picture(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(3 * x), uint8(5 * y), uint8(x + y), 255})
		}
	}
	return img
}

// Bomb is a PNG in base64 that declares this many pixels a side and contains none.
func Bomb(side uint32) string {
	head := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	head = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(head, side), side)
	head = append(head, 8, 6, 0, 0, 0)
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(head, crc32.ChecksumIEEE(head[12:])))
}
