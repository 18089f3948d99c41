package updatestest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesInShell(t *testing.T) {
	tests := []struct {
		name, text           string
		variables, functions []string
	}{
		{"plain", "a=1 b=$a; c=\"x y\" d='p=q' command e=1\n", []string{"a", "b", "c", "d"}, nil},
		{"function", "f() {\n\ta=1\n}\ng () { b=2; }\n", []string{"a", "b"}, []string{"f", "g"}},
		{"comment", "# a=1; f() {\nb=1 # c=2\necho x#d=1\n", []string{"b"}, nil},
		{"quotes", "echo 'a=1\nb=2' \"c=3\nd=4 \\\" e=5\"\nf=1", []string{"f"}, nil},
		{"substitution in quotes", "echo \"$(a=1; echo \"${b:-c=2}\") d=3\" $((e=1))\nf=1", []string{"a", "f"}, nil},
		{"case in a substitution", "echo \"$(case $x in a) b=1 ;; (c) d=2 ;; esac; e=3)\"\nf=4", []string{"b", "d", "e", "f"}, nil},
		{"options", "awk -v a=1 -v b=2 'c=1 { f() }' </dev/null; dd if=x of=y\nmount -o ro,x=1\n", nil, nil},
		{"blocks", "if a=$(x); then b=1; else c=2; fi; while d=1; do e=2; done; ! f=1; { g=1; } && (h=1) || export i=1\n",
			[]string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}, nil},
		{"patterns", "case $x in\na=0* | b=1*) c=2 ;;\nesac\n", []string{"c"}, nil},
		{"loops", "for a in x=1 b; do read -r c d <y; done\n", []string{"a", "c", "d"}, nil},
		{"documents", "cat <<A <<-'B'\na=1\nf() {\nA\nb=1\n\tB\nc=1\n", []string{"c"}, nil},
		{"argument", "(pw_arg_changes=$x && f); pw_arg_dir=1", []string{"pw_arg_dir"}, nil},
		{"never closed", "a=1 '", []string{"a"}, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.variables, variables(tt.text)); diff != "" {
			t.Errorf("%s: variables (-want +got):\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.functions, functions(tt.text)); diff != "" {
			t.Errorf("%s: functions (-want +got):\n%s", tt.name, diff)
		}
	}
}

func FuzzSkeleton(f *testing.F) {
	for _, s := range []string{"a=\"$(b '${' \\", "${x:-\"$(", "<<A\n", "$((", "case x in a) ;; esac)"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, text string) { skeleton(text) })
}
