package powershell_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// kind is what a script is for: each is held to other rules.
type kind int

const (
	body      kind = iota // the body of a script of connectors/script
	frame                 // prelude and epilogue: the ends of a program
	bootstrap             // what a connector starts a program with
	tests                 // NAME.tests.ps1
	operator              // what an operator runs by hand, in examples
)

// Bounds of a body. Jobs and scans are the long ones.
const (
	mostLines, mostBytes    = 400, 32_000
	mostFunction, mostSeam  = 80, 40
	mostWidth               = 200
	mostBootstrap, mostEnds = 3_000, 8_000
)

// rule is a pattern that no script may contain.
type rule struct {
	name    string
	pattern string
	// text looks into strings too; else they are passed over.
	text bool
	// free are the kinds it does not hold for.
	free []kind
	why  string
}

const command = `(^|[|;{}(=\n]\s*|^\s+)` // where the name of a command may stand

func rules() []rule {
	quick := []kind{tests}
	return []rule{
		{name: "text as code", pattern: `\b(Invoke-Expression|NewScriptBlock|InvokeScript|ExpandString)\b|` + command + `iex\b|\[\s*scriptblock\s*\]\s*::`,
			why: "defenders look for it, and a value becomes code"},
		{name: "compiler", pattern: `\bAdd-Type\b|\[\s*(System\.)?Reflection\.|\bDllImport\b|CSharpCodeProvider`, text: true, why: "defenders look for it"},
		{name: "encoded command", pattern: `(^|[\s'"])-e(c|nc|nco\w*)\b`, text: true, why: "a program runs from its file"},
		{name: "loader", pattern: `\b(GzipStream|DeflateStream|DownloadString|DownloadFile|DownloadData|WebClient|Start-BitsTransfer|Invoke-RestMethod)\b`, text: true,
			why: "nothing is fetched, nothing is packed"},
		{name: "hidden window", pattern: `-w\w*\s+hidden\b|\bWindowStyle\b`, text: true, why: "defenders look for it"},
		{name: "console", pattern: `\b(Write-Host|Read-Host|Out-Host|Get-Credential|Out-GridView|Pause)\b|\$Host\.UI`, free: []kind{operator},
			why: "nobody is there; print a frame"},
		{name: "question mark", pattern: `[^$]\?`, why: "a ternary, ?? or ?. of PowerShell 7, or the alias for Where-Object"},
		{name: "chain", pattern: `&&|\|\|`, why: "PowerShell 7 only"},
		{name: "background", pattern: `(?m)[^&>\s]\s*&\s*$`, why: "PowerShell 7 only"},
		{name: "seven", pattern: `(^|\s)-(Parallel|AsHashtable|AsByteStream|SkipHttpErrorCheck|LeafBase|EscapeHandling|AsArray)\b|\b(Join-String|Test-Json|Get-Error|Start-ThreadJob|Get-Uptime|Remove-Service)\b|` +
			`\$(IsWindows|IsLinux|IsMacOS|IsCoreCLR|PSStyle)\b|utf8NoBOM`, why: "PowerShell 7 only"},
		{name: "constructor", pattern: `::\s*new\s*\(`, why: "New-Object works everywhere"},
		{name: "old WMI", pattern: `\b(Get-WmiObject|gwmi|Invoke-WmiMethod|Set-WmiInstance|Remove-WmiObject|Register-WmiEvent)\b|\[\s*wmi(class|searcher)?\s*\]`, why: "use CIM"},
		{name: "encoding", pattern: `(?m)\b(Out-File|Set-Content|Add-Content|Tee-Object|Export-Csv|Export-Clixml|Get-Content)\b`, free: quick,
			why: "its encoding is that of the machine; use [IO.File] with $PwUtf8"},
		{name: "redirection", pattern: `\d?>>?\s*([^\s&$>]|\$[^n]|\$n[^u])`, why: "it writes UTF-16; use [IO.File] with $PwUtf8"},
		{name: "secret", pattern: `(?i)passw(or)?d|passphrase|\bsecrets?\b|ConvertTo-SecureString|PSCredential|\bcredentials?\b|api_?key`, text: true, free: []kind{operator},
			why: "script block logging keeps all of it"},
		{name: "defences", pattern: `\b(Set-MpPreference|Add-MpPreference|Set-ExecutionPolicy|Clear-EventLog|Disable-ComputerRestore)\b|vssadmin(\.exe)?['"]?,?\s+['"]?delete|wevtutil(\.exe)?['"]?,?\s+['"]?cl\b|DisableRealtimeMonitoring|AmsiUtils`,
			text: true, why: "patchwave does not touch what protects a machine"},
		{name: "strict mode", pattern: `Set-StrictMode\b.*-Off|Set-StrictMode\b[^\n]*\b1(\.0)?\b`, why: "the prelude sets it"},
		{name: "null on the right", pattern: `-[ci]?(eq|ne)\s+\$null\b`, free: quick, why: "of a list it picks elements; write $null -eq …"},
		{name: "wildcards", pattern: `\b(Test-Path|Get-Item|Get-ItemProperty|Get-ItemPropertyValue|Get-ChildItem|Remove-Item|Copy-Item|Move-Item|Rename-Item|Get-Acl|Set-Acl)\b[^\n]*`, free: quick,
			why: "brackets in a path are a pattern; use -LiteralPath"},
		{name: "alias", pattern: command + `(%|foreach|where|select|sort|group|measure|gci|dir|ls|cat|gc|sc|rm|del|ri|ni|gi|gp|sp|rp|cp|mv|copy|move|echo|write|sleep|kill|ps|gps|spps|sajb|iwr|irm|curl|wget|gsv|sasv|spsv|cd|pushd|popd|type|man|h|r|clc|fl|ft)(\s+[^\s(=]|\s*[;|}\n])`,
			why: "an alias can be another one's; write the name"},
	}
}

// problems are what is wrong with a script; own are the prefixes, beside Pw, that
// its names may have.
func problems(name, in string, k kind, own []string) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	shape(name, in, k, say)
	whole := in
	if k == frame && strings.HasPrefix(path.Base(name), "epilogue") {
		whole = "try {\n" + in // it ends what Encode begins
	}
	s, err := parse(whole)
	if err != nil {
		say("not whole: %v", err)
		return out
	}
	for _, r := range rules() {
		if slices.Contains(r.free, k) {
			continue
		}
		in := s.Code
		if r.text {
			in = s.Text
		}
		for _, m := range regexp.MustCompile(`(?i)`+r.pattern).FindAllStringIndex(in, -1) {
			if r.name != "wildcards" || !strings.Contains(in[m[0]:m[1]], "-LiteralPath") {
				say("%s: line %d: %s: %q", r.name, s.line(m[0]+leading(in[m[0]:m[1]])), r.why, strings.TrimSpace(in[m[0]:m[1]]))
			}
		}
	}
	variables(s, say)
	expandable(s, say)
	if k == body || k == frame {
		seams(s, own, say)
	}
	if k == body {
		bodyOnly(s, say)
	}
	return out
}

func leading(s string) int { return len(s) - len(strings.TrimLeft(s, " \t\n")) }
