package sdapi

import (
	"net/http"
	"time"

	"nirvana/app/serve/wire"
	"nirvana/app/serve/work"
)

// own is the current run if it came by this API; otherwise nil.
func (a *API) own() *work.Run {
	if run := a.queue.Current(); run != nil && run.Order().Origin == origin {
		return run
	}
	return nil
}

func (a *API) interrupt(*http.Request) (any, error) {
	if run := a.own(); run != nil {
		run.Interrupt()
	}
	return struct{}{}, nil
}

func (a *API) skip(*http.Request) (any, error) {
	if run := a.own(); run != nil {
		run.Skip()
	}
	return struct{}{}, nil
}

// progressState is AUTOMATIC1111's state of the current job; job_count includes other clients' jobs.
type progressState struct {
	Skipped     bool   `json:"skipped"`
	Interrupted bool   `json:"interrupted"`
	Stopping    bool   `json:"stopping_generation"`
	Job         string `json:"job"`
	Count       int    `json:"job_count"`
	Timestamp   string `json:"job_timestamp"`
	Number      int    `json:"job_no"`
	Step        int    `json:"sampling_step"`
	Steps       int    `json:"sampling_steps"`
}

type progressAnswer struct {
	Progress float64       `json:"progress"`
	ETA      float64       `json:"eta_relative"`
	State    progressState `json:"state"`
	Image    *string       `json:"current_image"`
	Text     *string       `json:"textinfo"`
}

// progress reports the current run, with the predicted x_0 as its picture.
func (a *API) progress(r *http.Request) (any, error) {
	out := progressAnswer{State: progressState{Timestamp: "0"}}
	run := a.queue.Current()
	if run == nil {
		return out, nil
	}
	v, _ := run.View()
	if v.State.Ended() {
		return out, nil
	}
	out.State.Count, out.State.Number, out.State.Timestamp = v.Pictures, v.Picture, v.Began.Format("20060102150405")
	out.State.Job, out.State.Step, out.State.Steps = "Batch", v.Step.Index, v.Step.Of
	if v.State != work.Painting {
		text := "opening the model"
		out.Text = &text
		return out, nil
	}
	if out.Progress = v.Share(); out.Progress > 0 {
		out.ETA = time.Since(v.Began).Seconds() * (1/out.Progress - 1)
	}
	if skip := r.URL.Query().Get("skip_current_image"); v.Step.X.Data == nil || skip == "true" || skip == "True" || skip == "1" || run.Order().Origin != origin {
		return out, nil
	}
	text, err := wire.Base64(v.Step.Predicted(0))
	out.Image = &text
	return out, err
}
