package sample

import (
	"encoding/json"
	"testing"

	"nirvana/engine/schedule"
)

func TestCanonical(t *testing.T) {
	for _, c := range [][4]string{
		{"", "", "", ""},
		{"DDIMScheduler", "", "DDIM", ""},
		{"k_euler_ancestral", "", "Euler a", ""},
		{"sample_dpmpp_2m", "karras", "DPM++ 2M", "Karras"},
		{"DPM++ 2M Karras", "", "DPM++ 2M", "Karras"},
		{"dpmpp_2m_sde", "sgm_uniform", "DPM++ 2M SDE", "SGM Uniform"},
		{"DPM++ 2M Karras", "Beta", "DPM++ 2M", "Beta"},
		{"UNIPC", "ddim_uniform", "UniPC", "DDIM"},
		{"EulerDiscreteScheduler", "", "EulerDiscreteScheduler", ""},
		{"eulerdiscrete", "", "EulerDiscreteScheduler", ""},
		{"res_multistep", "bong", "res_multistep", "bong"},
	} {
		if sampler, schedule := Canonical(c[0], c[1]); sampler != c[2] || schedule != c[3] {
			t.Errorf("%q, %q is called %q, %q instead of %q, %q", c[0], c[1], sampler, schedule, c[2], c[3])
		}
	}
}

// Every name of the table is that of its own, and what is made of both names is the same.
func TestCanonicalMakesTheSame(t *testing.T) {
	base := config(t, sd1File)
	text := func(c schedule.Config) string {
		data, _ := json.Marshal(c)
		return string(data)
	}
	for _, e := range table {
		for _, name := range append(Schedules(), "") {
			want, err := Named(e.Class, name, base)
			sampler, again := Canonical(e.Class, name)
			got, err2 := Named(sampler, again, base)
			if (err == nil) != (err2 == nil) || err == nil && (got.Class != want.Class || got.Schedule != want.Schedule || text(got) != text(want)) {
				t.Errorf("%q, %q: %v; %v as %q, %q", e.Class, name, err, err2, sampler, again)
			}
		}
	}
}
