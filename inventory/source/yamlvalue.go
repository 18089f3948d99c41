package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"patchwave/inventory"

	"go.yaml.in/yaml/v3"
)

const (
	// maxYAML bounds a YAML file in bytes.
	maxYAML = 8 << 20
	// maxNodes bounds the values of one file, those behind aliases counted each time.
	maxNodes = 4_000_000
	// maxYAMLNesting bounds how deep values lie in each other.
	maxYAMLNesting = 100
)

// encrypted is the value of a variable that ansible-vault encrypted.
type encrypted struct{}

// document reads a file as Ansible does: as JSON if it is JSON, else as YAML 1.1.
func (r *reader) document(name string, text []byte) (any, *Error) {
	if looksLikeJSON(text) && json.Valid(text) {
		v, err := decodeJSON(text)
		if err != nil {
			return nil, &Error{Pos: inventory.Position{File: name}, Msg: err.Error()}
		}
		return v, nil
	}
	root, err := parseYAML(name, text)
	if err != nil || root == nil {
		return nil, err
	}
	y := &yamlReader{file: name}
	v := y.value(root, 0)
	return v, y.err
}

func looksLikeJSON(text []byte) bool {
	trimmed := strings.TrimLeft(string(text[:min(len(text), 4096)]), " \t\r\n")
	return strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[")
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// parseYAML returns the one document of a file; nil if it is empty.
func parseYAML(name string, text []byte) (root *yaml.Node, failed *Error) {
	if len(text) > maxYAML {
		return nil, &Error{Pos: inventory.Position{File: name}, Msg: fmt.Sprintf("the file is larger than %d MiB", maxYAML>>20)}
	}
	if deep := tooDeep(text); deep > 0 {
		return nil, &Error{Pos: inventory.Position{File: name, Line: deep}, Msg: "values are nested too deeply"}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	err := decoder.Decode(&doc)
	if doc.Kind == 0 && (err == nil || err.Error() == endOfFile) {
		return nil, nil
	}
	if err == nil {
		if err = decoder.Decode(&second); err != nil && err.Error() == endOfFile {
			err = nil
		} else if err == nil {
			return nil, &Error{Pos: inventory.Position{File: name, Line: second.Line}, Msg: "the file has a second document; one is read"}
		}
	}
	if err != nil {
		pos := inventory.Position{File: name}
		m := yamlLine.FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0])
		pos.Line, _ = strconv.Atoi(m[1])
		return nil, &Error{Pos: pos, Msg: "this is no YAML: " + shorten(m[2])}
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

// endOfFile is what io.EOF says; this package imports nothing that reads.
const endOfFile = "EOF"

// tooDeep returns the line on which brackets, dashes or blanks nest deeper than any
// inventory does, or 0: the parser takes long over such text.
func tooDeep(text []byte) int {
	line, depth, indent, leading := 1, 0, 0, true
	for _, c := range text {
		switch {
		case c == '\n':
			line, indent, leading = line+1, 0, true
		case leading && (c == ' ' || c == '-' || c == '?' || c == '\t'):
			indent++
		default:
			leading = false
		}
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		}
		if depth > 10*maxYAMLNesting || indent > 100*maxYAMLNesting {
			return line
		}
	}
	return 0
}

// yamlReader turns nodes into values as PyYAML does for Ansible.
type yamlReader struct {
	file string
	// json says that the text is JSON, where 1e3 is a number.
	json  bool
	nodes int
	err   *Error
}

func (y *yamlReader) pos(n *yaml.Node) inventory.Position {
	return inventory.Position{File: y.file, Line: n.Line, Column: n.Column}
}

func (y *yamlReader) fail(n *yaml.Node, format string, args ...any) {
	if y.err == nil {
		y.err = &Error{Pos: y.pos(n), Msg: fmt.Sprintf(format, args...)}
	}
}

// enter counts a node and says whether it may be read.
func (y *yamlReader) enter(n *yaml.Node, depth int) bool {
	if y.nodes++; y.nodes > maxNodes {
		y.fail(n, "the file has too many values, or aliases that multiply")
	}
	if depth > maxYAMLNesting {
		y.fail(n, "values are nested deeper than %d", maxYAMLNesting)
	}
	return y.err == nil
}

func (y *yamlReader) value(n *yaml.Node, depth int) any {
	if !y.enter(n, depth) {
		return nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		return y.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			out = append(out, y.value(c, depth+1))
		}
		return out
	case yaml.MappingNode:
		out := map[string]any{}
		y.pairs(n, depth, func(k, v *yaml.Node) { out[y.key(k)] = y.value(v, depth+1) })
		return out
	case yaml.ScalarNode:
		return y.scalar(n)
	default:
		y.fail(n, "this is no value")
		return nil
	}
}

// pairs visits the pairs of a mapping in the order in which later ones win: those
// merged in by << first.
func (y *yamlReader) pairs(n *yaml.Node, depth int, visit func(k, v *yaml.Node)) {
	if !y.enter(n, depth) {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.Value != "<<" || k.Style != 0 {
			continue
		}
		v = resolveAlias(v)
		sources := []*yaml.Node{v}
		if v.Kind == yaml.SequenceNode {
			sources = v.Content
		}
		for j := len(sources) - 1; j >= 0; j-- {
			m := resolveAlias(sources[j])
			if m.Kind != yaml.MappingNode {
				y.fail(v, "<< needs a mapping, or a list of them")
				return
			}
			y.pairs(m, depth+1, visit)
		}
	}
	for i := 0; i+1 < len(n.Content) && y.err == nil; i += 2 {
		if k := n.Content[i]; k.Kind != yaml.ScalarNode || k.Value != "<<" || k.Style != 0 {
			visit(k, n.Content[i+1])
		}
	}
}

func resolveAlias(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// key is a key as it stands in JSON.
func (y *yamlReader) key(n *yaml.Node) string {
	n = resolveAlias(n)
	if n.Kind == yaml.ScalarNode {
		if k, ok := jsonKey(y.scalar(n)); ok {
			return k
		}
	}
	y.fail(n, "a key must be a single value")
	return ""
}

func (y *yamlReader) scalar(n *yaml.Node) any {
	if n.Style&yaml.TaggedStyle == 0 {
		if n.Style == 0 && y.json && n.Value != "" && (n.Value[0] == '-' || isDigit(n.Value[0])) {
			return jsonNumber(n.Value)
		}
		if n.Style == 0 {
			return plain(n.Value)
		}
		return n.Value
	}
	var ok bool
	var v any = n.Value
	switch n.Tag {
	case "!", "!!str", "!unsafe":
		return n.Value
	case "!vault", "!vault-encrypted":
		return encrypted{}
	case "!!null":
		return nil
	case "!!bool", "!!int", "!!float":
		v = plain(n.Value)
		switch v.(type) {
		case bool:
			ok = n.Tag == "!!bool"
		case float64:
			ok = n.Tag != "!!bool"
		}
	}
	if !ok {
		y.fail(n, "the tag %s is not understood here", shorten(n.Tag))
	}
	return v
}

// What a plain scalar is, in YAML 1.1 as PyYAML reads it.
var (
	yamlBool  = regexp.MustCompile(`^(?:(yes|Yes|YES|true|True|TRUE|on|On|ON)|no|No|NO|false|False|FALSE|off|Off|OFF)$`)
	yamlNull  = regexp.MustCompile(`^(?:~|null|Null|NULL|)$`)
	yamlInt   = regexp.MustCompile(`^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)
	yamlFloat = regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)$`)
)

// plain types a scalar without quotes. What has no value in JSON (infinity) and
// dates stay text.
func plain(s string) any {
	switch {
	case s == "" || yamlNull.MatchString(s):
		return nil
	case len(s) > maxDigits:
		return s
	case yamlInt.MatchString(s):
		return yamlInteger(s)
	case yamlFloat.MatchString(s):
		return yamlNumber(s)
	}
	if m := yamlBool.FindStringSubmatch(s); m != nil {
		return m[1] != ""
	}
	return s
}

func yamlInteger(s string) any {
	clean := strings.ReplaceAll(s, "_", "")
	sign := ""
	if clean != "" && (clean[0] == '-' || clean[0] == '+') {
		sign, clean = strings.TrimPrefix(clean[:1], "+"), clean[1:]
	}
	base, digits := 10, clean
	switch {
	case strings.HasPrefix(clean, "0b"):
		base, digits = 2, clean[2:]
	case strings.HasPrefix(clean, "0x"):
		base, digits = 16, clean[2:]
	case strings.Contains(clean, ":"):
		return sexagesimal(sign, clean)
	case len(clean) > 1 && clean[0] == '0':
		base, digits = 8, clean[1:]
	}
	n, ok := new(big.Int).SetString(sign+digits, base)
	if !ok {
		return s
	}
	return bigValue(n)
}

// sexagesimal is 1:30, ninety.
func sexagesimal(sign, s string) any {
	total := 0.0
	for _, part := range strings.Split(s, ":") {
		f, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return sign + s
		}
		total = total*60 + f
	}
	if sign == "-" {
		total = -total
	}
	return total
}

func yamlNumber(s string) any {
	clean := strings.ReplaceAll(s, "_", "")
	if strings.Contains(clean, ":") {
		sign := ""
		if clean[0] == '-' || clean[0] == '+' {
			sign, clean = strings.TrimPrefix(clean[:1], "+"), clean[1:]
		}
		return sexagesimal(sign, clean)
	}
	f, err := strconv.ParseFloat(clean, 64)
	if err != nil {
		return s
	}
	return f
}
