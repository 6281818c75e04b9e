package family

import "nirvana/engine/tensor"

// Layout is how x_t is laid out in memory.
type Layout interface {
	// Shape is the shape of n pictures with height x width latent pixels.
	Shape(n, channels, height, width int) []int
	// Pack converts from [batch, channel, height, width] into the layout, Unpack back; neither writes its argument.
	Pack(z tensor.Tensor) tensor.Tensor
	Unpack(t tensor.Tensor, height, width int) tensor.Tensor
	// Pixel is the latent pixel, y width + x, of the i-th value of a tensor of this shape.
	Pixel(i int, shape []int, height, width int) int
	// Windows reports whether windows can be cut out of x_t.
	Windows() bool
}

// Joined is x_t with what the network takes with it: a seen picture's tokens after x_t's, or further channels.
func (t Traits) Joined(x, extra tensor.Tensor) tensor.Tensor {
	_, packed := t.Layout.(Packed)
	switch {
	case extra.Data == nil:
		return x
	case packed && !t.SeesPicture:
		return tensor.ConcatLast(x, extra)
	}
	return tensor.ConcatChannels(x, extra)
}

// Own is the prediction for x_t alone, without those for tokens behind it.
func (t Traits) Own(out, x tensor.Tensor) tensor.Tensor {
	if _, packed := t.Layout.(Packed); !packed || !t.SeesPicture || out.Shape[1] == x.Shape[1] {
		return out
	}
	return tensor.FirstChannels(out, x.Shape[1])
}

// Planes is [batch, channel, height, width].
type Planes struct{}

func (Planes) Shape(n, channels, height, width int) []int { return []int{n, channels, height, width} }

func (Planes) Pack(z tensor.Tensor) tensor.Tensor { return z }

func (Planes) Unpack(t tensor.Tensor, _, _ int) tensor.Tensor { return t }

func (Planes) Pixel(i int, _ []int, height, width int) int { return i % (height * width) }

func (Planes) Windows() bool { return true }

// Packed is FLUX's [batch, token, 4 channels]: a token is 2 x 2 latent pixels, its column 4 channel + 2 dy + dx.
type Packed struct{}

func (Packed) Shape(n, channels, height, width int) []int {
	return []int{n, height / 2 * (width / 2), 4 * channels}
}

func (Packed) Pack(z tensor.Tensor) tensor.Tensor {
	b, c, h, w := z.Shape[0], z.Shape[1], z.Shape[2], z.Shape[3]
	out := tensor.Zeros(b, h/2*(w/2), 4*c)
	eachPacked(b, c, h, w, func(plain, packed int) { out.Data[packed] = z.Data[plain] })
	return out
}

func (Packed) Unpack(t tensor.Tensor, height, width int) tensor.Tensor {
	b, c := t.Shape[0], t.Shape[2]/4
	out := tensor.Zeros(b, c, height, width)
	eachPacked(b, c, height, width, func(plain, packed int) { out.Data[plain] = t.Data[packed] })
	return out
}

func (Packed) Pixel(i int, shape []int, _, width int) int {
	token, column := i/shape[2]%shape[1], i%4
	w := width / 2
	return (token/w*2+column/2)*width + token%w*2 + column%2
}

func (Packed) Windows() bool { return false }

func eachPacked(b, c, h, w int, visit func(plain, packed int)) {
	for i := range b {
		for k := range c {
			for y := range h {
				for x := range w {
					token := i*(h/2)*(w/2) + (y/2)*(w/2) + x/2
					visit(((i*c+k)*h+y)*w+x, token*4*c+4*k+2*(y%2)+x%2)
				}
			}
		}
	}
}

// Plane is how x_t of one size lies in memory, apart from its family: a plain value, to be kept beside the numbers. The zero
// one is [batch, channel, height, width].
type Plane struct {
	Packed        bool // [batch, token, 4 channels], see Packed
	Height, Width int  // latent pixels
}

// Plane is the layout of a size.
func (t Traits) Plane(height, width int) Plane {
	_, packed := t.Layout.(Packed)
	return Plane{packed, height, width}
}

// Unpack brings a tensor into [batch, channel, height, width].
func (p Plane) Unpack(x tensor.Tensor) tensor.Tensor {
	if p.Packed {
		return Packed{}.Unpack(x, p.Height, p.Width)
	}
	return x
}

// Fits reports whether a tensor of a shape lies so.
func (p Plane) Fits(shape []int, channels int) bool {
	if !p.Packed {
		return len(shape) == 4 && shape[1] == channels
	}
	return len(shape) == 3 && p.Height > 0 && p.Width > 0 && p.Height%2 == 0 && p.Width%2 == 0 && shape[1] == p.Height/2*(p.Width/2) && shape[2] == 4*channels
}
