package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// decodeJSON reads one JSON value with numbers as the package hands them out. What
// ansible-vault encrypted is encrypted{}.
func decodeJSON(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("this is no JSON: %w", err)
	}
	if strings.TrimSpace(string(text[d.InputOffset():])) != "" {
		return nil, errors.New("this is no JSON: there is more behind the value")
	}
	return fromJSON(v, 0)
}

var errDeep = fmt.Errorf("values are nested deeper than %d", maxYAMLNesting)

func fromJSON(v any, depth int) (any, error) {
	if depth > maxYAMLNesting {
		return nil, errDeep
	}
	switch v := v.(type) {
	case json.Number:
		return jsonNumber(string(v)), nil
	case []any:
		for i, e := range v {
			n, err := fromJSON(e, depth+1)
			if err != nil {
				return nil, err
			}
			v[i] = n
		}
		return v, nil
	case map[string]any:
		if len(v) == 1 {
			if _, ok := v["__ansible_vault"]; ok {
				return encrypted{}, nil
			}
			if s, ok := v["__ansible_unsafe"].(string); ok {
				return s, nil
			}
		}
		for k, e := range v {
			n, err := fromJSON(e, depth+1)
			if err != nil {
				return nil, err
			}
			v[k] = n
		}
		return v, nil
	default:
		return v, nil
	}
}

func jsonNumber(s string) any {
	if len(s) <= maxDigits && !strings.ContainsAny(s, ".eE") {
		if n, ok := new(big.Int).SetString(s, 10); ok {
			return bigValue(n)
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	return f
}

// member is one member of an object, or one element of a list, with its place.
type member struct {
	key  string
	raw  json.RawMessage
	line int
}

// members returns the members of an object in their order. lineOf is the line on
// which text begins.
func members(text []byte, line int) ([]member, error) {
	return elements(text, line, '{')
}

// elements returns what is in a list or an object, one level deep.
func elements(text []byte, line int, open json.Delim) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	t, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("this is no JSON: %w", err)
	}
	if t != open {
		return nil, fmt.Errorf("%s is expected here", map[json.Delim]string{'{': "an object", '[': "a list"}[open])
	}
	var out []member
	counted := 0
	for d.More() {
		var m member
		if open == '{' {
			k, err := d.Token()
			if err != nil {
				return nil, fmt.Errorf("this is no JSON: %w", err)
			}
			m.key, _ = k.(string)
		}
		if err := d.Decode(&m.raw); err != nil {
			return nil, fmt.Errorf("this is no JSON: %w", err)
		}
		start := int(d.InputOffset()) - len(m.raw)
		line += bytes.Count(text[counted:start], []byte("\n"))
		counted, m.line = start, line
		out = append(out, m)
	}
	return out, nil
}
