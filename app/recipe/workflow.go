package recipe

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// widgets are the inputs that nodes store as values, in the order in which ComfyUI's frontend saves them ("" is a
// value that only the frontend uses). Newer frontends name them. From nodes.py, comfy_extras, Efficiency Nodes and
// Easy Use.
var widgets = map[string]string{
	"KSampler":                  "seed,,steps,cfg,sampler_name,scheduler,denoise",
	"KSamplerAdvanced":          "add_noise,noise_seed,,steps,cfg,sampler_name,scheduler,start_at_step,end_at_step,return_with_leftover_noise",
	"SamplerCustom":             "add_noise,noise_seed,,cfg",
	"CLIPTextEncode":            "text",
	"CLIPTextEncodeSDXL":        "width,height,crop_w,crop_h,target_width,target_height,text_g,text_l",
	"CLIPTextEncodeSDXLRefiner": "ascore,width,height,text",
	"CLIPTextEncodeFlux":        "clip_l,t5xxl,guidance",
	"CLIPTextEncodeSD3":         "clip_l,clip_g,t5xxl,empty_padding",
	"CheckpointLoaderSimple":    "ckpt_name",
	"CheckpointLoader":          "config_name,ckpt_name",
	"UNETLoader":                "unet_name,weight_dtype",
	"UnetLoaderGGUF":            "unet_name",
	"LoraLoader":                "lora_name,strength_model,strength_clip",
	"LoraLoaderModelOnly":       "lora_name,strength_model",
	"EmptyLatentImage":          "width,height,batch_size",
	"EmptySD3LatentImage":       "width,height,batch_size",
	"LatentUpscale":             "upscale_method,width,height,crop",
	"LatentUpscaleBy":           "upscale_method,scale_by",
	"ImageScale":                "upscale_method,width,height,crop",
	"RandomNoise":               "noise_seed,",
	"KSamplerSelect":            "sampler_name",
	"BasicScheduler":            "scheduler,steps,denoise",
	"KarrasScheduler":           "steps,sigma_max,sigma_min,rho",
	"ExponentialScheduler":      "steps,sigma_max,sigma_min",
	"CFGGuider":                 "cfg",
	"FluxGuidance":              "guidance",
	"CLIPSetLastLayer":          "stop_at_clip_layer",
	"ControlNetLoader":          "control_net_name",
	"ControlNetApply":           "strength",
	"ControlNetApplyAdvanced":   "strength,start_percent,end_percent",
	"ConditioningAverage":       "conditioning_to_strength",
	"PrimitiveNode":             "value,",
	"PrimitiveInt":              "value,",
	"PrimitiveFloat":            "value",
	"PrimitiveString":           "value",
	"PrimitiveStringMultiline":  "value",
	"StringConcatenate":         "string_a,string_b,delimiter",
	"Text Concatenate":          "delimiter,clean_whitespace",
	"Text Multiline":            "text",
	"Seed (rgthree)":            "seed,,,",
	"LoadImage":                 "image,",
	"RescaleCFG":                "multiplier",
	"ModelSamplingSD3":          "shift",
	"ModelSamplingFlux":         "max_shift,base_shift,width,height",
	"Efficient Loader":          "ckpt_name,vae_name,clip_skip,lora_name,lora_model_strength,lora_clip_strength,positive,negative,token_normalization,weight_interpretation,empty_latent_width,empty_latent_height,batch_size",
	"KSampler (Efficient)":      "seed,,steps,cfg,sampler_name,scheduler,denoise,preview_method,vae_decode",
	"easy preSampling":          "steps,cfg,sampler_name,scheduler,denoise,seed,",
	"easy fullkSampler":         "steps,cfg,sampler_name,scheduler,denoise,image_output,link_id,save_prefix,seed,",
	"easy positive":             "positive",
	"easy negative":             "negative",
}

// uiNode is a node as ComfyUI's frontend saves it.
type uiNode struct {
	ID      json.RawMessage
	Type    string
	Mode    int // 2: muted, 4: bypassed
	Inputs  []uiSlot
	Outputs []uiSlot
	Values  json.RawMessage `json:"widgets_values"`
	// Properties contain the inner widgets that a subgraph's node shows.
	Properties struct {
		Proxies [][]json.RawMessage `json:"proxyWidgets"`
	}
}

type uiSlot struct {
	Name   string
	Type   json.RawMessage // a name, or in old files a number
	Link   json.RawMessage
	Widget *struct{ Name string }
}

func (s uiSlot) kind() string { return scalarText(s.Type) }

// uiLink connects an output to an input: stored as a list, in subgraphs as an object.
type uiLink struct {
	id, from, to string
	out, in      int
}

