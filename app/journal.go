package app

// journal writes the state down. A nil journal writes nothing.
type journal struct{}

func (j *journal) note(Change) {}

func (j *journal) close(*Studio) error { return nil }

// openHome opens what the data folder holds.
func (s *Studio) openHome() (err error) {
	s.History, err = openHistory(s.options.Home)
	return err
}
