package language

import (
	"fmt"
	"strings"
)

// Kind is a sort of value.
type Kind string

// The sorts of values.
const (
	KindText      Kind = "text"
	KindPlain     Kind = "plain"
	KindScalar    Kind = "scalar"
	KindFlag      Kind = "flag"
	KindNumber    Kind = "number"
	KindDuration  Kind = "duration"
	KindSize      Kind = "size"
	KindAmount    Kind = "amount"
	KindDate      Kind = "date"
	KindInstant   Kind = "instant"
	KindDay       Kind = "day"
	KindZone      Kind = "zone"
	KindWord      Kind = "word"
	KindRef       Kind = "reference"
	KindCondition Kind = "condition"
	KindSecret    Kind = "secret"
	KindList      Kind = "list"
	KindMap       Kind = "map"
	KindObject    Kind = "object"
	KindEither    Kind = "either"
	KindType      Kind = "type"
	KindAny       Kind = "any"
)

// Type says what may be written for an argument.
type Type struct {
	Kind Kind
	// Words is the closed list of a word.
	Words []string
	// Blocks are the types of blocks that a reference may name.
	Blocks []string
	// Low and High bound a number, Low an amount.
	Low, High int
	// Of is the type of the elements of a list or a map. Single says that a list of
	// one may be written without brackets, Empty that it may be empty.
	Of            *Type
	Single, Empty bool
	// Parts are those of an object.
	Parts []Argument
	// Rules are about its parts.
	Rules []Rule
	// Either are alternatives.
	Either []Type
}

// Text is a string.
func Text() Type { return Type{Kind: KindText} }

// Plain is a string in which nothing is evaluated.
func Plain() Type { return Type{Kind: KindPlain} }

// Scalar is a string that may be written as a number, or as true or false.
func Scalar() Type { return Type{Kind: KindScalar} }

// Flag is true or false.
func Flag() Type { return Type{Kind: KindFlag} }

// Number is a whole number between two others.
func Number(low, high int) Type { return Type{Kind: KindNumber, Low: low, High: high} }

// Duration is a span of time.
func Duration() Type { return Type{Kind: KindDuration} }

// Size is a number of bytes with its unit.
func Size() Type { return Type{Kind: KindSize} }

// Amount is a number of hosts of at least low, or a percentage of them.
func Amount(low int) Type { return Type{Kind: KindAmount, Low: low} }

// Date is a day.
func Date() Type { return Type{Kind: KindDate} }

// Instant is a time with its offset.
func Instant() Type { return Type{Kind: KindInstant} }

// Day is a day, or a time with its offset.
func Day() Type { return Type{Kind: KindDay} }

// Zone is a time zone.
func Zone() Type { return Type{Kind: KindZone} }

// Word is one of a closed list.
func Word(words []string) Type { return Type{Kind: KindWord, Words: words} }

// Ref is a reference to a block of one of some types.
func Ref(blocks ...string) Type { return Type{Kind: KindRef, Blocks: blocks} }

// Condition is an expression that is run later.
func Condition() Type { return Type{Kind: KindCondition} }

// Secret is secret("scheme:reference").
func Secret() Type { return Type{Kind: KindSecret} }

// List is a list of at least one element.
func List(of Type) Type { return Type{Kind: KindList, Of: &of} }

// ListOrNone is a list that may be empty.
func ListOrNone(of Type) Type { return Type{Kind: KindList, Of: &of, Empty: true} }

// Map is an object with keys of any name.
func Map(of Type) Type { return Type{Kind: KindMap, Of: &of} }

// Object is an object with parts.
func Object(parts ...Argument) Type { return Type{Kind: KindObject, Parts: parts} }

// Either is one of several types.
func Either(types ...Type) Type { return Type{Kind: KindEither, Either: types} }

// TypeName is the name of a type, for variables.
func TypeName() Type { return Type{Kind: KindType} }

// Any is any value.
func Any() Type { return Type{Kind: KindAny} }

// OrOne returns a list of which a single element needs no brackets.
func (t Type) OrOne() Type {
	t.Single = true
	return t
}

// With returns an object with a rule about its parts.
func (t Type) With(r Rule) Type {
	t.Rules = append(t.Rules, r)
	return t
}

// example is a value for an argument that has none of its own.
func (t Type) example() any {
	switch t.Kind {
	case KindFlag:
		return true
	case KindNumber, KindAmount:
		return max(t.Low, 1)
	case KindWord:
		return t.Words[0]
	case KindRef:
		return t.Blocks[0] + ".NAME"
	case KindList:
		return []any{t.Of.example()}
	case KindMap:
		return map[string]any{"name": t.Of.example()}
	case KindEither:
		return t.Either[0].example()
	case KindObject:
		out := map[string]any{}
		for _, p := range t.Parts {
			if p.Required {
				out[p.Name] = p.Example
			}
		}
		return out
	default:
		return exampleOf[t.Kind]
	}
}

var exampleOf = map[Kind]any{
	KindText: "text", KindPlain: "text", KindScalar: "text", KindDuration: "10m", KindSize: "2GiB", KindDate: "2027-01-08",
	KindInstant: "2026-12-20T02:00:00+01:00", KindDay: "2026-12-20", KindZone: "Europe/Berlin",
	KindCondition: `${host.labels.role == "web"}`, KindSecret: `${secret("cred:NAME")}`, KindType: "string", KindAny: "value",
}

// Text says in words what may be written; lists of words are quoted as code.
func (t Type) Text() string {
	switch t.Kind {
	case KindNumber:
		return fmt.Sprintf("number, %d to %d", t.Low, t.High)
	case KindWord:
		if len(t.Words) == 1 {
			return codes(t.Words)
		}
		return "one of " + codes(t.Words)
	case KindRef:
		return "reference to a " + strings.Join(t.Blocks, " or a ")
	case KindList:
		return t.listText()
	case KindMap:
		return "object of " + t.Of.plural()
	case KindEither:
		texts := make([]string, len(t.Either))
		for i, e := range t.Either {
			texts[i] = e.Text()
		}
		return strings.Join(texts, ", or ")
	default:
		return nameOf[t.Kind]
	}
}

var nameOf = map[Kind]string{
	KindText: "string", KindPlain: "plain string", KindScalar: "string", KindFlag: "true or false", KindDuration: "duration", KindSize: "size",
	KindAmount: "number or percentage", KindDate: "date", KindInstant: "time", KindDay: "date or time", KindZone: "time zone",
	KindCondition: "condition", KindSecret: "secret", KindObject: "object", KindType: "type", KindAny: "any value",
}

func (t Type) listText() string {
	if t.Single {
		return t.Of.Text() + ", or a list of them"
	}
	return "list of " + t.Of.plural()
}

// plural is Text for several.
func (t Type) plural() string {
	switch t.Kind {
	case KindWord:
		return codes(t.Words)
	case KindRef:
		return "references to a " + strings.Join(t.Blocks, " or a ")
	case KindAny:
		return "any values"
	case KindNumber:
		return fmt.Sprintf("numbers, %d to %d", t.Low, t.High)
	case KindEither:
		texts := make([]string, len(t.Either))
		for i, e := range t.Either {
			texts[i] = e.plural()
		}
		return strings.Join(texts, " or ")
	case KindList, KindMap:
		return t.Text()
	default:
		return t.Text() + "s"
	}
}

func codes(words []string) string {
	return "`" + strings.Join(words, "` `") + "`"
}
