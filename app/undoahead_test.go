package app

import (
	"image"
	"testing"
	"time"
)

// After a start the steps that are undone next are read in the background: undoing them reads nothing, and brings the
// same back as reading them then.
func TestUndoIsReadAhead(t *testing.T) {
	home := t.TempDir()
	c := studioAt(t, home)
	c.Document.Set(noisy(300, 200, 1))
	var masks []string
	for i := range 12 {
		masks = append(masks, string(c.Document.Mask.Pix))
		c.Document.Rectangle(image.Rect(20*i, 10, 20*i+15, 150), Add)
	}
	c.until(func() bool { return c.Keeper.Quiet() })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = studioAt(t, home)
	c.Rest() // what is read ahead
	if c.Document.FetchUndo() != nil {
		t.Error("what is undone next is not asked for")
	}
	began := time.Now()
	for i := range 12 {
		if !c.Undo() || string(c.Document.Mask.Pix) != masks[11-i] {
			t.Fatalf("step %d is not undone", i)
		}
	}
	t.Logf("12 steps in %v", time.Since(began))
	for range 12 {
		if !c.Redo() {
			t.Fatal("not done again")
		}
	}
	// A project that is saved at once after a start has the steps that nobody has read yet.
	path := home + "/a.ora"
	c.until(func() bool { return c.Keeper.Quiet() })
	c.Close()
	c = studioAt(t, home)
	if err := c.save(path); err != nil {
		t.Fatal(err)
	}
	other := studioAt(t, t.TempDir())
	if err := other.OpenProject(path, false); err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		if !other.Undo() || string(other.Document.Mask.Pix) != masks[11-i] {
			t.Fatalf("step %d is not in the project", i)
		}
	}
}
