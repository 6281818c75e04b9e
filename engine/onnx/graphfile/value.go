package graphfile

// Value is an input or output of the graph.
type Value struct {
	Name string
	Type Type  // 0: not declared
	Dims []int // -1: dynamic
	// Shaped is set where the file declares a shape; a scalar's has no dims.
	Shaped bool

	content []byte // as read; nil for a new or changed one
}

func parseValue(data []byte) (Value, error) {
	v := Value{content: data}
	err := walk(data, func(r record) error {
		switch {
		case r.is(1):
			v.Name = string(r.value)
		case r.is(2):
			return walk(r.value, func(r record) error {
				if r.is(1) {
					return walk(r.value, v.tensorType)
				}
				return nil
			})
		}
		return nil
	})
	return v, err
}

func (v *Value) tensorType(r record) error {
	switch {
	case r.number == 1:
		v.Type = Type(r.int())
	case r.is(2):
		v.Shaped = true
		return walk(r.value, func(r record) error {
			if !r.is(1) {
				return nil
			}
			size := -1
			err := walk(r.value, func(r record) error {
				if r.number == 1 && r.int() >= 0 && r.int() < 1<<40 {
					size = int(r.int())
				}
				return nil
			})
			v.Dims = append(v.Dims, size)
			return err
		})
	}
	return nil
}

// NewValue is an input or output of the type; dims of -1 are dynamic.
func NewValue(name string, t Type, dims ...int) Value {
	return Value{Name: name, Type: t, Dims: dims, Shaped: true}
}

func (v Value) body() []byte {
	if v.content != nil {
		return v.content
	}
	tensor := appendInt(nil, 1, int64(v.Type))
	if v.Shaped {
		var shape []byte
		for _, d := range v.Dims {
			var dim []byte
			if d >= 0 {
				dim = appendInt(nil, 1, int64(d))
			}
			shape = appendBytes(shape, 1, dim)
		}
		tensor = appendBytes(tensor, 2, shape)
	}
	b := appendString(nil, 1, v.Name)
	return appendBytes(b, 2, appendBytes(nil, 1, tensor))
}
