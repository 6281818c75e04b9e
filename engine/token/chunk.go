package token

// Token is one id of a row with its weight.
type Token struct {
	ID     int
	Weight float32
}

// commaReach is how far back from a full chunk's end a comma may be for what follows it to move into the next chunk,
// AUTOMATIC1111's default.
const commaReach = 20

// chunker fills chunks of size tokens.
type chunker struct {
	folder *Folder
	size   int
	done   [][]Token
	now    []Token
	comma  int // index of the chunk's last comma, or -1
}

// Chunks lays weighted text out in rows of size tokens (75 for CLIP) and the folder's start, end and padding around
// them, at least one row. Longer text continues in the next row, split after a comma where one is near; a BREAK ends
// a row; the vectors of a textual inversion stay together.
func Chunks(f *Folder, text []Weighted, size int) [][]Token {
	c := chunker{folder: f, size: max(size, 1), comma: -1}
	comma := f.comma()
	for _, w := range text {
		if w.Break {
			c.end()
			continue
		}
		for _, unit := range f.units(w.Text) {
			if unit[0] == comma {
				c.comma = len(c.now)
			} else {
				c.backtrack()
			}
			c.add(unit, w.Weight)
		}
	}
	if len(c.now) > 0 || len(c.done) == 0 {
		c.end()
	}
	return c.done
}

// units are a text's ids, grouped where they belong to one special.
func (f *Folder) units(text string) [][]int {
	var out [][]int
	for _, s := range f.cuts.split(text) {
		if s.ids != nil {
			out = append(out, s.ids)
			continue
		}
		for _, id := range f.model.Encode(s.text) {
			out = append(out, []int{id})
		}
	}
	return out
}

// comma is the id of a comma on its own, or -1.
func (f *Folder) comma() int {
	for _, piece := range []name{"," + endOfWord, ","} {
		if id := f.id(piece); id >= 0 {
			return id
		}
	}
	return -1
}

// backtrack moves what follows a near comma out of a full chunk.
func (c *chunker) backtrack() {
	if len(c.now) != c.size || c.comma < 0 || len(c.now)-c.comma > commaReach {
		return
	}
	rest := append([]Token(nil), c.now[c.comma+1:]...)
	c.now = c.now[:c.comma+1]
	c.end()
	c.now = rest
}

func (c *chunker) add(unit []int, weight float32) {
	if len(c.now)+min(len(unit), c.size) > c.size {
		c.end()
	}
	for _, id := range unit {
		if len(c.now) == c.size { // an inversion longer than a row
			c.end()
		}
		c.now = append(c.now, Token{id, weight})
	}
}

// end closes the chunk and begins the next.
func (c *chunker) end() {
	ids := make([]int, len(c.now))
	for i, t := range c.now {
		ids[i] = t.ID
	}
	f := c.folder
	length := c.size
	for _, id := range []int{f.Start, f.End} {
		if id >= 0 {
			length++
		}
	}
	row := make([]Token, length)
	for i, id := range f.row(ids, length) {
		row[i] = Token{id, 1}
	}
	first := 0
	if f.Start >= 0 {
		first = 1
	}
	for i, t := range c.now {
		row[first+i].Weight = t.Weight
	}
	c.done = append(c.done, row)
	c.now, c.comma = nil, -1
}
