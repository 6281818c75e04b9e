package checkpoint

import "slices"

// Block is how GGUF stores quantised numbers: a block of bytes for a number of values (ggml-org/ggml, ggml-common.h).
type Block struct {
	Numbers, Bytes int64
}

// blockKind is a kind of block by ggml's number.
type blockKind struct {
	number uint32
	kind   Type
	Block
}

// blockKinds are the kinds that are read: 32 numbers with a scale (and an offset, _1), or 256 in groups that have
// small scales of their own (_K).
var blockKinds = []blockKind{
	{2, "Q4_0", Block{32, 18}}, {3, "Q4_1", Block{32, 20}}, {6, "Q5_0", Block{32, 22}}, {7, "Q5_1", Block{32, 24}}, {8, "Q8_0", Block{32, 34}},
	{10, "Q2_K", Block{256, 84}}, {11, "Q3_K", Block{256, 110}}, {12, "Q4_K", Block{256, 144}}, {13, "Q5_K", Block{256, 176}}, {14, "Q6_K", Block{256, 210}},
}

// Blocks is how numbers of the type are stored in blocks; false where they are not.
func (t Type) Blocks() (Block, bool) {
	i := slices.IndexFunc(blockKinds, func(k blockKind) bool { return k.kind == t })
	if i < 0 {
		return Block{}, false
	}
	return blockKinds[i].Block, true
}

// blocksOf is the kind with ggml's number.
func blocksOf(number uint32) (blockKind, bool) {
	i := slices.IndexFunc(blockKinds, func(k blockKind) bool { return k.number == number })
	if i < 0 {
		return blockKind{}, false
	}
	return blockKinds[i], true
}
