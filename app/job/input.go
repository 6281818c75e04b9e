package job

import (
	"fmt"
	"image"

	"nirvana/app/document"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Kind is what an input becomes in a job.
type Kind string

const (
	Ground    Kind = "ground"    // Picture, a document's, and its mask Grey under the frame: what the result is laid over
	Depth     Kind = "depth"     // the depth map in File
	Reference Kind = "reference" // the reference picture in File
	Guide     Kind = "guide"     // the ControlNet's picture in File
	Edges     Kind = "edges"     // the ControlNet's picture: the edges of a document's Picture
	Scribble  Kind = "scribble"  // the ControlNet's picture: the lines Grey, where there are any
	Seam      Kind = "seam"      // a band of Overlap px on both sides of the job's Edge, or of the old border
	Region    Kind = "region"    // the mask in File of the request's Region-th region
	Whole     Kind = "whole"     // Picture, to begin from, on white
	Small     Kind = "small"     // Picture, to be enlarged
)

// Input is one input of a run, as it was when the run was queued: immutable values.
type Input struct {
	Kind    Kind
	Picture func() *image.RGBA // on any goroutine, with the same result each time
	Grey    *image.Gray
	Overlap int // px
	File    string
	Size    image.Point    // the document's: a file's picture of this size is read under the frame alone
	Net     string         // the ControlNet's name
	Control engine.Control // without its picture
	Region  int
}

// into computes an input. The error is of a file that cannot be read: the run continues without it.
func (in Input) into(j *Job) error {
	switch in.Kind {
	case Ground:
		j.Under(in.Picture(), in.Grey, in.Overlap)
	case Depth:
		img, err := in.load(j.Frame)
		if err != nil {
			return err
		}
		j.Request.Depth = pixel.Gray(img)
	case Reference:
		img, err := pixel.Load(in.File)
		if err != nil {
			return err
		}
		j.Request.References = append(j.Request.References, img)
	case Guide:
		img, err := in.load(j.Frame)
		if err != nil {
			return err
		}
		in.control(j, img)
	case Edges:
		in.control(j, pixel.Canny(pixel.Crop(in.Picture(), j.Frame), 100, 200))
	case Scribble:
		if !pixel.Empty(in.Grey, in.Grey.Rect) {
			in.control(j, Drawing(in.Grey))
		}
	case Region:
		return in.place(j)
	case Seam:
		j.mend(in.Overlap)
	case Whole:
		j.Request.Init = pixel.Flatten(in.Picture(), image.White)
	case Small:
		j.Request.Init = in.Picture()
	default:
		panic(fmt.Sprintf("an input of the kind %q", in.Kind))
	}
	return nil
}

func (in Input) load(frame image.Rectangle) (*image.RGBA, error) {
	img, err := pixel.Load(in.File)
	if err == nil && img.Rect.Size() == in.Size {
		img = pixel.Crop(img, frame)
	}
	return img, err
}

// place sets a region's mask.
func (in Input) place(j *Job) error {
	if in.Region < 0 || in.Region >= len(j.Request.Regions) {
		return nil
	}
	mask, err := regionMask(in.File, in.Size, j.Frame)
	if err == nil {
		j.Request.Regions[in.Region].Mask = mask
	}
	return err
}

// regionMask reads where a region is under a frame: of a file of the document's size, its part there.
func regionMask(file string, size image.Point, frame image.Rectangle) (*image.Gray, error) {
	img, err := pixel.Load(file)
	if err != nil {
		return nil, err
	}
	mask := pixel.MaskOf(img)
	if mask.Rect.Size() == size {
		mask = pixel.CropMask(mask, frame)
	}
	return mask, nil
}

// Placed are regions with their masks read from files, at once; those whose file cannot be read are left out.
func Placed(regions []engine.Region, files []string, size image.Point, frame image.Rectangle) (out []engine.Region) {
	for i, g := range regions {
		var err error
		if g.Mask, err = regionMask(files[i], size, frame); err == nil {
			out = append(out, g)
		}
	}
	return out
}

func (in Input) control(j *Job, img *image.RGBA) {
	c := in.Control
	c.Picture = img
	j.Nets, j.Request.Control = append(j.Nets, in.Net), append(j.Request.Control, c)
}

// Drawing is lines white on black.
func Drawing(paint *image.Gray) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, paint.Rect.Dx(), paint.Rect.Dy()))
	for i := range out.Pix {
		out.Pix[i] = 255
		if i%4 != 3 {
			out.Pix[i] = paint.Pix[i/4/paint.Rect.Dx()*paint.Stride+i/4%paint.Rect.Dx()]
		}
	}
	return out
}

// SavedInput is an input with blobs instead of pictures.
type SavedInput struct {
	Kind          Kind
	Picture, Grey string
	Overlap       int
	File          string
	Size          image.Point
	Net           string
	Control       engine.Control
	Region        int `json:",omitempty"`
}

func (in Input) save(b document.Keeps, err *error) SavedInput {
	out := SavedInput{Kind: in.Kind, Grey: b.Grey(in.Grey, err), Overlap: in.Overlap, File: in.File, Size: in.Size, Net: in.Net, Control: in.Control, Region: in.Region}
	if in.Picture != nil {
		out.Picture = b.Color(in.Picture(), err)
	}
	return out
}

func (s SavedInput) restore(b document.Holds, err *error) Input {
	in := Input{Kind: s.Kind, Grey: b.LoadGrey(s.Grey, err), Overlap: s.Overlap, File: s.File, Size: s.Size, Net: s.Net, Control: s.Control, Region: s.Region}
	if img := b.LoadColor(s.Picture, err); img != nil {
		in.Picture = func() *image.RGBA { return img }
	}
	return in
}
