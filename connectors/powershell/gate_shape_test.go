package powershell_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// sayer notes a problem.
type sayer func(format string, args ...any)

// shape looks at bytes, lines and sizes.
func shape(name, in string, k kind, say sayer) {
	for i, c := range []byte(in) {
		if c > 0x7e || (c < 0x20 && c != '\n' && c != '\t') {
			say("bytes: line %d: byte %#x; a script is ASCII with line feeds", 1+strings.Count(in[:i], "\n"), c)
			break
		}
	}
	if !strings.HasSuffix(in, "\n") {
		say("bytes: it does not end with a line feed")
	}
	base := strings.TrimSuffix(path.Base(name), ".ps1")
	head, _, _ := strings.Cut(in, "\n")
	named := func(n string) bool { return strings.HasPrefix(head, "# "+n+": ") && len(head) > len(n)+6 }
	switch ok := named(base) || named(path.Base(path.Dir(name))) || named("patchwave") || named("restore-point"); {
	case k == bootstrap:
		if !regexp.MustCompile(`^# patchwave [a-z]+ v[1-9][0-9]*$`).MatchString(head) {
			say("head: the first line is not # patchwave %s vN", base)
		}
	case !ok:
		say("head: the first line is not # %s: what it does (or the name of the directory)", base)
	}
	lines := strings.Split(in, "\n")
	for i, line := range lines {
		if len(line) > mostWidth || strings.TrimRight(line, " \t") != line {
			say("width: line %d: over %d bytes, or blanks at its end", i+1, mostWidth)
		}
	}
	switch {
	case k == bootstrap && len(in) > mostBootstrap, k == frame && len(in) > mostEnds, len(in) > mostBytes:
		say("size: %d bytes are too many", len(in))
	case len(lines) > mostLines+1:
		say("size: %d lines are more than %d", len(lines)-1, mostLines)
	}
}

// reserved are variables that PowerShell fills itself: to write to one is an error
// when it runs, or a trap.
func reserved() []string {
	return strings.Fields("_ args consolefilename error event executioncontext false foreach home host input matches myinvocation nestedpromptlevel null pid " +
		"profile psboundparameters pscmdlet pscommandpath pshome psitem psscriptroot psversiontable pwd sender shellid stacktrace switch this true")
}

var (
	assignment = regexp.MustCompile(`(?i)\$((?:script|global|local|private):)?([a-z_]\w*)\s*(?:=|\+=|-=|\*=|\.\.=|\+\+|--)|\bforeach\s*\(\s*\$()([a-z_]\w*)\s+in\b`)
	parameter  = regexp.MustCompile(`(?i)(?:\(|,|\])\s*\$([a-z_]\w*)\b`)
	paramBlock = regexp.MustCompile(`(?i)(\bparam|\bfunction\s+[\w-]+)\s*\([^{]*?\)\s*(\n|\{|$)`)
)

// assigned are the variables that are written, by offset.
func assigned(s source) map[int][2]string {
	out := map[int][2]string{}
	for _, m := range assignment.FindAllStringSubmatchIndex(s.Code, -1) {
		if m[4] >= 0 {
			scope := ""
			if m[2] >= 0 {
				scope = strings.ToLower(s.Code[m[2]:m[3]])
			}
			out[m[4]] = [2]string{scope, s.Code[m[4]:m[5]]}
		} else {
			out[m[8]] = [2]string{"", s.Code[m[8]:m[9]]}
		}
	}
	return out
}

func variables(s source, say sayer) {
	for at, v := range assigned(s) {
		if slices.Contains(reserved(), strings.ToLower(v[1])) {
			say("reserved: line %d: $%s is PowerShell's own", s.line(at), v[1])
		}
	}
	for _, m := range paramBlock.FindAllStringIndex(s.Code, -1) {
		for _, p := range parameter.FindAllStringSubmatch(s.Code[m[0]:m[1]], -1) {
			if slices.Contains(reserved(), strings.ToLower(p[1])) {
				say("reserved: line %d: a parameter $%s is PowerShell's own", s.line(m[0]), p[1])
			}
		}
	}
}

var (
	driveInString  = regexp.MustCompile(`(?i)(^|[^` + "`" + `])\$([a-z_]\w*):`)
	memberInString = regexp.MustCompile(`(?i)(^|[^` + "`" + `])\$(\w+:)?([a-z_]\w*)(\.[a-z_]\w*|\[)`)
)

// expandable finds what a string in double quotes does not mean: "$a.b" and "$a[0]"
// are $a and some text, "$a:" is an error.
func expandable(s source, say sayer) {
	for _, e := range s.Expandable {
		text := s.Raw[e.From:e.To]
		for _, m := range driveInString.FindAllStringSubmatch(text, -1) {
			if !slices.Contains([]string{"env", "script", "global", "local"}, strings.ToLower(m[2])) {
				say("string: line %d: \"$%s:\" is taken for a drive", s.line(e.From), m[2])
			}
		}
		if m := memberInString.FindString(text); m != "" {
			say("string: line %d: %q takes only the variable; write $(…) or use -f", s.line(e.From), m)
		}
	}
}

