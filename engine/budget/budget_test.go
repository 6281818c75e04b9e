package budget

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestSum(t *testing.T) {
	b := For(0)
	for range 64 {
		if _, err := b.Read(bytes.NewReader(make([]byte, 1<<20)), 1<<20); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Read(strings.NewReader("x"), 1<<20); err == nil {
		t.Error("parts are limited each, and not in all")
	}
	if err := For(1 << 20).Spend(64<<20 + 32<<20); err != nil {
		t.Error(err)
	}
	if b := For(9); b.Spend(-1) == nil || b.Spend(1<<62) == nil {
		t.Error("numbers that are none were taken")
	}
}

func TestParts(t *testing.T) {
	if data, err := For(0).Read(strings.NewReader("four"), 3); err == nil {
		t.Errorf("%q", data)
	}
	b := For(0)
	for range items {
		if err := b.Count(); err != nil {
			t.Fatal(err)
		}
	}
	if b.Count() == nil {
		t.Error("there is no end of parts")
	}
}

func TestTime(t *testing.T) {
	b := For(0)
	b.until = time.Now().Add(-time.Second)
	if b.Spend(1) == nil {
		t.Error("time is not bounded")
	}
}
