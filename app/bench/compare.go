package bench

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
)

// Result has the turns of every arm, by its index.
type Result struct {
	Title string
	Arms  []Arm
	Turns [][]Turn
	// Noisy is how many rounds were repeated because other processes took more than the allowed share.
	Noisy int
	// Differ is the largest difference of an arm's latents from the first one's, as a share of their largest value.
	Differ float64
}

// noise is the share of CPU time that other processes may take in a valid round.
const noise = 0.10

// tolerance of Differ: allows for another order of summation, over all steps.
const tolerance = 0.02

// Compare runs rounds rounds of the arms forwards and backwards, after a warm-up. Noisy rounds are repeated, at most
// the same number again; then the least noisy are used.
func Compare(ctx context.Context, title string, task Task, arms []Arm, rounds int, progress func(string)) (Result, error) {
	r := Result{Title: title, Arms: arms, Turns: make([][]Turn, len(arms))}
	order := make([]int, 0, 2*len(arms))
	for i := range arms {
		order = append(order, i)
	}
	back := slices.Clone(order)
	slices.Reverse(back)
	order = append(order, back...)
	type round struct {
		turns   [][]Turn
		foreign float64
	}
	var all []round
	quiet := 0
	for n := -1; quiet < rounds && n < 2*rounds; n++ {
		this := round{turns: make([][]Turn, len(arms))}
		for _, i := range order {
			t, err := arms[i].Run(ctx, task)
			if err != nil {
				return r, err
			}
			this.foreign = max(this.foreign, t.Foreign)
			this.turns[i] = append(this.turns[i], t)
			d := differ(this.turns[order[0]][0].Latents, t.Latents)
			if r.Differ = max(r.Differ, d); !(d <= tolerance) {
				return r, fmt.Errorf("%s and %s: latents differ by %.3g of their largest value: %w", arms[order[0]].Name, arms[i].Name, d, errDiffer)
			}
			if n < 0 && len(this.turns[i]) == 1 && len(arms) > 0 && i == order[len(arms)-1] {
				break // the warm-up goes forwards only
			}
		}
		if n < 0 {
			continue
		}
		progress(fmt.Sprintf("%s: round %d, others took at most %.0f %%", title, n+1, 100*this.foreign))
		all = append(all, this)
		if this.foreign <= noise {
			quiet++
		}
	}
	r.Noisy = len(all) - quiet
	slices.SortStableFunc(all, func(a, b round) int { return int(math.Copysign(1, a.foreign-b.foreign)) })
	for _, round := range all[:rounds] {
		for i, turns := range round.turns {
			r.Turns[i] = append(r.Turns[i], turns...)
		}
	}
	return r, nil
}

// differ is the largest difference as a share of a's largest value.
func differ(a, b []float32) float64 {
	if len(a) != len(b) || len(a) == 0 {
		return math.Inf(1)
	}
	d, most := 0.0, 0.0
	for i := range a {
		d = math.Max(d, math.Abs(float64(a[i])-float64(b[i])))
		most = math.Max(most, math.Abs(float64(a[i])))
	}
	return d / most
}

// Measure is one row of the table.
type Measure struct {
	Name, Unit string
	of         func(Turn) []float64
}

// Measures are the rows.
var Measures = []Measure{
	{"networks open", "ms", func(t Turn) []float64 { return []float64{1e3 * t.Load} }},
	{"first preview, from the program's start", "ms", func(t Turn) []float64 { return []float64{1e3 * t.First} }},
	{"a step", "ms", func(t Turn) []float64 {
		var out []float64
		for _, s := range t.Steps {
			out = append(out, 1e3*s)
		}
		return out
	}},
	{"first preview after the click, beyond one call of the network", "ms", func(t Turn) []float64 {
		if t.Calls == 0 || len(t.Steps) == 0 {
			return nil
		}
		steps := slices.Sorted(slices.Values(t.Steps))
		return []float64{1e3 * (t.Click - steps[len(steps)/2]/float64(t.Calls))}
	}},
	{"the picture, from the program's start", "ms", func(t Turn) []float64 { return []float64{1e3 * t.Whole} }},
	{"processor time", "ms", func(t Turn) []float64 { return []float64{1e3 * t.Busy} }},
	{"peak memory", "MB", func(t Turn) []float64 { return []float64{float64(t.Peak) / 1e6} }},
}

// Quantile is an arm's measure at quantile q.
func (r Result) Quantile(arm int, m Measure, q float64) float64 {
	var v []float64
	for _, t := range r.Turns[arm] {
		v = append(v, m.of(t)...)
	}
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	return v[min(int(q*float64(len(v))), len(v)-1)]
}

// Foreign is the median share of other processes.
func (r Result) Foreign() float64 {
	var v []float64
	for _, turns := range r.Turns {
		for _, t := range turns {
			v = append(v, t.Foreign)
		}
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// Table writes the result in Markdown: medians and 95th percentiles, and the first arm as a share of each other.
func (r Result) Table(w io.Writer) error {
	fmt.Fprintf(w, "### %s\n\n%d turns an arm; others took %.0f %% of the processors in the median; %d noisy rounds repeated; latents differ by at most %.1e of their largest value.\n\n",
		r.Title, len(r.Turns[0]), 100*r.Foreign(), r.Noisy, r.Differ)
	t := tabwriter.NewWriter(w, 0, 4, 1, ' ', 0)
	fmt.Fprint(t, "| \t|")
	line := "|---\t|"
	for i, a := range r.Arms {
		fmt.Fprintf(t, " %s\t| 95 %%\t|", a.Name)
		line += "---\t|---\t|"
		if i > 0 {
			fmt.Fprintf(t, " %s/%s\t|", r.Arms[0].Name[:1], a.Name[:1])
			line += "---\t|"
		}
	}
	fmt.Fprintf(t, "\n%s\n", line)
	for _, m := range Measures {
		if math.IsNaN(r.Quantile(0, m, 0.5)) { // a run of one step has no time between steps
			continue
		}
		fmt.Fprintf(t, "| %s, %s\t|", m.Name, m.Unit)
		for i := range r.Arms {
			v := r.Quantile(i, m, 0.5)
			if math.IsNaN(v) { // the plain loops have no click
				fmt.Fprint(t, " \t| \t| \t|")
				continue
			}
			fmt.Fprintf(t, " %s\t| %s\t|", short(v), short(r.Quantile(i, m, 0.95)))
			if i > 0 {
				fmt.Fprintf(t, " %.2f\t|", r.Quantile(0, m, 0.5)/v)
			}
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

func short(v float64) string {
	if v < 100 {
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
