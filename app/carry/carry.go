// Package carry copies parameters from one form of them into another: a request, a recipe, the settings. It goes by the
// fields' names, so that one that both have is carried by itself.
package carry

import "reflect"

// Fields sets the fields of *to to those of from that have the same name and type, but for those in except, each of which
// has its reason; it does not look into embedded structs, which are fields of their own. renamed are fields of from by what
// they are called in to.
func Fields(to, from any, except map[string]string, renamed map[string]string) {
	t, f := reflect.ValueOf(to).Elem(), reflect.ValueOf(from)
	for i := range t.NumField() {
		field := t.Type().Field(i)
		name := field.Name
		if is, ok := renamed[name]; ok {
			name = is
		}
		if _, left := except[field.Name]; left || !field.IsExported() {
			continue
		}
		if of, ok := f.Type().FieldByName(name); ok && len(of.Index) == 1 && of.Type == field.Type {
			t.Field(i).Set(f.FieldByIndex(of.Index))
		}
	}
}

// Differ are the names of the fields in which two values of a struct differ, but for those in except.
func Differ(a, b any, except map[string]string) (names []string) {
	v, w := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if _, left := except[name]; !left && !reflect.DeepEqual(v.Field(i).Interface(), w.Field(i).Interface()) {
			names = append(names, name)
		}
	}
	return names
}
