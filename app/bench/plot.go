package bench

import (
	"fmt"
	"html"
	"io"
	"math"
)

// Plot draws the first arm's share of the second as bars, a group per result, as SVG. The line is at equality.
func Plot(w io.Writer, results []Result) error {
	const left, bar, gap, wide = 320, 16, 34, 460
	rows := []int{0, 1, 2, 4, 6}
	height := 40
	for range results {
		height += gap + len(rows)*(bar+6)
	}
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	p(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`, left+wide+60, height)
	p(`<rect width="100%%" height="100%%" fill="#fff"/>`)
	p(`<text x="10" y="20" font-size="14" fill="#222">A (this engine) as a share of B (the plain loop): shorter is better</text>`)
	scale := func(v float64) float64 { return wide * min(v, 1.2) / 1.2 }
	y := 34
	for _, r := range results {
		y += gap
		p(`<text x="10" y="%d" font-weight="bold" fill="#222">%s</text>`, y-8, html.EscapeString(r.Title))
		for _, k := range rows {
			m := Measures[k]
			v := r.Quantile(0, m, 0.5) / r.Quantile(1, m, 0.5)
			if math.IsNaN(v) { // a single step has no time between steps
				continue
			}
			color := "#3b7dd8"
			if v > 1.01 {
				color = "#c0562f"
			}
			p(`<text x="10" y="%d" fill="#444">%s</text>`, y+12, html.EscapeString(m.Name))
			p(`<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`, left, y, scale(v), bar, color)
			p(`<text x="%.1f" y="%d" fill="#222">%.2f</text>`, float64(left)+scale(v)+6, y+12, v)
			y += bar + 6
		}
	}
	p(`<line x1="%.1f" y1="34" x2="%.1f" y2="%d" stroke="#888" stroke-dasharray="4 3"/>`, left+scale(1), left+scale(1), y)
	_, err := fmt.Fprintln(w, "</svg>")
	return err
}