func (l *uiLink) UnmarshalJSON(data []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(data, &list) == nil {
		if len(list) >= 5 {
			l.id, l.from, l.to = scalarText(list[0]), scalarText(list[1]), scalarText(list[3])
			l.out, l.in = object{"v": list[2]}.count("v"), object{"v": list[4]}.count("v")
		}
		return nil
	}
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return nil // null of a deleted link
	}
	l.id, l.from, l.to = scalarText(o["id"]), scalarText(o["origin_id"]), scalarText(o["target_id"])
	l.out, l.in = o.count("origin_slot"), o.count("target_slot")
	return nil
}

// uiGraph is a workflow or the inside of a subgraph.
type uiGraph struct {
	ID          string
	Nodes       []uiNode
	Links       []uiLink
	Inputs      []uiSlot
	Outputs     []uiSlot
	Definitions struct{ Subgraphs []uiGraph }
	Extra       struct {
		Groups map[string]uiGroup `json:"groupNodes"`
	}
}

// readWorkflow reads the graph in the form that ComfyUI's frontend saves, with links and unnamed values, for pictures
// that have lost the API form.
func readWorkflow(data []byte) (Found, error) {
	var w uiGraph
	if err := parseJSON(data, &w); err != nil {
		return Found{Program: "ComfyUI"}, fmt.Errorf("ComfyUI's workflow in this picture cannot be read: %w", err)
	}
	f := &flattener{nodes: map[string]node{}, subgraphs: map[string]uiGraph{}, groups: w.Extra.Groups}
	for _, s := range w.Definitions.Subgraphs {
		f.subgraphs[s.ID] = s
	}
	f.add(w, scope{})
	if f.count > maxNodes {
		return Found{Program: "ComfyUI"}, fmt.Errorf("ComfyUI's workflow in this picture has more than %d nodes", maxNodes)
	}
	return evaluate(f.nodes)
}

// maxNodes is how many nodes a workflow may have with its subgraphs expanded.
const maxNodes = 5000

// flattener flattens a workflow: subgraphs are expanded, bypassed nodes pass their input through, muted nodes are
// dropped.
type flattener struct {
	nodes     map[string]node
	subgraphs map[string]uiGraph
	groups    map[string]uiGroup
	count     int
}

// scope is the context that a graph is expanded in: the prefix of its nodes' ids, and the values of its inputs.
type scope struct {
	prefix string
	depth  int
	inputs map[int]json.RawMessage // by the subgraph's input
}

// wires resolves the links of one graph.
type wires struct {
	f       *flattener
	scope   scope
	from    map[string]uiLink // by link
	byID    map[string]uiNode
	setters map[string]string // KJNodes' SetNode by name: its input link
	inside  map[string]*wires // subgraphs by the id of their node
	graph   uiGraph
}

func (f *flattener) add(g uiGraph, s scope) *wires {
	w := &wires{f: f, scope: s, from: map[string]uiLink{}, byID: map[string]uiNode{}, setters: map[string]string{}, inside: map[string]*wires{}, graph: g}
	for _, l := range g.Links {
		w.from[l.id] = l
	}
	for _, n := range g.Nodes {
		id := scalarText(n.ID)
		w.byID[id] = n
		if n.Type == "SetNode" && len(n.Inputs) > 0 {
			w.setters[firstValue(n.Values)] = scalarText(n.Inputs[0].Link)
		}
	}
	for _, n := range g.Nodes {
		if f.count++; f.count > maxNodes {
			return w
		}
		if n.Mode == 2 || n.Mode == 4 {
			continue
		}
		if inner, ok := w.innerOf(n); ok {
			w.open(n, inner)
			continue
		}
		f.nodes[s.prefix+scalarText(n.ID)] = node{Class: n.Type, Inputs: w.inputsOf(n)}
	}
	return w
}

// inputsOf returns a node's values and links.
func (w *wires) inputsOf(n uiNode) object {
	in := valuesOf(n)
	for _, slot := range n.Inputs {
		if link := scalarText(slot.Link); link != "" {
			if v := w.value(link, 0); v != nil {
				in[slot.Name] = v
			} else if slot.Widget == nil {
				delete(in, slot.Name)
			}
		}
	}
	return in
}

// value resolves a link: to a link in the flat graph, or to the value of a widget outside a subgraph.
func (w *wires) value(link string, hops int) json.RawMessage {
	l, ok := w.from[link]
	if !ok || hops > 200 {
		return nil
	}
	if l.from == "-10" { // the subgraph's own inputs
		return w.scope.inputs[l.out]
	}
	n, ok := w.byID[l.from]
	switch {
	case !ok || n.Mode == 2:
		return nil
	case n.Mode == 4:
		return w.bypassed(n, l.out, hops)
	case n.Type == "GetNode":
		return w.value(w.setters[firstValue(n.Values)], hops+1)
	}
	if inner, ok := w.innerOf(n); ok {
		return w.open(n, inner).output(l.out, hops)
	}
	js, _ := json.Marshal([]any{w.scope.prefix + l.from, l.out})
	return js
}

