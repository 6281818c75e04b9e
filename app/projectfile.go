package app

// leaveProject makes it a document that is in no project.
func (d *Document) leaveProject() { d.Project, d.made, d.Unsaved = "", nil, false }
