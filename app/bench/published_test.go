package bench

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"nirvana/app/bench/network"
)

// Every network of the model has a line with what its process said, and the file is gone.
func TestPublished(t *testing.T) {
	t.Setenv("BENCH_ARM", "network")
	dir := t.TempDir()
	var out bytes.Buffer
	if err := Published(context.Background(), "mini", dir, []string{os.Args[0], "network"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"unet", "text_encoder", "vae_encoder", "vae_decoder"} {
		if !strings.Contains(out.String(), "| "+name+" |") {
			t.Errorf("no line for %s", name)
		}
	}
	if n := strings.Count(out.String(), "out [1 4 16 16] | 3 not finite | "); n != 4 {
		t.Errorf("%d lines have what was said", n)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if err := Published(context.Background(), "none", dir, nil, &out); err == nil {
		t.Error("a model that is not known is written")
	}
}

// What is asked for grows with the weights, and is less as it is written: SDXL's U-Net took 7.7 GB so, beside 5.1 GB of its file.
func TestPublishedNeeds(t *testing.T) {
	s := network.Size{Weights: 2_570_000_000}
	if n := needs(s, false); n < 20e9 || n > 24e9 {
		t.Errorf("%d bytes, optimised", n)
	}
	if n := needs(s, true); n < 7.7e9 || n > 10e9 {
		t.Errorf("%d bytes, as written", n)
	}
}

func TestPublishedShows(t *testing.T) {
	if got := shown([]string{"a [1]", "b [2]", "c [3]", "d [4]"}); got != "a [1], b [2] and 2 more" {
		t.Error(got)
	}
}
