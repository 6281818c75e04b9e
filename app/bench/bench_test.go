package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/models"
)

// TestMain acts as an arm if it is called as one.
func TestMain(m *testing.M) {
	if os.Getenv("BENCH_ARM") == "network" && len(os.Args) > 4 {
		fmt.Print(`{"Shapes":["out [1 4 16 16]"],"NotFinite":3}`)
		os.Exit(0)
	}
	if kind := os.Getenv("BENCH_ARM"); kind != "" && len(os.Args) > 2 {
		data, _ := os.ReadFile(os.Args[2])
		var t Task
		json.Unmarshal(data, &t)
		x, _ := ReadFloats(t.Noise)
		if os.Args[1] == "wrong" {
			x[0] += 1
		}
		WriteFloats(t.Out, x)
		fmt.Printf(`{"load":0.25,"first":0.5,"steps":[0.1,0.3],"whole":%d}`, len(os.Args[1]))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func compare(t *testing.T, arms ...string) (Result, error) {
	t.Helper()
	t.Setenv("BENCH_ARM", "yes")
	dir := t.TempDir()
	task := Task{Noise: filepath.Join(dir, "noise"), Out: filepath.Join(dir, "out")}
	if err := WriteFloats(task.Noise, []float32{1, -2, 3}); err != nil {
		t.Fatal(err)
	}
	var all []Arm
	for _, a := range arms {
		all = append(all, Arm{Name: a, Args: []string{os.Args[0], a}})
	}
	return Compare(context.Background(), "a & b", task, all, 2, func(string) {})
}

func TestCompare(t *testing.T) {
	r, err := compare(t, "aa", "bbbb")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Turns[0]) != 4 || len(r.Turns[1]) != 4 || r.Differ != 0 {
		t.Errorf("%d and %d turns, difference %g", len(r.Turns[0]), len(r.Turns[1]), r.Differ)
	}
	if step := r.Quantile(0, Measures[2], 0.5); step != 300 {
		t.Errorf("a step takes %g ms", step)
	}
	var table, plot bytes.Buffer
	if err := errors.Join(r.Table(&table), Plot(&plot, []Result{r})); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"### a & b", "| 2000 ", "| 4000 ", "| 0.50 |"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, table.String())
		}
	}
	if !strings.Contains(plot.String(), "a &amp; b") || !strings.Contains(plot.String(), ">0.50<") {
		t.Error("the plot lacks its title or a share")
	}
}

// A faster arm with wrong numbers is refused.
func TestCompareRefusesOtherPictures(t *testing.T) {
	if _, err := compare(t, "aa", "wrong"); !errors.Is(err, errDiffer) {
		t.Errorf("another picture passed: %v", err)
	}
}

// The task describes the same steps as the engine's own sampler with the default model's schedule.
func TestTask(t *testing.T) {
	f, err := models.Read("../../models/nirvana")
	if err != nil {
		t.Fatal(err)
	}
	task, err := NewTask(f, "a red apple", 4, 128, 0, 3, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if !task.V || task.Side != 16 || len(task.Steps) != 4 || task.Steps[0][0] != 999 || task.Steps[3][2] != 1 || task.Steps[1][1] != task.Steps[0][2] {
		t.Errorf("%+v", task)
	}
	if len(task.Tokens[0]) != len(task.Tokens[1]) || len(task.Tokens[0]) == 0 {
		t.Errorf("tokens %v", task.Tokens)
	}
	if _, err := NewTask(f, "x", 4, 100, 0, 3, t.TempDir()); err == nil {
		t.Error("100 px were taken")
	}
}

// An arm's files are read before its turn; those that are not there yet are left out, and what cannot be read is told.
func TestSettle(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "weights")
	if err := os.WriteFile(file, make([]byte, 3), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (Arm{Reads: []string{dir, file, filepath.Join(dir, "none")}}).settle(); err != nil {
		t.Error(err)
	}
	if err := (Arm{Reads: []string{filepath.Join(file, "inside")}}).settle(); err == nil {
		t.Error("a folder that cannot be read is not told of")
	}
}
