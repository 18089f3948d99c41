package language

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Dialect is the $schema of what JSONSchema returns (JSON Schema, draft 2020-12).
const Dialect = "https://json-schema.org/draft/2020-12/schema"

// JSONSchema returns the schema of files in the JSON form of HCL (hashicorp/hcl,
// json/spec.md): arguments and nested blocks are properties, labels the keys of
// objects; several blocks of a type may stand in an array. What it says no to, the
// program says no to as well, but for strings that are written as numbers or
// booleans; the program checks more.
//
// Every $def of a block has the keyword x-hcl with the block's native syntax. The
// result is indented, ends with a newline and is the same for the same language.
func (l Language) JSONSchema() ([]byte, error) {
	defs := definitions()
	l.Walk(func(path []string, b *Block) { defs[definitionOf(path)] = b.schema(path) })
	root := bodySchema(nil, &Block{Blocks: l.Blocks})
	root["$schema"], root["$id"], root["title"], root["$defs"] = Dialect, l.ID, l.Title, defs
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	return out.Bytes(), nil
}

// definitionOf names the definition of a block.
func definitionOf(path []string) string { return "block." + strings.Join(path, ".") }

// schema is that of the body of a block.
func (b *Block) schema(path []string) object {
	out := bodySchema(path, b)
	out["description"] = b.description()
	out["x-hcl"] = object{"header": b.Header(), "example": b.Example}
	return out
}

func (b *Block) description() string {
	out := b.Doc
	if b.Later != "" {
		out += " Not yet carried out: " + b.Later + "."
	}
	return strings.ReplaceAll(out, "`", "")
}

// Header is the first line of the block in native syntax, without the brace.
func (b *Block) Header() string {
	words := []string{b.Name}
	for _, l := range b.Labels {
		words = append(words, strconv.Quote(strings.ToUpper(l.Name)))
	}
	return strings.Join(words, " ")
}

// bodySchema is that of what stands between the braces. "//" is the comment of
// JSON.
func bodySchema(path []string, b *Block) object {
	out := partsSchema(b.Arguments, b.Rules)
	properties, ok := out["properties"].(object)
	if !ok {
		properties = object{}
	}
	properties["//"] = true
	for _, inner := range b.Blocks {
		s := inner.uses(append(slices.Clone(path), inner.Name))
		s["description"] = inner.description()
		properties[inner.Name] = s
	}
	if b.Free != nil {
		out["additionalProperties"] = b.Free.schema()
	}
	return out
}

// uses is the schema of a property that stands for the blocks of a type.
func (b *Block) uses(path []string) object {
	body := pointer(definitionOf(path))
	if len(b.Labels) == 0 {
		return oneOrList(body, b.Many)
	}
	out := oneOrList(body, false) // two of one name are refused
	for _, label := range slices.Backward(b.Labels) {
		names := object{"type": "object", "additionalProperties": out}
		switch {
		case label.Words != nil:
			names["propertyNames"] = object{"enum": label.Words}
		case label.Pattern != "":
			names["propertyNames"] = object{"pattern": label.Pattern}
		}
		out = oneOrList(names, true)
	}
	return out
}

// oneOrList allows a thing, or an array of it. Written as a condition, a mistake
// is reported where it is, and not as "none of two forms fits".
func oneOrList(s object, many bool) object {
	list := object{"items": s}
	if !many {
		list["maxItems"] = 1
	}
	return object{"if": object{"type": "array"}, "then": list, "else": s}
}

// ruleSchemas are those of the rules.
func ruleSchemas(rules []Rule) []any {
	var out []any
	for _, r := range rules {
		var each []any
		for _, name := range r.Names {
			each = append(each, object{"required": []string{name}})
		}
		switch {
		case r.Least == 1 && r.Most == 1:
			out = append(out, object{"oneOf": each})
		case r.Least == 1:
			out = append(out, object{"anyOf": each})
		default:
			out = append(out, object{"oneOf": append(each, object{"not": object{"anyOf": each}})})
		}
	}
	return out
}
