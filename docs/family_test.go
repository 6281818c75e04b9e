package docs

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// TestFamilies: what kind a model is, is asked in engine/family alone. Elsewhere in the engine no condition may rest on
// what families are told apart by, nor on a family's name or type: traits are values of a family that any may have.
func TestFamilies(t *testing.T) {
	tells := []string{"Kind", "Class", "InChannels", "TimeIDs", "TimestepCond", "TextWidth", "Has"}
	inputs := []string{`"pooled_projections"`, `"text_embeds"`, `"time_ids"`, `"timestep_cond"`, `"guidance"`, `"class_labels"`, `"img_ids"`, `"hidden_states"`}
	types := []string{"Family", "Traits", "Plane", "Condition", "Settings", "Plan", "Source", "Config", "Network", "Reuse", "Of", "Open", "Read", "Named", "Hidden", "Pooled"}
	asks := func(file string, condition ast.Node) {
		if condition == nil {
			return
		}
		ast.Inspect(condition, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.SelectorExpr:
				if slices.Contains(tells, n.Sel.Name) && !schedulers(n) {
					t.Errorf("%s has a condition on .%s: what differs between families is a method in engine/family", file, n.Sel.Name)
				}
			case *ast.BasicLit:
				if slices.Contains(inputs, n.Value) && path.Dir(file) != "engine/text" { // encoders have outputs of such names
					t.Errorf("%s has a condition on the input %s: what differs between families is a method in engine/family", file, n.Value)
				}
			}
			return true
		})
	}
	seen := 0
	for file, syntax := range sources(t, 0) {
		folder := path.Dir(file)
		if strings.HasSuffix(file, "_test.go") || !slices.Contains([]string{"engine", "engine/graph", "engine/text", "engine/tile", "engine/vae"}, folder) {
			continue
		}
		seen++
		ast.Inspect(syntax, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.IfStmt:
				asks(file, n.Cond)
			case *ast.ForStmt:
				if n.Cond != nil {
					asks(file, n.Cond)
				}
			case *ast.SwitchStmt:
				if n.Tag != nil {
					asks(file, n.Tag)
				}
			case *ast.CaseClause:
				for _, e := range n.List {
					asks(file, e)
				}
			case *ast.BinaryExpr:
				asks(file, n)
			case *ast.SelectorExpr:
				if p, ok := n.X.(*ast.Ident); ok && p.Name == "family" && !slices.Contains(types, n.Sel.Name) {
					t.Errorf("%s names family.%s: families are told apart in engine/family alone", file, n.Sel.Name)
				}
			}
			return true
		})
	}
	if seen < 20 {
		t.Errorf("only %d files of the engine were read", seen)
	}
}

// schedulers have classes too, which say nothing of the family.
func schedulers(n *ast.SelectorExpr) bool {
	inner, ok := n.X.(*ast.SelectorExpr)
	return ok && inner.Sel.Name == "scheduler" && n.Sel.Name == "Class"
}
