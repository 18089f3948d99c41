package language

import (
	"fmt"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// A template is a string in which something is evaluated: what it will be is not
// known to a schema.
const template = `[$%]\{`

// orTemplate adds to a pattern that a template may stand there.
func orTemplate(pattern string) object {
	return object{"type": "string", "pattern": pattern + "|" + template}
}

const (
	datePattern    = `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	instantPattern = `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$`
)

// definitions are the schemas of the types that need nothing said about them.
func definitions() object {
	return object{
		string(KindText):      object{"type": "string"},
		string(KindPlain):     object{"type": "string", "not": object{"pattern": template}},
		string(KindScalar):    object{"type": []any{"string", "number", "boolean"}},
		string(KindFlag):      object{"anyOf": []any{object{"type": "boolean"}, orTemplate(`^(true|false|0|1)$`)}},
		string(KindDuration):  orTemplate(`^([0-9]+[smhdw])+$`),
		string(KindSize):      orTemplate(`^[0-9]+([KMGT]i?B)$`),
		string(KindDate):      orTemplate(datePattern),
		string(KindInstant):   orTemplate(instantPattern),
		string(KindDay):       orTemplate(datePattern + "|" + instantPattern),
		string(KindZone):      object{"type": "string", "minLength": 1},
		string(KindCondition): object{"type": []any{"string", "boolean"}},
		string(KindSecret):    object{"type": "string", "pattern": `^\$\{.*\}$`},
		string(KindType):      object{"type": "string"},
		string(KindAny):       true,
		"template":            object{"type": "string", "pattern": template},
	}
}

func pointer(name string) object { return object{"$ref": "#/$defs/" + name} }

// schema is what may be written in JSON.
func (t Type) schema() object {
	switch t.Kind {
	case KindNumber:
		return object{"anyOf": []any{
			object{"type": "integer", "minimum": t.Low, "maximum": t.High}, orTemplate(`^[0-9]+$`),
		}}
	case KindAmount:
		return object{"anyOf": []any{
			object{"type": "integer", "minimum": t.Low}, orTemplate(`^([0-9]+|([1-9][0-9]?|100)%)$`),
		}}
	case KindWord:
		return object{"anyOf": []any{object{"enum": t.Words}, pointer("template")}}
	case KindRef:
		return object{"type": "string", "pattern": refPattern(t.Blocks)}
	case KindList:
		return t.listSchema()
	case KindMap:
		return object{"anyOf": []any{object{"type": "object", "additionalProperties": t.Of.schema()}, pointer("template")}}
	case KindObject:
		return object{"anyOf": []any{partsSchema(t.Parts, t.Rules), pointer("template")}}
	case KindEither:
		var out []any
		for _, e := range t.Either {
			out = append(out, e.schema())
		}
		return object{"anyOf": out}
	default:
		return pointer(string(t.Kind))
	}
}

// refPattern matches connection.linux, connection["linux"] and both between ${
// and }.
func refPattern(blocks []string) string {
	name := fmt.Sprintf(`(%s)(\.[A-Za-z0-9_.-]+|\["[A-Za-z0-9_.-]+"\])`, strings.Join(blocks, "|"))
	return "^(" + name + `|\$\{` + name + `\})$`
}

// listSchema: lists of references are written out, others may be evaluated.
func (t Type) listSchema() object {
	list := object{"type": "array", "items": t.Of.schema()}
	if !t.Empty {
		list["minItems"] = 1
	}
	forms := []any{list}
	if t.Single {
		forms = append(forms, t.Of.schema())
	}
	if t.Of.Kind != KindRef {
		forms = append(forms, pointer("template"))
	}
	if len(forms) == 1 {
		return list
	}
	return object{"anyOf": forms}
}

// partsSchema is an object with the parts of a type and no others.
func partsSchema(parts []Argument, rules []Rule) object {
	properties := object{}
	var required []string
	for _, p := range parts {
		properties[p.Name] = p.schema()
		if p.Required {
			required = append(required, p.Name)
		}
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	if all := ruleSchemas(rules); len(all) > 0 {
		out["allOf"] = all
	}
	return out
}

// schema is that of the type with what is known about the argument.
func (a Argument) schema() object {
	out := a.Type.schema()
	if !a.Required && a.nullable() {
		if forms, ok := out["anyOf"].([]any); ok {
			out = object{"anyOf": append(forms, object{"type": "null"})}
		} else {
			out = object{"anyOf": []any{out, object{"type": "null"}}}
		}
	}
	out["description"] = a.description()
	if a.Default != nil {
		out["default"] = a.Default
	}
	if a.Example != nil {
		out["examples"] = []any{a.Example}
	}
	return out
}

// nullable: a value that is null is one that is not written; what is not evaluated
// cannot be null.
func (a Argument) nullable() bool {
	switch a.Type.Kind {
	case KindRef, KindCondition, KindType, KindPlain, KindAny:
		return false
	case KindList:
		return a.Type.Of.Kind != KindRef
	default:
		return true
	}
}

// description is what an editor shows.
func (a Argument) description() string {
	out := a.Doc
	if a.DefaultText != "" {
		out += " Default: " + a.DefaultText + "."
	}
	if a.Later != "" {
		out += " Not yet carried out: " + a.Later + "."
	}
	return strings.ReplaceAll(out, "`", "")
}
