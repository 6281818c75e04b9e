package conformance

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A field may be null, one value or several; a case that cannot be read does not affect the others.
func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cases.json")
	text := `{"cases":[
{"name":"one","prompt":"a","prompt_2":"b","negative_prompt":null,"class_labels":3,"scheduler":"DDIMScheduler","scheduler_config":{"lambda_min_clipped":-Infinity}},
{"name":"many","prompt":["a","b"],"prompt_2":["c","c"],"class_labels":[1,2],"images_per_prompt":2,"unheard_of":{"x":1}},
{"name":"torn","steps":"eight"},
{"name":"mixed","prompt":["a","b"],"prompt_2":["c","d"],"scheduler_config":{}}]}`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Read(path)
	if err != nil || len(f.Cases) != 4 || f.Tolerance.Latents != 1e-3 || f.Tolerance.Pixel != 2 {
		t.Fatalf("%v, %+v", err, f)
	}
	r, _, err := f.request(&f.Cases[0])
	if err != nil || !reflect.DeepEqual(r.Prompts, []string{"a"}) || !reflect.DeepEqual(r.Prompts2, []string{"b"}) || !r.NoNegative || !reflect.DeepEqual(r.ClassLabels, []int{3}) {
		t.Errorf("%v, %+v", err, r)
	}
	f.Cases[1].Scheduler, f.Cases[1].Config = "DDIMScheduler", []byte(`{}`)
	r, _, err = f.request(&f.Cases[1])
	if err != nil || !reflect.DeepEqual(r.Prompts, []string{"a", "a", "b", "b"}) || !reflect.DeepEqual(r.Prompts2, []string{"c", "c", "c", "c"}) || r.Count != 4 {
		t.Errorf("%v, %+v", err, r)
	}
	if c := f.Cases[2]; c.Name != "torn" || c.unreadable == nil || !strings.Contains(c.unreadable.Error(), "steps") {
		t.Errorf("%+v", c)
	}
	f.Cases[3].Scheduler = "DDIMScheduler"
	if r, _, err = f.request(&f.Cases[3]); err != nil || !reflect.DeepEqual(r.Prompts2, []string{"c", "d"}) || r.Negatives2 != nil {
		t.Errorf("two texts for the second encoder: %v, %+v", err, r)
	}
}