// bypassed returns what a bypassed node passes through: the input at the output's position if the types match, else
// the first of the output's type, as in ComfyUI's frontend.
func (w *wires) bypassed(n uiNode, slot, hops int) json.RawMessage {
	if slot >= len(n.Outputs) {
		return nil
	}
	kind := n.Outputs[slot].kind()
	same := func(s uiSlot) bool { return s.kind() == kind || s.kind() == "*" || kind == "*" }
	order := make([]uiSlot, 0, len(n.Inputs)+1)
	if slot < len(n.Inputs) {
		order = append(order, n.Inputs[slot])
	}
	for _, s := range append(order, n.Inputs...) {
		if link := scalarText(s.Link); link != "" && same(s) {
			return w.value(link, hops+1)
		}
	}
	return nil
}

// innerOf returns the graph that a node stands for.
func (w *wires) innerOf(n uiNode) (uiGraph, bool) {
	if w.scope.depth > 16 {
		return uiGraph{}, false
	}
	if g, ok := w.f.subgraphs[n.Type]; ok && n.Type != "" {
		return g, true
	}
	for _, prefix := range []string{"workflow>", "workflow/"} {
		if name, ok := strings.CutPrefix(n.Type, prefix); ok {
			if g, ok := w.f.groups[name]; ok {
				return g.graph(n.Values), true
			}
		}
	}
	return uiGraph{}, false
}

// open expands a subgraph, once.
func (w *wires) open(n uiNode, g uiGraph) *wires {
	id := scalarText(n.ID)
	if inner, ok := w.inside[id]; ok {
		return inner
	}
	w.inside[id] = &wires{f: w.f, from: map[string]uiLink{}} // set first, so that a subgraph that contains itself ends
	s := scope{prefix: w.scope.prefix + id + ":", depth: w.scope.depth + 1, inputs: map[int]json.RawMessage{}}
	outside := w.inputsOf(n)
	for i, slot := range g.Inputs {
		if v, ok := outside[slot.Name]; ok {
			s.inputs[i] = v
		} else if i < len(n.Inputs) {
			if link := scalarText(n.Inputs[i].Link); link != "" {
				s.inputs[i] = w.value(link, 0)
			}
		}
	}
	w.inside[id] = w.f.add(n.proxied(g), s)
	return w.inside[id]
}

// output resolves an output of a subgraph.
func (w *wires) output(slot, hops int) json.RawMessage {
	for _, l := range w.graph.Links {
		if l.to == "-20" && l.in == slot {
			return w.value(l.id, hops+1)
		}
	}
	return nil
}

// proxied returns a subgraph with the widget values of its node replacing those inside.
func (n uiNode) proxied(g uiGraph) uiGraph {
	var values []json.RawMessage
	if json.Unmarshal(n.Values, &values) != nil || len(n.Properties.Proxies) == 0 {
		return g
	}
	g.Nodes = slices.Clone(g.Nodes)
	for i, proxy := range n.Properties.Proxies {
		if i >= len(values) || len(proxy) < 2 {
			continue
		}
		for j := range g.Nodes {
			if inner := &g.Nodes[j]; scalarText(inner.ID) == scalarText(proxy[0]) {
				named := valuesOf(*inner)
				named[scalarText(proxy[1])] = values[i]
				inner.Values, _ = json.Marshal(named)
			}
		}
	}
	return g
}

func firstValue(data json.RawMessage) string {
	var values []json.RawMessage
	if json.Unmarshal(data, &values) != nil || len(values) == 0 {
		return ""
	}
	return scalarText(values[0])
}

// valuesOf names a node's values: newer frontends store the names, or which inputs they belong to.
func valuesOf(n uiNode) object {
	named := object{}
	if json.Unmarshal(n.Values, &named) == nil && named != nil {
		return named
	}
	named = object{}
	var values []json.RawMessage
	json.Unmarshal(n.Values, &values)
	names := strings.Split(widgets[n.Type], ",")
	if widgets[n.Type] == "" {
		names = widgetNames(n, values)
	}
	for i, name := range names {
		if name != "" && i < len(values) {
			named[name] = values[i]
		}
	}
	return named
}

// widgetNames returns the names that the inputs give, with a slot for the control that the frontend adds after a
// seed.
func widgetNames(n uiNode, values []json.RawMessage) (names []string) {
	for _, slot := range n.Inputs {
		if slot.Widget == nil {
			continue
		}
		names = append(names, slot.Widget.Name)
		if len(names) < len(values) && slices.Contains([]string{"fixed", "increment", "decrement", "randomize"}, scalarText(values[len(names)])) {
			names = append(names, "")
		}
	}
	if len(names) == 0 && len(values) > 0 && scalarText(values[0]) != "" { // a single value of unknown name
		names = []string{"value"}
	}
	return names
}
