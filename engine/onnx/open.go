package onnx

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/engine/fault"
	"nirvana/engine/network"
	"nirvana/engine/onnx/adapter"
	"nirvana/engine/onnx/graphfile"
	"nirvana/engine/onnx/rewrite"
)

// states is the input that a prompt's keys and values depend on.
const states = "encoder_hidden_states"

// The networks that one graph may be cut into.
const (
	mainPart    = "main"
	promptPart  = "prompt"  // runs once for each prompt
	shallowPart = "shallow" // runs in main's place where DeepCache reuses the inner layers
)

// layout is the networks that a graph was cut into, and the names of the values between them.
type layout struct {
	Parts map[string]names
	Inner string // computed by main and taken by shallow; "": none
}

type names struct{ In, Out []string }

// open starts the session, if its files are unchanged.
func (g *Graph) open() error {
	if err := g.changed(false); err != nil {
		return err
	}
	g.lost = lostPages()
	if err := g.openOn(); err != nil {
		return cmp.Or(g.changed(false), err)
	}
	if gone := g.intact(g.lost, false); gone != nil {
		return errors.Join(gone, g.close())
	}
	return nil
}

// openOn starts the session on the provider asked for, or else on the CPU.
func (g *Graph) openOn() error {
	device := g.options.Provider
	if device == "" {
		device = CPU
	}
	if device != CPU {
		g.halved = g.halves(device)
		o, err := g.start(device)
		if err != nil && g.halved {
			g.halved = false
			o, err = g.start(device)
		}
		if err == nil {
			g.opened, g.device = o, device
			return nil
		}
		g.notify(fault.DeviceRefused, device, err)
	}
	g.halved = g.halves(CPU)
	o, err := g.start(CPU)
	if err != nil {
		return err
	}
	g.opened, g.device = o, CPU
	return nil
}

// halves reports whether the network stays in half precision on a device. The processor has to widen every number for
// every operation, so there it is widened once, when it is opened.
func (g *Graph) halves(device string) bool {
	if !g.inHalf || g.widened {
		return false
	}
	return g.options.half || device != CPU && g.runtime.computesHalf(device)
}

// start opens the network on a device: from the cache of optimised graphs, which it fills.
func (g *Graph) start(device string) (o *opened, err error) {
	defer g.runtime.turn(device)()
	done := make(chan struct{})
	hand(func() {
		defer close(done)
		o, err = g.startHere(device)
	})
	<-done
	return o, err
}

func (g *Graph) startHere(device string) (*opened, error) {
	place, err := g.place(device)
	if err != nil {
		return nil, err
	}
	if place != "" {
		if o := g.fromCache(place); o != nil {
			return o, nil
		}
		if o := g.foldedIntoCache(place); o != nil {
			return o, nil
		}
	}
	if o := g.copied(device, place); o != nil {
		return o, nil
	}
	l, pieces, err := g.pieces(device, "")
	if err != nil {
		return nil, err
	}
	if place != "" {
		if o, err := g.intoCache(place, l, pieces); err == nil { // a full disk does not prevent drawing
			if !g.remote() {
				return o, nil
			}
			if o = g.leaving(o, place); o != nil {
				return o, nil
			}
		}
	}
	o, err := g.startAll(l, func(p names, part string) (*ort.DynamicAdvancedSession, error) {
		return g.session(device, p, pieces.of(part), "")
	})
	if err != nil {
		return nil, g.explain(err)
	}
	return o, nil
}

// startAll opens a layout's networks.
func (g *Graph) startAll(l layout, session func(names, string) (*ort.DynamicAdvancedSession, error)) (*opened, error) {
	o := &opened{layout: l, sessions: map[string]*ort.DynamicAdvancedSession{}}
	for part, p := range l.Parts {
		s, err := session(p, part)
		if err != nil {
			o.close()
			return nil, err
		}
		o.sessions[part] = s
	}
	return o, nil
}

// pieces are the networks that a file was cut into, by part; without data the file is opened as it is.
type pieces struct {
	data   map[string][]byte
	made   map[string][]network.Made // weights that are handed over from memory
	folder string                    // to which external data is relative
}

// piece is one of them.
type piece struct {
	data   []byte
	folder string
	made   []network.Made
}

func (p pieces) of(part string) piece { return piece{p.data[part], p.folder, p.made[part]} }