// outside is what reaches beyond the language: a test must be able to put its own in
// its place.
var outside = regexp.MustCompile(`(?i)-ComObject\b|\b\w+-Cim\w+\b|\[\s*(Microsoft\.)?Win32\.Registry|\b\w+-ItemProperty(Value)?\b|\[\s*adsi\w*\s*\]|` +
	`\b(Start-Process|Stop-Process|Get-Process|Wait-Process)\b|\b[a-z]+-Service\b|\b\w+-ScheduledTask\w*\b|\b(Get-WinEvent|Get-EventLog|Write-EventLog)\b|` +
	`\b(Get|Set)-Acl\b|\b(Get|Set)AccessControl\b|\b(Checkpoint|Restore|Restart|Stop|Enable|Disable)-Computer\w*\b|\b(Get-HotFix|Get-Volume|Get-ComputerRestorePoint)\b|` +
	`\b\w+-(Net[A-Z]\w*|Dns\w*|WindowsPackage|WindowsFeature|BitLocker\w*|VM\w*)\b|\bDiagnostics\.Process\b|\bNet\.(HttpWebRequest|WebRequest|NetworkInformation)|` +
	`\bThreading\.(Mutex|EventWaitHandle)\b|\[\s*(System\.)?Environment\s*\]|\bStart-Sleep\b|\b[\w~-]+\.(exe|dll)\b|(^|[=|;{}(\n])\s*&\s*[^&\s]|(^|[;{}\n])\s*\.\s+\S|\bInvoke-Command\b`)

var verbs = regexp.MustCompile(`^(Add|Clear|Close|Compare|Complete|Convert|ConvertFrom|ConvertTo|Copy|Disable|Enable|Enter|Exit|Expand|Find|Format|Get|Initialize|Install|Invoke|Join|Limit|Lock|Measure|Merge|Move|` +
	`New|Open|Out|Protect|Read|Receive|Register|Remove|Rename|Request|Reset|Resolve|Restart|Restore|Resume|Save|Search|Select|Send|Set|Skip|Split|Start|Stop|Suspend|Switch|Sync|Test|Trace|Undo|Uninstall|Unlock|` +
	`Unregister|Update|Use|Wait|Write|Watch)-(.*)$`)

// noun is what a function's name says after its verb; ok is false for a verb that
// PowerShell does not know.
func noun(name string) (string, bool) {
	if m := verbs.FindStringSubmatch(name); m != nil {
		return m[2], true
	}
	return name, !strings.Contains(name, "-")
}

func ours(name string, own []string) bool {
	return slices.ContainsFunc(append([]string{"Pw"}, own...), func(p string) bool { return strings.HasPrefix(strings.ToLower(name), strings.ToLower(p)) })
}

// seams holds names and places: who reaches out is a small function of our own name.
func seams(s source, own []string, say sayer) {
	seen := map[string]bool{}
	for _, f := range s.Functions {
		n, known := noun(f.Name)
		if !known || !ours(n, own) {
			say("name: line %d: function %s is not Verb-Pw…, nor of a prefix of this directory's scripts", s.line(f.From), f.Name)
		}
		if seen[strings.ToLower(f.Name)] {
			say("name: line %d: function %s is defined twice", s.line(f.From), f.Name)
		}
		seen[strings.ToLower(f.Name)] = true
		if n := s.line(f.To) - s.line(f.From) + 1; n > mostFunction {
			say("size: line %d: function %s has %d lines", s.line(f.From), f.Name, n)
		}
	}
	for at, v := range assigned(s) {
		if (s.within(at) == nil || v[0] == "script:" || v[0] == "global:") && !ours(v[1], own) && !shared(v[1]) {
			say("name: line %d: $%s is seen by the whole program and has no prefix", s.line(at), v[1])
		}
	}
	for _, m := range outside.FindAllStringIndex(s.Code, -1) {
		at := m[0] + leading(s.Code[m[0]:m[1]])
		f := s.within(at)
		switch what := strings.TrimSpace(s.Code[m[0]:m[1]]); {
		case f == nil:
			say("seam: line %d: %q stands in no function", s.line(at), what)
		case s.line(f.To)-s.line(f.From)+1 > mostSeam:
			say("seam: line %d: %q stands in a function of more than %d lines", s.line(at), what, mostSeam)
		}
	}
}

// shared are PowerShell's own variables that a script may set.
func shared(name string) bool {
	return slices.Contains([]string{"erroractionpreference", "progresspreference", "warningpreference", "verbosepreference", "lastexitcode", "psnativecommandargumentpassing"}, strings.ToLower(name))
}

var (
	leaves = regexp.MustCompile(`(?i)(^|[\s;{}])(exit|return)($|[^\w-])`)
	heads  = regexp.MustCompile(`(?im)^\s*(param\s*\(|using\s+(namespace|module)|#requires|trap\b|\[CmdletBinding)`)
)

// bodyOnly is what a body must not do because of what Encode puts around it.
func bodyOnly(s source, say sayer) {
	for _, m := range leaves.FindAllStringSubmatchIndex(s.Code, -1) {
		switch word := strings.ToLower(s.Code[m[4]:m[5]]); {
		case word == "exit":
			say("end: line %d: exit leaves without the DONE mark; set $PwStatus", s.line(m[4]))
		case s.within(m[4]) == nil:
			say("end: line %d: return outside a function leaves without the DONE mark", s.line(m[4]))
		}
	}
	for _, m := range heads.FindAllStringSubmatchIndex(s.Raw, -1) {
		if s.within(m[2]) == nil {
			say("head: line %d: %q can only begin a program, and the prelude stands before", s.line(m[2]), s.Raw[m[2]:m[3]])
		}
	}
	for _, f := range s.Functions {
		for _, m := range regexp.MustCompile(`(?i)(^|[^\w-])`+regexp.QuoteMeta(f.Name)+`($|[^\w-])`).FindAllStringIndex(s.Code, -1) {
			if m[1] < f.From && s.within(m[0]) == nil {
				say("order: line %d: %s is called before it is defined", s.line(m[0]), f.Name)
			}
		}
	}
}
