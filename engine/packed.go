package engine

// pack turns [batch, c, 2y, 2x] into FLUX's tokens [batch, y*x, 4c]: column 4c + 2dy + dx.
func pack(z Tensor) Tensor {
	b, c, h, w := z.Shape[0], z.Shape[1], z.Shape[2], z.Shape[3]
	out := Zeros(b, h/2*(w/2), 4*c)
	eachPacked(b, c, h, w, func(plain, packed int) { out.Data[packed] = z.Data[plain] })
	return out
}

// unpack is pack's inverse for latents of h x w places.
func unpack(t Tensor, h, w int) Tensor {
	b, c := t.Shape[0], t.Shape[2]/4
	out := Zeros(b, c, h, w)
	eachPacked(b, c, h, w, func(plain, packed int) { out.Data[plain] = t.Data[packed] })
	return out
}

func eachPacked(b, c, h, w int, visit func(plain, packed int)) {
	for i := 0; i < b; i++ {
		for k := 0; k < c; k++ {
			for y := 0; y < h; y++ {
				for x := 0; x < w; x++ {
					token := i*(h/2)*(w/2) + (y/2)*(w/2) + x/2
					visit(((i*c+k)*h+y)*w+x, token*4*c+4*k+2*(y%2)+x%2)
				}
			}
		}
	}
}
