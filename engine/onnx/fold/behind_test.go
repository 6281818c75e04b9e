package fold

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// limited fails once it has so many bytes, as a full disk does.
type limited struct {
	bytes.Buffer
	most int
}

var errFull = errors.New("the disk is full")

func (l *limited) Write(data []byte) (int, error) {
	if l.Len()+len(data) > l.most {
		return 0, errFull
	}
	return l.Buffer.Write(data)
}

// Everything arrives in order, whatever the sizes; a disk that fills up is told while there is more to write, or at the end.
func TestBehind(t *testing.T) {
	rng, want := rand.New(rand.NewPCG(1, 2)), []byte{}
	all := &limited{most: 1 << 30}
	b := newBehind(all)
	for len(want) < 3*ahead {
		part := make([]byte, rng.IntN(ahead/2))
		for i := range part {
			part[i] = byte(rng.Uint32())
		}
		want = append(want, part...)
		if n, err := b.Write(part); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
		clear(part) // it keeps a copy
	}
	if err := b.Close(); err != nil || !bytes.Equal(all.Bytes(), want) {
		t.Errorf("%d bytes of %d arrive, or others: %v", all.Len(), len(want), err)
	}
	for _, most := range []int{0, ahead, len(want) - 1} {
		full := &limited{most: most}
		b = newBehind(full)
		_, err := b.Write(want)
		if e := b.Close(); !errors.Is(e, errFull) || err != nil && !errors.Is(err, errFull) {
			t.Errorf("of %d bytes: %v, %v", most, err, e)
		}
	}
}
