// Package bench times the engine (A) and, in its tool, compares it with plain loops in Go (B) and in Node (C), over
// the same files and the same ONNX Runtime library. Every turn is its own process, so that start, memory and time are
// measured separately; turns go A B C C B A, so that drift of the machine affects all alike; results are compared, so
// that wrong numbers are not mistaken for speed. Start with Options.Run; Task is the input of an arm, Turn its
// output.
package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"nirvana/engine/schedule"
	"nirvana/engine/token"
	"nirvana/models"
	onnxruntime "nirvana/models/runtime"
)

// Task describes one picture for a loop without tokenizers and schedules.
type Task struct {
	Folder   string       `json:"folder"`
	Prompt   string       `json:"prompt"`
	Tokens   [2][]int64   `json:"tokens"` // of the empty prompt and of the prompt
	Side     int          `json:"side"`   // of the latents, latent pixels
	Pixels   int          `json:"pixels"` // of the picture
	Guidance float64      `json:"guidance"`
	V        bool         `json:"v"`     // v-prediction, otherwise epsilon
	Steps    [][3]float64 `json:"steps"` // timestep, alphas_cumprod there and at the next
	Factor   float64      `json:"factor"`
	Threads  int          `json:"threads"` // 0: the library's own choice
	Noise    string       `json:"noise"`   // file of x_T, float32
	Out      string       `json:"out"`     // file for x_0, float32
}

// Turn is the measurements of one process, in seconds from its own start.
type Turn struct {
	Load  float64   `json:"load"`  // until the networks are open
	First float64   `json:"first"` // until the first picture could be shown
	Steps []float64 `json:"steps"` // each step except the first
	// Click is the time from the click to the first preview, on open networks; Calls how often a step calls the
	// network; 0 where not reported.
	Click float64 `json:"click"`
	Calls int     `json:"calls"`
	Whole float64 `json:"whole"`
	// Peak and Busy are measured from outside: memory in bytes, CPU seconds; 0 where the system does not report them.
	Peak int64   `json:"-"`
	Busy float64 `json:"-"`
	// Foreign is the share of CPU time that other processes took.
	Foreign float64   `json:"-"`
	Latents []float32 `json:"-"`
}

// Arm is a process that takes a task file and prints a Turn.
type Arm struct {
	Name   string
	Args   []string // the task's file is appended
	Folder string   // the model's, instead of the task's
	Env    []string // added to the environment
	Reads  []string // files and folders that are read before each turn; none: the turn follows the last one at once
}

// Engine is the arm of the program at a path.
func Engine(program string) Arm {
	return Arm{Name: "A engine", Args: []string{program, "bench", "--task"}}
}

// ReadTask reads an arm's task file.
func ReadTask(file string) (Task, error) {
	var t Task
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &t)
	}
	return t, err
}

// NewTask describes a picture. The folder must be of the default model's kind: DDIM, one text encoder.
func NewTask(f models.Folder, prompt string, steps, pixels, threads int, guidance float64, dir string) (Task, error) {
	t := Task{Folder: f.Dir, Prompt: prompt, Pixels: pixels, Side: pixels / 8, Guidance: guidance, Threads: threads, Factor: factor(f.Decoder.Config),
		Noise: filepath.Join(dir, "noise"), Out: filepath.Join(dir, "out")}
	cfg, err := schedule.ParseConfig(f.Scheduler)
	if err != nil {
		return t, err
	}
	if cfg.Class != "DDIMScheduler" || len(f.Text) != 1 || f.Decoder.Path == "" || steps < 1 || pixels%64 != 0 {
		return t, fmt.Errorf("%s at %d px cannot be run by the plain loop: leave --model out, and give a size in steps of 64 px", f.Name, pixels)
	}
	if t.Folder, err = filepath.Abs(f.Dir); err != nil {
		return t, err
	}
	tokens, err := token.Open(f.Text[0].Tokenizer)
	if err != nil {
		return t, err
	}
	for i, text := range []string{"", prompt} {
		for _, id := range tokens.Padded(text, tokens.Max) {
			t.Tokens[i] = append(t.Tokens[i], int64(id))
		}
	}
	table, err := cfg.Table()
	if err != nil {
		return t, err
	}
	t.V = cfg.Prediction == schedule.V
	at := func(ts int) float64 {
		switch {
		case ts >= 0:
			return float64(table.AlphasCumprod[ts])
		case cfg.AlphaToOne:
			return 1
		}
		return float64(table.AlphasCumprod[0])
	}
	for _, ts := range cfg.Steps(steps, true) {
		t.Steps = append(t.Steps, [3]float64{ts, at(int(ts)), at(int(ts) - cfg.TrainTimesteps/steps)})
	}
	return t, nil
}

func factor(config []byte) float64 {
	var c struct {
		Factor float64 `json:"scaling_factor"`
	}
	if json.Unmarshal(config, &c) != nil || c.Factor == 0 {
		return 1
	}
	return c.Factor
}

// Run runs an arm once.
func (a Arm) Run(ctx context.Context, task Task) (Turn, error) {
	file := filepath.Join(filepath.Dir(task.Out), "task.json")
	if a.Folder != "" {
		task.Folder = a.Folder
	}
	data, err := json.Marshal(task)
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err == nil && len(a.Reads) > 0 {
		err = a.settle()
	}
	if err != nil {
		return Turn{}, err
	}
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, a.Args[0], append(a.Args[1:], file)...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.Env = append(append(os.Environ(), onnxruntime.QuietVariable+"=1"), a.Env...)
	before := busy()
	if err := cmd.Run(); err != nil {
		return Turn{}, fmt.Errorf("%s: %w: %s", a.Name, err, strings.TrimSpace(complaint.String()))
	}
	after := busy()
	var t Turn
	if err := json.Unmarshal(out.Bytes(), &t); err != nil {
		return t, fmt.Errorf("%s printed no times: %w", a.Name, err)
	}
	t.Busy = cmd.ProcessState.UserTime().Seconds() + cmd.ProcessState.SystemTime().Seconds()
	t.Peak = peak(cmd.ProcessState)
	if all := after.all - before.all; all > 0 {
		t.Foreign = max(0, (after.busy-before.busy-t.Busy)/all)
	}
	t.Latents, err = ReadFloats(task.Out)
	return t, err
}

// jiffies are the machine's CPU seconds since its start.
type jiffies struct{ busy, all float64 }

// busy reads them if the system reports them (Linux); otherwise zeros.
func busy() jiffies {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return jiffies{}
	}
	line, _, _ := strings.Cut(string(data), "\n")
	var j jiffies
	for i, f := range strings.Fields(line)[1:] {
		var v float64
		fmt.Sscan(f, &v)
		v /= 100
		if i > 7 {
			break // guests are included in user
		}
		if j.all += v; i != 3 && i != 4 {
			j.busy += v
		}
	}
	return j
}

// WriteFloats and ReadFloats keep tensors between processes, little-endian.
func WriteFloats(path string, v []float32) error {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return os.WriteFile(path, b, 0o600)
}

// ReadFloats reads what WriteFloats wrote.
func ReadFloats(path string) ([]float32, error) {
	b, err := os.ReadFile(path)
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v, err
}

// Machine describes the machine of the measurements.
func Machine() string {
	name := runtime.GOARCH
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for _, line := range strings.Split(string(data), "\n") {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				name = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d processors, %s", name, runtime.NumCPU(), runtime.GOOS)
}

// errDiffer means that two arms made different pictures.
var errDiffer = errors.New("the programs made different pictures, so the comparison is invalid")
