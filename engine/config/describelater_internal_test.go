package config

import (
	"slices"
	"strings"
	"testing"

	"patchwave/engine/config/language"
	"patchwave/policies"
)

// gapsOf is what a policy that uses an example asks for and this version cannot
// do.
func gapsOf(t *testing.T, example string) []policies.Gap {
	t.Helper()
	if !strings.Contains(example, `policy "`) {
		prepared, uses := "standard", ""
		switch m := headerLine.FindStringSubmatch(example); {
		case m != nil && m[1] == "preparation":
			prepared = m[2]
		case m != nil && m[1] == "verification":
			uses = "  verification = verification." + m[2]
		}
		example += "\n" + policyWith("  preparation = preparation."+prepared+"\n"+uses)
	}
	dir := WriteExample(t, example)
	cfg, diags := Load(exampleOptions(dir))
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	_, pols, _ := cfg.Resolve(nil)
	i := slices.IndexFunc(pols, func(p *policies.Policy) bool { return p.Name == "web-prod" })
	return policies.Unsupported(pols[i])
}

// unfinished has, for a line of later, an example that asks for the thing.
func unfinished() map[string]string {
	return map[string]string{
		"preparation.restore_point": "preparation \"p\" {\n  restore_point {\n    providers = [\"command\"]\n  }\n}",
		"verification.unchanged":    "verification \"v\" {\n  unchanged = [\"services\"]\n}",
		"verification.command":      "verification \"v\" {\n  command \"c\" {\n    run = [\"true\"]\n  }\n}",
	}
}

// TestLater: what is said not to be carried out is what policies.Unsupported says,
// but for things that no policy asks for.
func TestLater(t *testing.T) {
	if gaps := gapsOf(t, policyWith("")); len(gaps) > 0 {
		t.Errorf("a plain policy has gaps: %v", gaps)
	}
	nowhere := []string{"waiver", "standard"}
	examples := unfinished()
	known := map[string]bool{}
	everyBlock(func(path []string, b *language.Block) {
		known[join(path)] = true
		if _, ok := examples[join(path)]; !ok {
			examples[join(path)] = b.Example
		}
		for _, a := range b.Arguments {
			known[join(path)+"."+a.Name] = true
		}
	})
	for path, m := range later() {
		var gaps []policies.Gap
		if example, ok := examples[path]; ok {
			gaps = gapsOf(t, example)
		}
		refused := slices.ContainsFunc(gaps, func(g policies.Gap) bool { return !g.Harmless })
		switch {
		case !known[path]:
			t.Errorf("there is no %s", path)
		case slices.Contains(nowhere, path):
		case len(gaps) == 0:
			t.Errorf("%s is carried out; take it out of later", path)
		case refused != m.refused && path != "preparation.restore_point":
			t.Errorf("%s: refused is %v, not %v: %v", path, refused, m.refused, gaps)
		}
	}
	everyBlock(func(path []string, b *language.Block) {
		if path[0] == "test" {
			return
		}
		if gaps := gapsOf(t, b.Example); len(gaps) > 0 && !saysLater(path, b) {
			t.Errorf("%s does not say that it is not carried out: %v", join(path), gaps)
		}
	})
}

// saysLater: the block, one that it stands in, or one of its parts says so.
func saysLater(path []string, b *language.Block) bool {
	own := join(path)
	for at := range later() {
		if strings.HasPrefix(at, own) || strings.HasPrefix(own, at) {
			return true
		}
	}
	return b.Later != ""
}
