package sdapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"nirvana/app/serve/wire"
	"nirvana/app/serve/work"
)

func (a *API) txt2img(r *http.Request) (any, error) {
	q, echo, o, err := a.read(r)
	if err != nil {
		return nil, err
	}
	order, err := a.order(q, o)
	if err != nil {
		return nil, err
	}
	return a.made(r.Context(), q, echo, o, []work.Order{order})
}

func (a *API) img2img(r *http.Request) (any, error) {
	q, echo, o, err := a.read(r)
	if err != nil {
		return nil, err
	}
	if len(q.Images) == 0 {
		return nil, &refusal{http.StatusNotFound, "Init image not found"}
	}
	q.Hires = false
	var orders []work.Order
	for i := range q.Images {
		order, err := a.order(q, o)
		if err != nil {
			return nil, err
		}
		if err := q.pictures(&order, i); err != nil {
			return nil, err
		}
		orders = append(orders, order)
	}
	if !q.Include {
		delete(echo, "init_images")
		delete(echo, "mask")
	}
	return a.made(r.Context(), q, echo, o, orders)
}

// read reads a request, the parameters to send back, and the options that apply to it.
func (a *API) read(r *http.Request) (*request, map[string]any, options, error) {
	o := a.current()
	data, err := wire.Body(r)
	if err != nil {
		return nil, nil, o, err
	}
	q := usualRequest()
	r.Body = http.NoBody
	if err := wire.Unmarshal(data, &q); err != nil {
		return nil, nil, o, err
	}
	if err := q.refused(); err != nil {
		return nil, nil, o, err
	}
	if len(q.Override) > 0 {
		raw, err := json.Marshal(q.Override)
		if err != nil {
			return nil, nil, o, err
		}
		if err := wire.Unmarshal(raw, &o); err != nil {
			return nil, nil, o, err
		}
		if err := o.check(); err != nil {
			return nil, nil, o, err
		}
	}
	echo := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&echo); err != nil {
		echo = map[string]any{}
	}
	delete(echo, "alwayson_scripts") // contains pictures
	return &q, echo, o, nil
}

// made runs the orders and responds with their pictures.
func (a *API) made(ctx context.Context, q *request, echo map[string]any, o options, orders []work.Order) (any, error) {
	var runs []*work.Run
	for _, order := range orders {
		run, err := a.queue.Add(order)
		if err != nil {
			for _, r := range runs {
				r.Stop()
			}
			return nil, err
		}
		runs = append(runs, run)
	}
	var all []work.Picture
	for i, run := range runs {
		v, err := run.Wait(ctx)
		if err != nil {
			for _, r := range runs[i:] {
				r.Stop()
			}
			return nil, err
		}
		all = append(all, v.Made...)
	}
	if !q.Restore {
		a.mu.Lock()
		a.options = o
		a.mu.Unlock()
	}
	return answer(q, echo, o, all)
}
