package config

import (
	"crypto/sha256"
	"encoding/hex"

	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// digest is over everything that decides what the configuration says: each file
// by name without its comments and layout, the values of variables, and what
// env() and file() read.
func (l *loader) digest(sources []sourceFile) string {
	h := sha256.New()
	writePart(h, "patchwave configuration 1")
	for i, s := range sources {
		writePart(h, s.name)
		writePart(h, string(l.sums[i][:]))
	}
	for _, name := range sortedKeys(l.variables.named) {
		writePart(h, "var\x00"+name)
		if vars := l.ctx.Variables["var"]; vars.Type().HasAttribute(name) {
			value := vars.GetAttr(name)
			if !value.ContainsMarked() {
				text, err := ctyjson.Marshal(value, value.Type())
				if err == nil { // a value that is no data decides nothing
					writePart(h, string(text))
				}
			}
		}
	}
	for _, key := range sortedKeys(l.functions.inputs) {
		writePart(h, key)
		writePart(h, l.functions.inputs[key].value)
	}
	return hex.EncodeToString(h.Sum(nil))
}
