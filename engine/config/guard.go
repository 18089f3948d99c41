package config

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// The parser and the evaluator of HCL call themselves once a level, and a stack
// that overflows ends the process without a chance to recover. So the depth is
// bounded here, on tokens, before a parser sees the text.
const (
	// maxNesting bounds how deep brackets, quotes and templates nest.
	maxNesting = 256
	// maxOperators bounds the operators, calls and indexes of one expression,
	// those of the expressions around it included: each can be a level of the tree.
	maxOperators = 1024
	// maxParts bounds the interpolations of one template: the parser takes time
	// that grows with their square.
	maxParts = 10_000
	// maxExponent bounds the digits of a number's exponent: 1e999999999 is short
	// to write and a gigabyte to print.
	maxExponent = 3
)

// guardTokens checks the tokens of native syntax. It returns nil if the text may
// be parsed.
func guardTokens(tokens hclsyntax.Tokens) *hcl.Diagnostic {
	g := guard{levels: []level{{}}}
	for i := range tokens {
		if d := g.token(&tokens[i]); d != nil {
			return d
		}
	}
	return nil
}

// guardText checks a file in native syntax.
func guardText(text []byte, name string) *hcl.Diagnostic {
	_, at, safe := scanQuickly(text)
	if safe {
		return nil
	}
	_, d := lexSafely(text, name, at)
	return d
}

// lexSafely returns the tokens of a file in native syntax, or why it must not be
// parsed. doubt is the offset at which scanQuickly gave up: what is wrong is
// probably there, so that the beginning is lexed first and the whole file only
// if nothing is found.
func lexSafely(text []byte, name string, doubt int) (hclsyntax.Tokens, *hcl.Diagnostic) {
	if i, deep := hopeless(text); deep {
		at := placeIn(text, i)
		return nil, guardFailed(hcl.Range{Filename: name, Start: at, End: at},
			fmt.Sprintf("brackets nest deeper than %d levels", maxNesting))
	}
	for cut := doubt + firstCut; cut < len(text); cut *= 4 {
		tokens, _ := hclsyntax.LexConfig(text[:cut], name, hcl.InitialPos) // looked at again in the whole
		// The last tokens may owe what they are to the cut.
		for len(tokens) > 0 && tokens[len(tokens)-1].Range.End.Byte > cut-maxNesting {
			tokens = tokens[:len(tokens)-1]
		}
		if d := guardTokens(tokens); d != nil {
			return nil, d
		}
	}
	tokens, _ := hclsyntax.LexConfig(text, name, hcl.InitialPos) // the parser reports mistakes of the lexer
	return tokens, guardTokens(tokens)
}

// firstCut is how much behind a doubt is lexed at first, in bytes: more than
// maxOperators operators take.
const firstCut = 8 << 10

// level is one bracket, quote or template that is open.
type level struct {
	open hclsyntax.TokenType
	// operators are those of the expression that is being read.
	operators int
	// parts are the interpolations and directives of a template.
	parts int
}

type guard struct {
	levels []level
	// operators is the sum over all levels.
	operators int
}

func (g *guard) token(t *hclsyntax.Token) *hcl.Diagnostic {
	top := &g.levels[len(g.levels)-1]
	switch t.Type {
	case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote,
		hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		top.operators++
		g.operators++
		if t.Type == hclsyntax.TokenTemplateInterp || t.Type == hclsyntax.TokenTemplateControl {
			if top.parts++; top.parts > maxParts {
				return guardFailed(t.Range, fmt.Sprintf("a template has more than %d parts", maxParts))
			}
		}
		g.levels = append(g.levels, level{open: t.Type})
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote,
		hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
		g.close(t.Type)
	case hclsyntax.TokenComma:
		g.reset(top)
	case hclsyntax.TokenNewline:
		if top.open == hclsyntax.TokenOBrace || len(g.levels) == 1 {
			g.reset(top)
		}
	case hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPlus, hclsyntax.TokenMinus, hclsyntax.TokenPercent,
		hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq,
		hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq, hclsyntax.TokenAnd, hclsyntax.TokenOr,
		hclsyntax.TokenBang, hclsyntax.TokenDot, hclsyntax.TokenQuestion, hclsyntax.TokenColon:
		top.operators++
		g.operators++
	case hclsyntax.TokenNumberLit:
		if exponentTooLong(t.Bytes) {
			return guardFailed(t.Range, "the exponent of this number is too large")
		}
	}
	switch {
	case len(g.levels) > maxNesting:
		return guardFailed(t.Range, fmt.Sprintf("brackets and quotes nest deeper than %d levels", maxNesting))
	case g.operators > maxOperators:
		return guardFailed(t.Range, fmt.Sprintf("this expression has more than %d operators", maxOperators))
	}
	return nil
}

