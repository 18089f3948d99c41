package config

import (
	"crypto/sha256"
	"hash"
	"io"
	"runtime"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
)

// parsed is one file after parsing.
type parsed struct {
	name  string
	body  hcl.Body
	diags hcl.Diagnostics
	// sum is the digest of what the file says, without comments and layout.
	sum [sha256.Size]byte
}

// parse reads all files, several at once, and keeps what could be parsed.
func (l *loader) parse(sources []sourceFile) {
	l.files = make([]parsed, len(sources))
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, s := range sources {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			l.files[i] = parseFile(s, &l.turns)
		})
	}
	wg.Wait()
	for _, f := range l.files {
		l.sums = append(l.sums, f.sum)
		l.adopt(f.diags)
	}
}

func parseFile(s sourceFile, counted *turns) parsed {
	if d := badText(s.name, s.text); d != nil {
		return parsed{name: s.name, sum: sha256.Sum256(s.text), diags: hcl.Diagnostics{d}}
	}
	if kindOf(s.name) == "json" {
		return parseJSON(s)
	}
	out := parsed{name: s.name}
	normal, at, safe := scanQuickly(s.text)
	if safe {
		out.sum = sha256.Sum256(normal)
	} else {
		tokens, d := lexSafely(s.text, s.name, at)
		if d != nil {
			out.diags = hcl.Diagnostics{d}
			return out
		}
		out.sum = sumTokens(tokens)
	}
	file, diags := hclsyntax.ParseConfig(s.text, s.name, hcl.InitialPos)
	out.diags = causes(diags)
	if file != nil {
		out.body = file.Body
		if body, ok := file.Body.(*hclsyntax.Body); ok {
			counted.count(s.text, body)
		}
	}
	return out
}

func parseJSON(s sourceFile) parsed {
	out := parsed{name: s.name, sum: sha256.Sum256(s.text)}
	if d := guardJSON(s.name, s.text); d != nil {
		out.diags = hcl.Diagnostics{d}
		return out
	}
	file, diags := hcljson.Parse(s.text, s.name)
	out.diags = jsonCauses(diags)
	if file != nil && !diags.HasErrors() {
		out.body = file.Body
	}
	return out
}

// sumTokens hashes what the tokens say: comments are left out, and so are blank
// lines and the layout between tokens.
func sumTokens(tokens hclsyntax.Tokens) [sha256.Size]byte {
	h := sha256.New()
	blank := true
	for i := range tokens {
		t := &tokens[i]
		kind := t.Type
		if kind == hclsyntax.TokenComment {
			if n := len(t.Bytes); n == 0 || t.Bytes[n-1] != '\n' {
				continue
			}
			kind = hclsyntax.TokenNewline // a line comment takes the line's end with it
		}
		if kind == hclsyntax.TokenNewline {
			if !blank {
				writePart(h, "\n")
			}
			blank = true
			continue
		}
		blank = false
		writePart(h, string(t.Bytes))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// writePart writes a part so that no other sequence of parts gives the same
// bytes.
func writePart(h hash.Hash, s string) {
	var length [8]byte
	for i, n := 0, uint64(len(s)); i < len(length); i++ {
		length[i] = byte(n >> (8 * i))
	}
	_, _ = h.Write(length[:])   // a hash never fails
	_, _ = io.WriteString(h, s) // likewise
}
