package docs

//lint:file-ignore SA1019 names are resolved within one function, which needs no types

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// beside are the calls whose arguments, counted from 0, run on other goroutines than the owner's; those of then run on the
// owner, whoever calls them. Of Beside and the like what the function gives back runs on the owner, too.
var (
	beside = map[string][]int{"Aside": {0}, "Beside": {0}, "Write": {0}, "AfterFunc": {1}, "worker.New": {2}, "keep.New": {2, 3}}
	then   = map[string]bool{"post": true, "Post": true}
)

// owners are the types that hold parts of the state, by the packages that they are in: the owner's goroutine alone may name
// a value of one.
var owners = map[string]string{"app": "Studio", "app/gallery": "Gallery", "app/generate": "Composer", "app/live": "Preview", "app/noise": "View", "app/opening": "Model",
	"app/panel": "Panel", "app/queue": "Runs", "app/saving": "Saver", "app/timeline": "Timeline"}

// isOwner says whether a type holds a part of the state.
func isOwner(name string) bool {
	for _, owner := range owners {
		if owner == name {
			return true
		}
	}
	return false
}

// What runs on a worker takes values and sends events: it cannot name the studio, nor a part of it that has an owner.
func TestWorkersDoNotNameTheStudio(t *testing.T) {
	var files []string
	for folder := range owners {
		found, err := filepath.Glob("../" + folder + "/*.go")
		if err != nil || len(found) == 0 {
			t.Fatal("no sources in", folder, err)
		}
		files = append(files, found...)
	}
	checked := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found, n := namedBeside(t, name, string(data))
		checked += n
		for _, at := range found {
			t.Errorf("%s: the studio is named on another goroutine: take its values before", at)
		}
	}
	if checked < 10 {
		t.Errorf("only %d functions that run beside the owner were found: is the list of calls complete?", checked)
	}
}

// The check finds what it is for.
func TestNamedBesideIsFound(t *testing.T) {
	const head = "package app\nimport (\"time\"; \"nirvana/app/worker\")\ntype Studio struct{ *worker.Door; n int }\nfunc (s *Studio) f() {}\n"
	for body, want := range map[string]int{
		"go func() { s.n++ }()":               1,
		"go s.f()":                            1,
		"go func(n int) {}(s.n)":              0,
		"s.Aside(func() { s.f() })":           1,
		"s.Aside(s.f)":                        1,
		"n := s.n; s.Aside(func() { _ = n })": 0,
		"s.Beside(func() func() { return func() { s.f() } })":                  0,
		"s.Beside(func() func() { s.n = 1; return func() {} })":                1,
		"s.Beside(func() func() { x := func() { s.f() }; return x })":          1,
		"time.AfterFunc(9, func() { s.Post(func() {}) })":                      1,
		"post := s.Post; time.AfterFunc(9, func() { post(s.f) })":              0,
		"post := s.Post; go func() { post(func() { s.f() }) }()":               0,
		"s.Aside(func() { s := 1; _ = s })":                                    0,
		"worker.New(nil, nil, func(e worker.Event) { s.n = 2 })":               1,
		"k := &Studio{}; worker.New(nil, nil, func(e worker.Event) { k.f() })": 1,
		"k := s; s.Aside(func() { k.f() })":                                    1,
	} {
		if got, _ := namedBeside(t, "a.go", head+"func (s *Studio) g() {\n"+body+"\n}\n"); len(got) != want {
			t.Errorf("%s: found %v, not %d", body, got, want)
		}
	}
}

// namedBeside are the places where a file names a studio on another goroutine, and how many functions were looked at.
func namedBeside(t *testing.T, name, source string) (found []string, checked int) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		studios := studiosOf(f)
		look := func(n ast.Node) {
			checked++
			for _, at := range named(n, studios) {
				found = append(found, fset.Position(at).String())
			}
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if _, literal := n.Call.Fun.(*ast.FuncLit); literal || isMethodOf(n.Call.Fun, studios) {
					look(n.Call.Fun)
				}
			case *ast.CallExpr:
				for _, i := range besideArguments(n) {
					if a := n.Args[i]; isLiteral(a) || isMethodOf(a, studios) {
						look(a)
					}
				}
			}
			return true
		})
	}
	return found, checked
}

func isLiteral(e ast.Expr) bool {
	_, ok := e.(*ast.FuncLit)
	return ok
}

// isMethodOf says whether it is x.f of a studio x itself, and not of a value that it holds.
func isMethodOf(e ast.Expr, studios map[*ast.Object]bool) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && studios[x.Obj]
}

func besideArguments(c *ast.CallExpr) (out []int) {
	s, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	which := beside[s.Sel.Name]
	if x, ok := s.X.(*ast.Ident); ok && beside[x.Name+"."+s.Sel.Name] != nil {
		which = beside[x.Name+"."+s.Sel.Name]
	}
	for _, i := range which {
		if i < len(c.Args) {
			out = append(out, i)
		}
	}
	return out
}

// studiosOf are the names of studios in a function: its receiver, its parameters, and what is set to one of these.
func studiosOf(f *ast.FuncDecl) map[*ast.Object]bool {
	out := map[*ast.Object]bool{}
	lists := []*ast.FieldList{f.Type.Params}
	if f.Recv != nil {
		lists = append(lists, f.Recv)
	}
	for _, list := range lists {
		for _, field := range list.List {
			star, ok := field.Type.(*ast.StarExpr)
			if !ok {
				continue
			}
			if of, ok := star.X.(*ast.Ident); ok && isOwner(of.Name) {
				for _, n := range field.Names {
					out[n.Obj] = true
				}
			}
		}
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for i, to := range a.Lhs {
			if i >= len(a.Rhs) {
				break
			}
			if name, ok := to.(*ast.Ident); ok && isStudio(a.Rhs[i], out) {
				out[name.Obj] = true
			}
		}
		return true
	})
	return out
}

// isStudio says whether a value is a known studio, or a new one.
func isStudio(e ast.Expr, known map[*ast.Object]bool) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return known[e.Obj]
	case *ast.UnaryExpr:
		c, ok := e.X.(*ast.CompositeLit)
		if !ok {
			return false
		}
		of, ok := c.Type.(*ast.Ident)
		return ok && isOwner(of.Name)
	}
	return false
}

// named are the places in what runs beside the owner where a studio is named, but for what is given back or posted to the
// owner.
func named(of ast.Node, studios map[*ast.Object]bool) (at []token.Pos) {
	outer, _ := of.(*ast.FuncLit)
	ast.Inspect(of, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ReturnStmt:
			if outer == nil || outer.Type.Results == nil || len(n.Results) == 0 {
				return true
			}
			for _, r := range n.Results {
				if !isLiteral(r) && !isMethodOf(r, studios) {
					at = append(at, named(r, studios)...)
				}
			}
			return false
		case *ast.CallExpr:
			f, ok := n.Fun.(*ast.Ident)
			return !ok || !then[f.Name]
		case *ast.Ident:
			if studios[n.Obj] {
				at = append(at, n.Pos())
			}
		}
		return true
	})
	return at
}