// close ends the innermost level. An interpolation is one flat part of its
// template, so that many of them in a row are no depth.
func (g *guard) close(with hclsyntax.TokenType) {
	last := g.levels[len(g.levels)-1]
	if len(g.levels) == 1 || closer(last.open) != with {
		return // the parser says it better
	}
	g.operators -= last.operators
	g.levels = g.levels[:len(g.levels)-1]
	if last.open == hclsyntax.TokenTemplateInterp {
		g.reset(&g.levels[len(g.levels)-1])
	}
}

// closer is the token that ends what another one opened.
func closer(open hclsyntax.TokenType) hclsyntax.TokenType {
	switch open {
	case hclsyntax.TokenOBrace:
		return hclsyntax.TokenCBrace
	case hclsyntax.TokenOBrack:
		return hclsyntax.TokenCBrack
	case hclsyntax.TokenOParen:
		return hclsyntax.TokenCParen
	case hclsyntax.TokenOQuote:
		return hclsyntax.TokenCQuote
	case hclsyntax.TokenOHeredoc:
		return hclsyntax.TokenCHeredoc
	default:
		return hclsyntax.TokenTemplateSeqEnd
	}
}

func (g *guard) reset(at *level) {
	g.operators -= at.operators
	at.operators = 0
}

func exponentTooLong(number []byte) bool {
	i := bytes.IndexAny(number, "eE")
	if i < 0 {
		return false
	}
	digits := bytes.TrimLeft(number[i+1:], "+-0")
	n := bytes.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
	if n < 0 {
		n = len(digits)
	}
	return n > maxExponent
}

func guardFailed(at hcl.Range, detail string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "too complex to read safely", Detail: "Here " + detail + ".", Subject: &at}
}

// guardJSON checks JSON: its own nesting, and every template inside a string.
func guardJSON(name string, text []byte) *hcl.Diagnostic {
	depth, line, lineStart := 0, 1, 0
	at := func(i int) hcl.Range {
		p := hcl.Pos{Line: line, Column: i - lineStart + 1, Byte: i}
		return hcl.Range{Filename: name, Start: p, End: p}
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\n':
			line, lineStart = line+1, i+1
		case '{', '[':
			if depth++; depth > maxNesting {
				return guardFailed(at(i), fmt.Sprintf("brackets nest deeper than %d levels", maxNesting))
			}
		case '}', ']':
			depth--
		case 'e', 'E':
			if i > 0 && isDigit(text[i-1]) && exponentTooLong(number(text[i:])) {
				return guardFailed(at(i), "the exponent of this number is too large")
			}
		case '"':
			end := stringEnd(text, i)
			if d := guardJSONString(text[i:end], at(i)); d != nil {
				return d
			}
			i = end - 1
		}
	}
	return nil
}

// number returns the part of text that belongs to a number's exponent.
func number(text []byte) []byte {
	n := 1
	for n < len(text) && (isDigit(text[n]) || text[n] == '+' || text[n] == '-') {
		n++
	}
	return text[:n]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// stringEnd returns the offset behind the string that begins at i.
func stringEnd(text []byte, i int) int {
	for j := i + 1; j < len(text); j++ {
		switch text[j] {
		case '\\':
			j++
		case '"', '\n':
			return j + 1
		}
	}
	return len(text)
}

func guardJSONString(quoted []byte, at hcl.Range) *hcl.Diagnostic {
	if !bytes.Contains(quoted, []byte("{")) && !bytes.Contains(quoted, []byte(`\u`)) {
		return nil
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return nil // the parser says it better
	}
	return guardTemplate(s, at)
}

// guardTemplate checks a template that stands in a string of JSON.
func guardTemplate(s string, at hcl.Range) *hcl.Diagnostic {
	tokens, _ := hclsyntax.LexTemplate([]byte(s), at.Filename, at.Start) // the parser reports mistakes of the lexer
	return guardTokens(tokens)
}
