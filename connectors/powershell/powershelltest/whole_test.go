package powershelltest

import (
	"strings"
	"testing"
)

func TestProblems(t *testing.T) {
	known := map[string]bool{"get-date": true}
	for program, want := range map[string]string{
		"function Get-PwA { Get-Date }\nGet-PwA\n":                       "",
		"function Get-PwA { Get-PwB }\n":                                 "Get-PwB is called and stands nowhere in the program",
		"function Get-PwA { }\nfunction get-pwa { }\n":                   "function get-pwa is defined twice, or is Windows' own",
		"function Get-Date { }\n":                                        "function Get-Date is defined twice, or is Windows' own",
		"$a = (scan_facts $b)\n":                                         "scan_facts is called and stands nowhere in the program",
		"# Get-PwA\n$a = 'Get-PwB' + \"Get-PwC\" + $scan_d\n":            "",
		"$a = @'\n# x: x.\nfunction Get-PwA { Get-PwB }\n'@\nGet-Date\n": "Get-PwB is called and stands nowhere in the program",
		"$a = @'\nGet-PwB\n'@\n":                                         "",
	} {
		if got := strings.Join(problems(program, known), "; "); got != want {
			t.Errorf("%q: %q, want %q", program, got, want)
		}
	}
}