// pieces is the network's file with all changes made, cut where that pays. Its weights are written to the folder folded, as
// the processor takes them, unless that is "".
func (g *Graph) pieces(device, folded string) (l layout, p pieces, err error) {
	l.Parts = map[string]names{}
	f, made, err := g.fileFor(device)
	if err != nil {
		return l, p, err
	}
	defer f.Close()
	if g.build != nil {
		p.folder = filepath.Dir(f.Path)
	} else if p.folder, err = f.Gather(); err != nil {
		return l, p, g.explain(err)
	}
	changed, err := g.change(f.Model, device)
	if err != nil {
		return l, p, err
	}
	changed = changed || p.folder != ""
	models := map[string]*graphfile.Model{mainPart: f.Model}
	outputs := g.outputs()
	if device == CPU {
		if prompt, step, ok := rewrite.Prompt(f.Model, states); ok {
			models[promptPart], models[mainPart], changed = prompt, step, true
		}
	}
	if g.reuses {
		if deep, shallow, inner, ok := rewrite.Shallow(models[mainPart]); ok && len(outputs) == 1 {
			models[mainPart], models[shallowPart], changed, l.Inner = deep, shallow, true, inner
		}
	}
	p.data, p.made = map[string][]byte{}, map[string][]network.Made{}
	for part, m := range models {
		if g.halved && rewrite.Half(m) {
			changed = true
		}
		if len(made) > 0 {
			dropUnused(m)
			p.made[part] = needed(m, made)
		}
		n := names{Out: outputs}
		for _, v := range m.Feeds() {
			n.In = append(n.In, v.Name)
		}
		switch {
		case part == promptPart:
			n.Out = nil
			for _, v := range m.Outputs {
				n.Out = append(n.Out, v.Name)
			}
		case part == mainPart && l.Inner != "":
			n.Out = append(slices.Clone(outputs), l.Inner)
		}
		if folded != "" {
			if err := foldInto(m, p.folder, folded, part); err != nil {
				return l, p, err
			}
		}
		if l.Parts[part] = n; changed {
			if p.data[part], err = m.Bytes(); err != nil {
				return l, p, fmt.Errorf("%s: %w", g.name(), err)
			}
		}
	}
	p.folder = cmp.Or(folded, p.folder)
	return l, p, nil
}

// change makes the changes that the network needs on the device.
func (g *Graph) change(m *graphfile.Model, device string) (changed bool, err error) {
	if g.widened && g.build == nil {
		rewrite.Float32(m)
		changed = true
	}
	changed = widen(m) || changed
	if g.skip > 0 {
		if !rewrite.SkipLast(m, g.skip) {
			return false, fault.Settings.Errorf("%s has no layer %d before the last: set clip skip to 0", g.name(), g.skip)
		}
		changed = true
	}
	if len(g.edits.loras) > 0 {
		adapter.Merge(m, g.edits.loras)
		changed = true
	}
	if g.draft != nil {
		if err := g.distil(m); err != nil {
			return false, err
		}
		changed = true
	}
	if len(g.edits.rows) > 0 {
		if err := adapter.AddRows(m, g.edits.rows); err != nil {
			return false, fmt.Errorf("%s: %w", g.name(), err)
		}
		changed = true
	}
	if g.biased {
		rewrite.CrossBiases(m, states)
		changed = true
	}
	if g.attends {
		rewrite.CrossMaps(m, states)
		changed = true
	}
	if g.fuses(device) && rewrite.Attention(m) > 0 {
		changed = true
	}
	return changed, nil
}

// fuses is false where the fused operation is known to compute wrongly, and with OpenVINO, which fuses by itself and leaves
// this one to the CPU.
func (g *Graph) fuses(device string) bool {
	return g.options.Fuse && device != "webgpu" && device != "openvino"
}

// externalFolder is the option for the folder of external data when the model comes from memory.
const externalFolder = "session.model_external_initializers_file_folder_path"

// session opens one network on the device. without data: the file as it is; folder: of external data, "" the file's own;
// save: where the optimised graph is saved.
func (g *Graph) session(device string, n names, p piece, save string) (*ort.DynamicAdvancedSession, error) {
	o, err := g.sessionOptions(device)
	if err != nil {
		return nil, err
	}
	defer o.Destroy()
	if save != "" {
		err := errors.Join(o.SetOptimizedModelFilePath(save),
			o.AddSessionConfigEntry("session.optimized_model_external_initializers_file_name", filepath.Base(save)+"_data"),
			o.AddSessionConfigEntry("session.optimized_model_external_initializers_min_size_in_bytes", "1024"),
			o.AddSessionConfigEntry("session.save_external_prepacked_constant_initializers", "1"))
		if err != nil {
			return nil, err
		}
	}
	if p.data == nil {
		return ort.NewDynamicAdvancedSession(g.path, n.In, n.Out, o)
	}
	folder := p.folder
	if folder == "" {
		if folder, err = filepath.Abs(filepath.Dir(g.path)); err != nil {
			return nil, err
		}
	}
	if err := o.AddSessionConfigEntry(externalFolder, folder); err != nil {
		return nil, err
	}
	h, err := g.runtime.handOver(o, p.made)
	if err != nil {
		return nil, err
	}
	defer h.free()
	return ort.NewDynamicAdvancedSessionWithONNXData(p.data, n.In, n.Out, o)
}

// How long threads wait for work before they sleep, in microseconds: long enough between the operations of a run, but
// not after it, where they would take the cores from the other networks' threads. The denoiser's wait for the next
// step: after sleeping, a busy system woke them on a single core, and every other step took twice as long.
const (
	awake         = "200"
	awakeToNext   = "3000"
	denoiserGraph = "unet"
)

func (g *Graph) sessionOptions(device string) (*ort.SessionOptions, error) {
	o, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	if g.options.Threads > 0 {
		err = o.SetIntraOpNumThreads(g.options.Threads)
	}
	if err == nil {
		err = o.AddSessionConfigEntry("session.intra_op.spin_duration_us", cmp.Or(g.options.awake, awake))
	}
	if err == nil && g.options.Plain {
		err = o.SetGraphOptimizationLevel(ort.GraphOptimizationLevelDisableAll)
	}
	if err == nil && g.options.alone {
		err = o.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1")
	}
	if err == nil {
		err = g.runtime.appendProvider(o, device)
	}
	if err != nil {
		o.Destroy()
		return nil, err
	}
	return o, nil
}
