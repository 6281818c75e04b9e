package schedule

import "math"

// betaQuantile is the inverse of the regularised incomplete beta function, by bisection.
func betaQuantile(p, a, b float64) float64 {
	if p <= 0 || p >= 1 {
		return min(max(p, 0), 1)
	}
	lo, hi := 0.0, 1.0
	for i := 0; i < 200 && hi-lo > 1e-17*hi; i++ {
		mid := (lo + hi) / 2
		if mid == lo || mid == hi {
			break
		}
		if betaCDF(mid, a, b) < p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// betaCDF sums the continued fraction from the end where it converges fast
// (Abramowitz & Stegun 26.5.8).
func betaCDF(x, a, b float64) float64 {
	if x <= 0 || x >= 1 {
		return min(max(x, 0), 1)
	}
	if x > (a+1)/(a+b+2) {
		return 1 - betaCDF(1-x, b, a)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	return front * betaFraction(x, a, b)
}

// betaFraction evaluates the fraction from its tail up; 200 terms are past double's precision here.
func betaFraction(x, a, b float64) float64 {
	f := 1.0
	for m := 200.0; m >= 1; m-- {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		f = 1 + even/(1+odd/f)
	}
	return 1 / (1 - (a+b)*x/(a+1)/f)
}
