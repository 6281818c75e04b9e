package library

import (
	"fmt"
	"path/filepath"

	"nirvana/app/notice"
	"nirvana/models/fetched"
	"nirvana/models/listing"
)

// partNotice says where a downloaded part is and how it is used.
func (l *Library) partNotice(p fetched.Result) *notice.Notice {
	name := listing.Card{Path: p.Path}.Name()
	n := &notice.Notice{Headline: fmt.Sprintf(l.say("%s was downloaded"), name), Advice: fmt.Sprintf(l.partUse(p.Kind), filepath.Dir(p.Path))}
	if p.Conflict != "" {
		n.Advice += " " + fmt.Sprintf(l.say("Another file there is called %s, and was not changed."), p.Conflict)
	}
	return n
}

func (l *Library) partUse(kind listing.Kind) string {
	switch kind {
	case listing.LoRA:
		return l.say("It is a LoRA, in %s. LoRA over the prompt lists it.")
	case listing.Embedding:
		return l.say("It is an embedding, in %s. Model > Embeddings... lists it.")
	case listing.VAE:
		return l.say("It is a VAE, in %s. VAE under the model lists it where it fits.")
	case listing.ControlNet:
		return l.say("It is a ControlNet, in %s. ControlNet in the panel lists it where it fits.")
	case listing.Upscaler:
		return l.say("It is an upscaler, in %s. Picture > Upscale with a model lists it.")
	}
	return l.say("It is a text encoder, in %s. Checkpoints that come without one find it there, and it is listed under the model.")
}
