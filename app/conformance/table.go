package conformance

import (
	"cmp"
	"fmt"
	"sort"
	"strings"
)

// cell has the runs of one folder, mode and scheduler.
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
	Title  string // heading; "" for the first file of the page
	Source string // what the cases were recorded with; may be empty
	Rows   []Row
}

// Table formats the results as Markdown: for each section a table of model folder, mode and scheduler, with the
// largest difference of the latents over all steps and the tolerance.
func Table(sections ...Section) string {
	var b strings.Builder
	var all []Row
	for _, s := range sections {
		all = append(all, s.Rows...)
	}
	passed, failed := Count(all)
	fmt.Fprintf(&b, "# The same numbers as diffusers\n\n`make conformance` writes this page. %d recorded runs, from prompt to picture: %d agree, %d differ.\n", len(all), passed, failed)
	b.WriteString("The largest difference is that of x_t after any step (mean, standard deviation and eight values) and of all values after the\nlast step; differences of pixels are in 8-bit steps.\n")
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
		key := [3]string{r.Case.Model, r.Case.Kind, cmp.Or(strings.TrimSuffix(r.Case.Scheduler, "Scheduler"), "the model's own")}
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

// limits is the text below the table.
const limits = `
## Differences between builds of torch

On x86, PyPI's torch computes square roots, logarithms and exponentials with Intel MKL's vector functions (vmsSqrt,
vmsLn, vmsExp). Their last bit differs from the correctly rounded result in 15, 6 and 1 of 100 values. Builds without MKL
(tested: Debian's torch 1.13) round every square root correctly, and err in other logarithms and exponentials. Nirvana
rounds all three correctly, so it differs from each build by at most this bit, as the builds do from each other. Two
samplers amplify it:

- KDPM2 ancestral in 2 or 3 steps computes sigma_down as the root of a difference of nearly equal squares: recorded runs
  of 2 steps differ by 5e-3 (tolerance 1.9e-2), of 3 steps by 2.4e-4 (tolerance 9.9e-3), and the timestep halfway by
  1.2e-3. From 5 steps on the difference is below 1e-4.
- DPMSolverSDE samples a Brownian motion at a time that is computed with a logarithm and an exponential: at sigma 14 the
  last bit changes the time by 3e-6, and the motion by the root of it, 2e-3. This rarely shows (3e-3 in one of the runs
  tested); all others agree to 1e-4.

In addition, PyPI's torch 2.15.0 (numpy 2.4.6, diffusers 0.42.1) and torch 2.4.1 (numpy 2.2.6, diffusers 0.36.0) were
compared with each other and with Nirvana (engine/sample/testdata/builds.json): timesteps of DPMSolverMultistep with
Karras, exponential, beta and Lu schedules in 2 to 50 steps, noise levels of ScoreSdeVe, DPMSolverSDE, k-diffusion's
sample_dpm_fast in 1 to 50 evaluations, and sample_dpmpp_sde. The two builds are bit-identical. Nirvana has the same
timesteps in all 264 schedules and the same levels of ScoreSdeVe. Its result is within 1.1e-5 of sample_dpm_fast (1e-6
from 3 evaluations on) and within 1e-6 of sample_dpmpp_sde; at steps in between the latter differs by up to 7e-5, where
the last bit of a level changes the Brownian motion.

Whether the highest noise level of such a schedule is at timestep 999 or, truncated, at 998 depends on the last bit of a
float32 logarithm. numpy computes it in two ways: with AVX2 or AVX-512 by a rational approximation (191 of the 1000 levels
of Stable Diffusion are not correctly rounded), otherwise by the C library (6 of 1000). Nirvana uses the approximation,
bit for bit, on every processor; diffusers on a processor without these instructions may use 999 where Nirvana uses 998,
or the other way round.

## Pictures of more than a megapixel that are edited

FLUX.2 klein, FLUX Kontext and Qwen-Image-Edit edit a picture from noise and see it behind x_t. Each of diffusers' pipelines brings
it to a size of its own: klein's to at most a megapixel, without what is no whole latent pixel at its edges, Kontext's to the
nearest of the sizes that it was trained with, Qwen-Image-Edit's to about a megapixel; and encodes it whole. The engine did this only for
further references, and encoded the picture under the frame at the frame's size, above the autoencoder's own in tiles. Runs of a picture of
1300 x 900 px that is edited to 96 x 64 px differed by 2.9e-2 after klein's first step and 0.72 at the end, by 0.05 and 0.34 with Kontext, and by 1.0
and 1.4 with Qwen-Image-Edit. That was the cause: since the picture under the frame is seen as references are, x_t is within 1.2e-4, 6.7e-5 and 7.6e-6
(klein-edit-large, flux-kontext-large, qwenimage-edit-large; klein-edit-odd for a picture whose sides are no multiples).
Edited at 1296 x 896 px, without windows, it differed by 3.9e-2 at the end, and by 1.6e-4 now; pixels by up to 7 of 255, as the picture is decoded in tiles
and diffusers decodes it whole.

Up to a megapixel Kontext and Qwen-Image-Edit see the picture at the frame's size, as with _auto_resize=False, encoded whole; diffusers enlarges
small ones by default. Under a mask, in windows and in seamless pictures the picture has to lie where x_t does: it is seen at the frame's size, above
a megapixel in tiles, with klein above the autoencoder's own size.

From text the tiny klein at 1296 x 896 px, whole, is within 8.8e-7 of torch in float64 after each of 4 steps, as torch's float32 is (8.7e-7), with
guidance within 1.6e-5 after 5 steps (2.9e-6).
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
