package conformance

import (
	"fmt"
	"sort"
	"strings"
)

// Table is the results as Markdown: scheduler x kind of run, the largest
// difference of the latents as a share of what is allowed.
func Table(rows []Row) string {
	type cell struct {
		worst, tolerance float64
		n, failed        int
	}
	cells := map[[2]string]*cell{}
	kinds, schedulers := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		key := [2]string{r.Case.Kind, strings.TrimSuffix(r.Case.Scheduler, "Scheduler")}
		kinds[key[0]], schedulers[key[1]] = true, true
		c := cells[key]
		if c == nil {
			c = &cell{}
			cells[key] = c
		}
		c.n++
		if !r.Passed() {
			c.failed++
		}
		if r.Latents > c.worst {
			c.worst, c.tolerance = r.Latents, r.Tolerance
		}
	}
	var b strings.Builder
	passed, failed := Count(rows)
	fmt.Fprintf(&b, "%d cases: %d agree, %d differ. Each row: the runs of one kind with one scheduler, and the largest difference of x_t over all their steps.\n\n", len(rows), passed, failed)
	b.WriteString("| kind | scheduler | runs | largest difference | allowed | |\n|---|---|---|---|---|---|\n")
	for _, k := range sorted(kinds) {
		for _, s := range sorted(schedulers) {
			c := cells[[2]string{k, s}]
			if c == nil {
				continue
			}
			verdict := "agrees"
			if c.failed > 0 {
				verdict = fmt.Sprintf("%d differ", c.failed)
			}
			fmt.Fprintf(&b, "| %s | %s | %d | %.1e | %.1e | %s |\n", k, s, c.n, c.worst, c.tolerance, verdict)
		}
	}
	return b.String()
}

func sorted(set map[string]bool) []string {
	var out []string
	for k := range set {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
