package language

import (
	"fmt"
	"slices"
	"time"
)

// Language is all that can be written in one sort of file.
type Language struct {
	// ID is the $id of the schema, Title what it is called.
	ID, Title string
	// Blocks are those that stand at the top, in the order of the reference.
	Blocks []*Block
}

// Block is a type of block.
type Block struct {
	// Name is the word before the brace.
	Name string
	// Group is the heading below which the reference has a top-level block.
	Group string
	// Labels are what stands between the name and the brace.
	Labels []Label
	// Doc says in a sentence or two what it is for.
	Doc string
	// Notes are further sentences, one paragraph each.
	Notes []string
	// Example is native syntax that loads, together with the examples that have
	// what it refers to.
	Example string
	// Many says that it may stand more than once in its parent.
	Many bool
	// Arguments are in the order of the reference.
	Arguments []Argument
	// Rules say how arguments depend on each other.
	Rules []Rule
	// Blocks stand inside of it.
	Blocks []*Block
	// See is the top-level block that describes the same one, "" if this does: then
	// the reference leaves it out here.
	See string
	// Free, if set, stands for arguments of any name.
	Free *Argument
	// Later says what of it this version reads and does not carry out; "" is
	// nothing.
	Later string
}

// Label is one label of a block.
type Label struct {
	// Name says what it is: "name", "type".
	Name string
	// Words is the closed list, nil if there is none.
	Words []string
	// Pattern is a regular expression that both RE2 and ECMA-262 know, "" for any
	// text.
	Pattern string
}

// Argument is one argument of a block, or a part of an object.
type Argument struct {
	Name     string
	Type     Type
	Required bool
	// Doc is a sentence.
	Doc string
	// Default is what holds where it is not written, as JSON would have it; nil if
	// there is none, or if DefaultText says it in words.
	Default     any
	DefaultText string
	// Example is a value as JSON would have it.
	Example any
	// Later says what of it this version reads and does not carry out; "" is
	// nothing.
	Later string
}

// Arg makes an argument.
func Arg(name string, t Type, doc string) Argument {
	return Argument{Name: name, Type: t, Doc: doc, Example: t.example()}
}

// Or returns the argument with a default: a string, a whole number, a boolean, a
// list of strings, or a duration, which is written with its unit.
func (a Argument) Or(value any) Argument {
	a.Default = plain(value)
	a.Example = a.Default
	return a
}

// OrSays returns the argument with a default that only words can tell.
func (a Argument) OrSays(words string) Argument {
	a.DefaultText = words
	return a
}

// Like returns the argument with an example.
func (a Argument) Like(value any) Argument {
	a.Example = plain(value)
	return a
}

// plain is a value as encoding/json would read it back, but for numbers, which
// stay whole.
func plain(value any) any {
	switch v := value.(type) {
	case time.Duration:
		return Span(v)
	case []string:
		out := make([]any, len(v))
		for i, s := range v {
			out[i] = s
		}
		return out
	default:
		return v
	}
}

// Span writes a duration of whole seconds in the largest unit that divides it.
func Span(d time.Duration) string {
	const day = 24 * time.Hour
	for _, unit := range []struct {
		letter string
		length time.Duration
	}{{"d", day}, {"h", time.Hour}, {"m", time.Minute}} {
		if d != 0 && d%unit.length == 0 {
			return fmt.Sprintf("%d%s", d/unit.length, unit.letter)
		}
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// Rule says how arguments and nested blocks of a block depend on each other.
type Rule struct {
	// Least and Most bound how many of Names may be written.
	Least, Most int
	Names       []string
}

// ExactlyOne is the rule that one of names is written, and only one.
func ExactlyOne(names ...string) Rule { return Rule{1, 1, names} }

// AtLeastOne is the rule that something of names is written.
func AtLeastOne(names ...string) Rule { return Rule{1, len(names), names} }

// AtMostOne is the rule that names exclude each other.
func AtMostOne(names ...string) Rule { return Rule{0, 1, names} }

// Argument returns the argument of a name.
func (b *Block) Argument(name string) (Argument, bool) {
	i := slices.IndexFunc(b.Arguments, func(a Argument) bool { return a.Name == name })
	if i < 0 {
		return Argument{}, false
	}
	return b.Arguments[i], true
}

// Walk calls visit for every block with the names of the blocks it stands in, its
// own last.
func (l Language) Walk(visit func(path []string, b *Block)) {
	var step func(path []string, blocks []*Block)
	step = func(path []string, blocks []*Block) {
		for _, b := range blocks {
			own := append(slices.Clone(path), b.Name)
			visit(own, b)
			step(own, b.Blocks)
		}
	}
	step(nil, l.Blocks)
}
