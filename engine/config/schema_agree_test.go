package config_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"patchwave/engine/config"
	lang "patchwave/engine/config/language"
)

// TestSchemaAgrees: whatever value is written for an argument of an example, if the
// program takes it, the schema takes it too. Only strings that are written as
// numbers or booleans are taken by the program alone.
func TestSchemaAgrees(t *testing.T) {
	configuration, _ := schemas(t)
	pool := []any{nil, 0.0, 5.0, true, "", "x", "5", "true", "10m", "${1 + 4}", []any{}, []any{"x"}, []any{5.0}, map[string]any{}, map[string]any{"x": "y"}}
	tried, taken, dir := 0, 0, privateDir(t)
	write(t, dir, "hosts.ini", "[old]\nlegacy-1\n")
	config.Language().Walk(func(path []string, b *lang.Block) {
		if b.See != "" {
			return
		}
		text := config.ToJSON(t, config.CompleteExample(b.Example))
		for _, a := range b.Arguments {
			for _, v := range pool {
				doc := parsed(t, text)
				put(t, doc, path, labelsOf(path), a.Name, v)
				changed, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				write(t, dir, "main.hcl.json", string(changed))
				tried++
				if _, ds := config.Load(options(dir)); ds.HasErrors() {
					continue
				}
				taken++
				if err := configuration.Validate(parsed(t, string(changed))); err != nil && !isLoose(a, v) {
					t.Errorf("%s.%s = %v loads, and the schema says: %v", strings.Join(path, "."), a.Name, v, err)
				}
			}
		}
	})
	if taken < 200 {
		t.Errorf("%d of %d loaded only", taken, tried)
	}
}

// isLoose: a string is written as a number or a boolean.
func isLoose(a lang.Argument, v any) bool {
	texts := []lang.Kind{lang.KindText, lang.KindZone, lang.KindEither}
	list, isList := v.([]any)
	if isList && a.Type.Of != nil && slices.Contains(texts, a.Type.Of.Kind) || isList && a.Type.Kind == lang.KindEither {
		return len(list) == 1 && list[0] == 5.0
	}
	_, number := v.(float64)
	_, flag := v.(bool)
	return slices.Contains(texts, a.Type.Kind) && (number || flag)
}

// labelsOf are how many labels the blocks of a path have.
func labelsOf(path []string) []int {
	var out []int
	blocks := config.Language().Blocks
	for _, name := range path {
		for _, b := range blocks {
			if b.Name == name {
				out, blocks = append(out, len(b.Labels)), b.Blocks
				break
			}
		}
	}
	return out
}

// put writes an argument into the first block at a path.
func put(t *testing.T, doc any, path []string, labels []int, name string, v any) {
	t.Helper()
	at := doc
	for i, kind := range path {
		at = inside(t, at, kind)
		for range labels[i] {
			at = inside(t, at, "")
		}
	}
	object, ok := first(at).(map[string]any)
	if !ok {
		t.Fatalf("%v leads to %v", path, at)
	}
	object[name] = v
}

// inside is what stands below a key, or below the first of all.
func inside(t *testing.T, v any, key string) any {
	t.Helper()
	object, ok := first(v).(map[string]any)
	if !ok {
		t.Fatalf("%v is no object", v)
	}
	keys := slices.Sorted(maps.Keys(object))
	if key != "" {
		keys = []string{key}
	}
	e, ok := object[keys[0]]
	if !ok {
		t.Fatalf("%s is not in %v", key, v)
	}
	return e
}

// first is the first element of a list, or what stands alone.
func first(v any) any {
	if list, ok := v.([]any); ok {
		return list[0]
	}
	return v
}
