// Package guest is what the studio knows of the programs that paint through it while it serves them: values, without a
// network. Package host makes them. Start with List and Service.
package guest

import "image"

// Run is an order of another program, waiting or under way.
type Run struct {
	ID     string
	From   string // the API that it came by, as people call it
	Prompt string
	Size   image.Point // px of its pictures; zero: the model's own
	// State is "waiting", "opening" or "painting".
	State    string
	Picture  int // under way, from 0, of Pictures
	Pictures int
	Step, Of int         // of it; 0 before the first
	Share    float64     // of the run, 0 to 1
	Preview  *image.RGBA // the predicted x_0; nil before the first step
	Stop     func()      // ends it without a result
}

// Active says whether it is under way.
func (r Run) Active() bool { return r.State == "opening" || r.State == "painting" }

// List are the runs of other programs: the one under way first, then those that wait.
type List []Run

// Current is the one under way; false: none is.
func (l List) Current() (Run, bool) {
	if len(l) > 0 && l[0].Active() {
		return l[0], true
	}
	return Run{}, false
}

// Waiting are those that wait.
func (l List) Waiting() List {
	if _, ok := l.Current(); ok {
		return l[1:]
	}
	return l
}

// Service is whether the studio serves other programs, where and whom.
type Service struct {
	On      bool   `json:"on"`
	Network bool   `json:"network"` // other machines too, with TLS; else this one alone
	Port    int    `json:"port"`
	Token   string `json:"token"` // asked for where other machines may come in
}

// UsualPort is AUTOMATIC1111's.
const UsualPort = 7860

// Status is a service as it is.
type Status struct {
	Service
	Addresses   []string // of the page, where it listens now
	Fingerprint string   // SHA-256 of the certificate, where there is TLS
	Err         error    // why it does not listen
}
