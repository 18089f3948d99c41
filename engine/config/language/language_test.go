package language_test

import (
	"testing"
	"time"

	"patchwave/engine/config/language"

	"github.com/google/go-cmp/cmp"
)

// toy is a small language with one of everything.
func toy() language.Language {
	free := language.Arg("NAME", language.Any(), "Anything.")
	wheel := &language.Block{
		Name: "wheel", Doc: "A wheel.", Many: true, Labels: []language.Label{{Name: "name", Pattern: "^[a-z]+$"}},
		Example:   "car \"a\" {\n  wheel \"left\" {\n  }\n}",
		Arguments: []language.Argument{language.Arg("size", language.Size(), "How large.").Like("2MiB")},
	}
	spare := *wheel
	spare.See = "car"
	return language.Language{
		ID: "https://example.invalid/toy", Title: "toy",
		Blocks: []*language.Block{
			{
				Name: "car", Group: "Things", Doc: "A car.", Labels: []language.Label{{Name: "name"}},
				Notes: []string{"It has wheels."}, Example: "car \"a\" {\n  colour = \"red\"\n}",
				Arguments: []language.Argument{
					{Name: "colour", Type: language.Word([]string{"red", "blue|green"}), Required: true, Doc: "Its colour.", Later: "`red`"},
					language.Arg("wait", language.Duration(), "How long.").Or(90 * time.Minute),
					language.Arg("owner", language.Ref("person"), "Whose it is.").OrSays("nobody's"),
					language.Arg("parts", language.List(language.Object(language.Arg("id", language.Number(1, 9), "A number."))), "Parts."),
					language.Arg("a", language.Text(), "A."), language.Arg("b", language.Text(), "B."),
				},
				Rules:  []language.Rule{language.AtMostOne("a", "b")},
				Blocks: []*language.Block{wheel, {Name: "engine", Doc: "An engine.", Example: "car \"a\" {\n  engine {}\n}", Later: "it does not run"}},
			},
			{Name: "bike", Group: "Things", Doc: "A bike.", Example: "bike {}", Blocks: []*language.Block{&spare}},
			{Name: "notes", Group: "More", Doc: "Notes.", Many: true, Free: &free, Example: "notes {}"},
			{Name: "source", Group: "More", Doc: "A source.", Example: "source \"csv\" \"a\" {}",
				Labels: []language.Label{{Name: "type", Words: []string{"csv"}}, {Name: "name"}}},
		},
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", 90 * time.Second: "90s", time.Minute: "1m", 90 * time.Minute: "90m",
		2 * time.Hour: "2h", 24 * time.Hour: "1d", 36 * time.Hour: "36h", 14 * 24 * time.Hour: "14d",
	} {
		if got := language.Span(d); got != want {
			t.Errorf("%v is %s, not %s", d, got, want)
		}
	}
}

func TestArgument(t *testing.T) {
	a := language.Arg("x", language.Duration(), "X.").Or(time.Minute)
	if a.Default != "1m" || a.Example != "1m" {
		t.Errorf("default %v, example %v", a.Default, a.Example)
	}
	if a = a.Like("3d"); a.Default != "1m" || a.Example != "3d" {
		t.Errorf("default %v, example %v", a.Default, a.Example)
	}
	list := language.Arg("x", language.List(language.Text()), "X.").Or([]string{"a"})
	if diff := cmp.Diff([]any{"a"}, list.Default); diff != "" {
		t.Error(diff)
	}
	b := toy().Blocks[0]
	if got, ok := b.Argument("owner"); !ok || got.DefaultText != "nobody's" {
		t.Errorf("owner is %v, %v", got, ok)
	}
	if _, ok := b.Argument("colur"); ok {
		t.Error("there is a colur")
	}
}

func TestWalk(t *testing.T) {
	var got [][]string
	toy().Walk(func(path []string, b *language.Block) {
		if b.Name != path[len(path)-1] {
			t.Errorf("%v leads to %s", path, b.Name)
		}
		got = append(got, path)
	})
	want := [][]string{{"car"}, {"car", "wheel"}, {"car", "engine"}, {"bike"}, {"bike", "wheel"}, {"notes"}, {"source"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHeader(t *testing.T) {
	var got []string
	for _, b := range toy().Blocks {
		got = append(got, b.Header())
	}
	if diff := cmp.Diff([]string{`car "NAME"`, "bike", "notes", `source "TYPE" "NAME"`}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTypeText(t *testing.T) {
	for _, test := range []struct {
		typ  language.Type
		want string
	}{
		{language.Text(), "string"},
		{language.Flag(), "true or false"},
		{language.Number(1, 9), "number, 1 to 9"},
		{language.Word([]string{"a", "b"}), "one of `a` `b`"},
		{language.List(language.Word([]string{"a", "b"})), "list of `a` `b`"},
		{language.Ref("host", "group"), "reference to a host or a group"},
		{language.List(language.Ref("host")), "list of references to a host"},
		{language.List(language.Ref("host")).OrOne(), "reference to a host, or a list of them"},
		{language.ListOrNone(language.Date()), "list of dates"},
		{language.Map(language.Size()), "object of sizes"},
		{language.Map(language.Any()), "object of any values"},
		{language.Either(language.List(language.Text()), language.Text()), "list of strings, or string"},
		{language.List(language.Either(language.Ref("p"), language.Text())), "list of references to a p or strings"},
		{language.List(language.Number(100, 599)), "list of numbers, 100 to 599"},
		{language.Word([]string{"reboot"}), "`reboot`"},
	} {
		if got := test.typ.Text(); got != test.want {
			t.Errorf("%q, not %q", got, test.want)
		}
	}
}
