package cli

import (
	"errors"
	"flag"
	"math"
	"math/rand/v2"
	"strconv"
)

// realValue is a number of the request as a flag.
type realValue float32

func (v *realValue) String() string { return strconv.FormatFloat(float64(*v), 'g', -1, 32) }

func (v *realValue) Set(s string) error {
	n, err := readReal(s)
	*v = realValue(n)
	return err
}

// real is a flag for a number of the request; its default is the current value.
func real(f *flag.FlagSet, to *float32, name, usage string) { f.Var((*realValue)(to), name, usage) }

func readReal(s string) (float32, error) {
	n, err := strconv.ParseFloat(s, 32)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, errors.New("it is not a number")
	}
	return float32(n), nil
}

// readGuidance reads --guidance, which replaces a recipe's scales for every step.
func (o *options) readGuidance(s string) (err error) {
	q := &o.request
	q.Guidance, err = readReal(s)
	q.NoGuidance, q.GuidanceCurve = q.Guidance == 0, nil
	return err
}

func (o *options) readNegative(s string) error {
	o.request.Negative, o.request.NoNegative = s, false
	return nil
}

// readAncestral reads --eta-ancestral; 1 is the default, which a request has as zero.
func (o *options) readAncestral(s string) error {
	eta, err := readReal(s)
	if o.request.EtaAncestral = nil; eta != 1 {
		o.request.EtaAncestral = &eta
	}
	return err
}

// readDraft reads --draft: "few", or a number, the older form of --deepcache.
func (o *options) readDraft(s string) error {
	q := &o.request
	if q.Draft = s == "few"; q.Draft {
		return nil
	}
	if o.readDeepCache(s) != nil {
		return errors.New("it is few; a number of steps is --deepcache")
	}
	return nil
}

// readDeepCache reads --deepcache.
func (o *options) readDeepCache(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return errors.New("it is a number of steps")
	}
	o.request.DeepCache = n
	return nil
}

// readSeed reads --seed; -1 draws one.
func (o *options) readSeed(s string) (err error) {
	if s == "-1" {
		o.request.Seed = drawn()
		return nil
	}
	if o.request.Seed, err = strconv.ParseUint(s, 10, 64); err != nil {
		return errors.New("it is -1 or a number from 0 to 18446744073709551615")
	}
	return nil
}

func drawn() uint64 { return uint64(rand.Uint32()) }
