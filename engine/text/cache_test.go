package text

import (
	"testing"

	"nirvana/engine/tensor"
)

// The cache is bounded by its entries and by their numbers; the newest is always kept.
func TestCacheIsBounded(t *testing.T) {
	states := func(n int) States { return States{Hidden: tensor.Zeros(1, 1, n)} }
	var c cache
	for i := range 2 * cached {
		c.put(string(rune('a'+i)), states(1))
	}
	if len(c.kept) != cached || len(c.order) != cached || c.numbers != cached {
		t.Errorf("%d entries, %d numbers", len(c.kept), c.numbers)
	}
	c.put("large", states(cachedNumbers-10))
	c.put("large", states(cachedNumbers-10)) // the same again
	if c.numbers > cachedNumbers || c.numbers != cachedNumbers-10+len(c.order)-1 {
		t.Errorf("%d entries, %d numbers", len(c.order), c.numbers)
	}
	c.put("larger", states(cachedNumbers+1))
	if _, ok := c.get("larger"); !ok || len(c.order) != 1 {
		t.Errorf("%v", c.order)
	}
}
