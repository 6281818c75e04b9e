package app

import "nirvana/app/files"

// OpenPicture is what the window does beside itself, at once.
func (s *Studio) OpenPicture(path string) error {
	p, err := s.Reader().Picture(path)
	if err == nil {
		s.TakePicture(p)
	}
	return err
}

// OpenProject likewise; asPicture opens it as another program's.
func (s *Studio) OpenProject(path string, asPicture bool) error {
	p := s.Reader().Project(path)
	if asPicture {
		p = p.AsPicture()
	}
	return s.TakeProject(p)
}

// TakeUp likewise, of earlier work.
func (s *Studio) TakeUp(e files.Earlier) error { return s.TakeProject(s.Reader().Earlier(e.Path)) }

// Export likewise.
func (s *Studio) Export(path string) error { return s.Exporting(path).Write(path) }
