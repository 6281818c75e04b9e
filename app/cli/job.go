package cli

import (
	"image"

	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// job is the engine's request for the flags, and what is needed to composite the result.
type job struct {
	request engine.Request
	mode    task.Mode
	task.Ground

	init     *image.RGBA // the picture of --init
	large    *image.RGBA // it enlarged, where the recipe does that; or nil
	source   *pixel.Source
	sourceAt image.Point // its corner on the canvas
	own      image.Point // the picture's size, where the run's is that with a margin; or 0,0
	notices  []fault.Notice
}

func (o *options) job() (*job, error) {
	j := &job{Ground: task.Ground{Feather: task.Feather, Match: true}}
	if err := o.schedulerFile(); err != nil {
		return nil, err
	}
	j.request = o.request
	if o.plain {
		j.request.Syntax = false
	}
	if err := o.pictures(j); err != nil {
		return nil, err
	}
	if err := o.readRegions(j); err != nil {
		return nil, err
	}
	j.fromUsed(o.used)
	return j, nil
}
