package schedule

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestNamedValues holds every schedule of the menu against AUTOMATIC1111's formula, and the
// shifts of a flow, computed apart.
func TestNamedValues(t *testing.T) {
	data, err := os.ReadFile("testdata/named.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Steps map[string]map[string][]float64
		Flow  struct{ Shift, Dynamic [][3]float64 }
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	table, err := parse(t, `{"_class_name":"PNDMScheduler","beta_start":0.00085,"beta_end":0.012,"beta_schedule":"scaled_linear"}`).Table()
	if err != nil {
		t.Fatal(err)
	}
	for steps, schedules := range f.Steps {
		n, err := strconv.Atoi(steps)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range Names() {
			want := schedules[name]
			if name == "Automatic" {
				want = schedules["Uniform"]
			} else if name == "VP" {
				continue // of k-diffusion's own numbers, see TestSigmas
			} else if n == 1 && strings.HasPrefix(name, "Align Your Steps") {
				continue // AUTOMATIC1111 begins its only step at the table's last level, which draws nothing; ours begins at the first
			}
			got, err := SigmasNamed(name, n, table)
			if err != nil || len(got) != len(want) {
				t.Errorf("%s, %d steps: %v, %v, want %v", name, n, got, err, want)
				continue
			}
			for i, w := range want {
				if math.Abs(got[i]-w) > 2e-5*w {
					t.Errorf("%s, %d steps: level %d is %g, want %g", name, n, i, got[i], w)
				}
			}
		}
	}
	for _, c := range f.Flow.Shift {
		if got := FlowShift(c[1], c[0]); math.Abs(got-c[2]) > 1e-12 {
			t.Errorf("%g shifted by %g is %g, want %g", c[1], c[0], got, c[2])
		}
	}
	for _, c := range f.Flow.Dynamic {
		if got := DynamicShift(c[1], c[0], false); math.Abs(got-c[2]) > 1e-12 {
			t.Errorf("%g shifted by mu %g is %g, want %g", c[1], c[0], got, c[2])
		}
	}
}
