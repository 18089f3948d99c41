package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf16"
)

// reference is the canonical form of the plan that the digest is of, made another
// way: from the JSON of the plan, whatever members it has.
func reference(p *Plan) (string, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var tree map[string]any
	if err := dec.Decode(&tree); err != nil {
		return "", err
	}
	for _, k := range []string{"schema", "id", "digest", "created", "expires"} {
		delete(tree, k)
	}
	dropTimes(tree)
	var out bytes.Buffer
	err = canonicalJSON(&out, tree)
	return out.String(), err
}

// dropTimes removes what says when, and the sentences, wherever they stand.
func dropTimes(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "not_before")
		delete(v, "until")
		delete(v, "reason")
		delete(v, "notes")
		for _, x := range v {
			dropTimes(x)
		}
	case []any:
		for _, x := range v {
			dropTimes(x)
		}
	}
}

// canonicalJSON writes v as RFC 8785 has it: no white space, members sorted by their
// UTF-16 code units. Numbers in a plan are integers below 2^53, which are
// written as they are.
func canonicalJSON(out *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b string) int {
			return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		})
		out.WriteByte('{')
		for i, k := range keys {
			if i > 0 {
				out.WriteByte(',')
			}
			canonicalString(out, k)
			out.WriteByte(':')
			if err := canonicalJSON(out, v[k]); err != nil {
				return err
			}
		}
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := canonicalJSON(out, x); err != nil {
				return err
			}
		}
		out.WriteByte(']')
	case string:
		canonicalString(out, v)
	case json.Number:
		if _, err := v.Int64(); err != nil {
			return fmt.Errorf("number %s in a plan is no integer", v)
		}
		out.WriteString(v.String())
	case bool:
		fmt.Fprintf(out, "%t", v)
	case nil:
		out.WriteString("null")
	default:
		return fmt.Errorf("value of type %T in a plan", v)
	}
	return nil
}

// canonicalString writes a string with the escapes of RFC 8785, section 3.2.2.2.
func canonicalString(out *bytes.Buffer, s string) {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\t': `\t`, '\n': `\n`, '\f': `\f`, '\r': `\r`}
	out.WriteByte('"')
	for _, r := range s {
		if esc, ok := short[r]; ok {
			out.WriteString(esc)
		} else if r < 0x20 {
			fmt.Fprintf(out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}
