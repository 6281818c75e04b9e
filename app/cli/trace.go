package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"nirvana/app/steps"
	"nirvana/engine"
)

// trace writes x_t after every step as NNN.npy, states as NNN.state, and trace.json, which describes them.
type trace struct {
	dir  string
	rows []traceRow
	// a state is saved every so many steps; 0: never
	states int
}

type traceRow struct {
	Index    int     `json:"index"`
	Timestep float32 `json:"timestep"`
	Sigma    float32 `json:"sigma"`
	SHA256   string  `json:"sha256"`
}

func newTrace(dir string, states int) (*trace, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the trace folder cannot be made: %w", err)
	}
	return &trace{dir: dir, states: states}, nil
}

func (t *trace) add(s engine.Step) error {
	if t == nil || s.Pictures != nil && len(t.rows) > s.Index {
		return nil
	}
	t.rows = append(t.rows, traceRow{s.Index, s.Timestep, s.Sigma, s.X.SHA256()})
	if t.states > 0 && s.Index%t.states == 0 && s.State.Sampler.X != nil {
		data, err := steps.PackState(s.State)
		if err == nil {
			err = os.WriteFile(filepath.Join(t.dir, stateName(s.Index)), data, 0o644)
		}
		if err != nil {
			return fmt.Errorf("keeping the state of step %d: %w", s.Index, err)
		}
	}
	return writeNPY(filepath.Join(t.dir, fmt.Sprintf("%03d.npy", s.Index)), s.X)
}

func (t *trace) close() error {
	if t == nil {
		return nil
	}
	data, err := json.MarshalIndent(t.rows, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(t.dir, "trace.json"), append(data, '\n'), 0o644)
}
