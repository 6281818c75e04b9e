package conformance

import (
	"fmt"
	"sort"
	"strings"
)

// cell is the runs of one folder, mode and scheduler.
type cell struct {
	worst, tolerance float64
	pixels           float64
	n, failed        int
}

func (c *cell) add(r Row) {
	c.n++
	if !r.Passed() {
		c.failed++
	}
	if r.Latents >= c.worst {
		c.worst, c.tolerance = r.Latents, r.Tolerance
	}
	c.pixels = max(c.pixels, r.Pixels)
}

// Section is the results of one file of cases.
type Section struct {
	Title  string // heading; "" for the file that the page begins with
	Source string // what the cases were recorded with; may be empty
	Rows   []Row
}

// Table is the results as Markdown: for each section model folder x mode x
// scheduler, the largest difference of the latents over all steps and the
// tolerance.
func Table(sections ...Section) string {
	var b strings.Builder
	var all []Row
	for _, s := range sections {
		all = append(all, s.Rows...)
	}
	passed, failed := Count(all)
	fmt.Fprintf(&b, "# The same numbers as diffusers\n\n`make conformance` writes this page. %d recorded runs, from prompt to picture: %d agree, %d differ.\n", len(all), passed, failed)
	b.WriteString("The difference is the largest of x_t after any step (mean, deviation and single values) and of every value of the last;\npixels are in steps of 255.\n")
	for _, s := range sections {
		s.write(&b)
	}
	b.WriteString(limits)
	return b.String()
}

func (s Section) write(b *strings.Builder) {
	cells := map[[3]string]*cell{}
	axes := [3]map[string]bool{{}, {}, {}}
	for _, r := range s.Rows {
		key := [3]string{r.Case.Model, r.Case.Kind, strings.TrimSuffix(r.Case.Scheduler, "Scheduler")}
		for i, k := range key {
			axes[i][k] = true
		}
		if cells[key] == nil {
			cells[key] = &cell{}
		}
		cells[key].add(r)
	}
	if s.Title != "" {
		passed, failed := Count(s.Rows)
		fmt.Fprintf(b, "\n## %s\n\n%d runs: %d agree, %d differ.\n", s.Title, len(s.Rows), passed, failed)
	}
	if s.Source != "" {
		fmt.Fprintf(b, "\nRecorded with %s\n", s.Source)
	}
	b.WriteString("\n| folder | mode | scheduler | runs | largest difference | allowed | pixels | |\n|---|---|---|---|---|---|---|---|\n")
	for _, m := range sorted(axes[0]) {
		for _, k := range sorted(axes[1]) {
			for _, d := range sorted(axes[2]) {
				if c := cells[[3]string{m, k, d}]; c != nil {
					fmt.Fprintf(b, "| %s | %s | %s | %d | %.1e | %.1e | %g | %s |\n", m, k, d, c.n, c.worst, c.tolerance, c.pixels, c.verdict())
				}
			}
		}
	}
}

// limits is what stands below the table.
const limits = `
## What differs between builds of torch

PyPI's torch for x86 takes square roots, logarithms and exponentials from Intel MKL's vector functions (vmsSqrt, vmsLn,
vmsExp), which round the last bit differently in 15, 6 and 1 of 100 values; builds without MKL (torch 1.13 of Debian was
tried) round every square root rightly and their logarithms and exponentials differently again. Nirvana rounds all three
rightly, so it is within one such bit of each build, as they are of each other. Two samplers enlarge that bit:

- KDPM2 ancestral in 2 or 3 steps takes sigma_down as the root of a difference of nearly equal squares: recorded runs of
  2 steps differ by 5e-3 where 1.9e-2 is allowed, of 3 by 2.4e-4 where 9.9e-3 is, and the timestep halfway by 1.2e-3.
  From 5 steps on the difference is below 1e-4.
- DPMSolverSDE takes its noise from a Brownian motion at a time that has gone through a logarithm and an exponential: at
  sigma 14 the last bit moves that time by 3e-6, and the motion by the root of it, 2e-3. That shows in about one run of
  many (3e-3 in one of those tried); all others agree to 1e-4.

In addition, torch 2.15.0 (numpy 2.4.6, diffusers 0.42.1) and torch 2.4.1 (numpy 2.2.6, diffusers 0.36.0) of PyPI were
compared with each other and with Nirvana (engine/sample/testdata/builds.json): timesteps of DPMSolverMultistep over
Karras, exponential, beta and Lu levels in 2 to 50 steps, levels of ScoreSdeVe, DPMSolverSDE, k-diffusion's sample_dpm_fast
in 1 to 50 evaluations and sample_dpmpp_sde. The two agree to the bit. Nirvana gives the same timesteps in all 264 walks
and the same levels of ScoreSdeVe, ends within 1.1e-5 of sample_dpm_fast (1e-6 from 3 evaluations on) and within 1e-6 of
sample_dpmpp_sde. Between its first and its last step the latter is up to 7e-5 away, where a bit of a level moves the
Brownian motion.

Whether the noisiest level of such a walk stands at timestep 999 or, cut, at 998 hangs on the last bit of a float32
logarithm, which numpy computes in two ways: with AVX2 or AVX-512 by a rational approximation (191 of the 1000 levels of
Stable Diffusion are not rightly rounded), without them by the C library (6 of 1000). Nirvana has the approximation, bit for
bit, on every processor; diffusers on one without these instructions may say 999 where Nirvana says 998, or the other way round.
`

func (c *cell) verdict() string {
	if c.failed > 0 {
		return fmt.Sprintf("%d differ", c.failed)
	}
	return "agrees"
}

func sorted(set map[string]bool) []string {
	var out []string
	for k := range set {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
