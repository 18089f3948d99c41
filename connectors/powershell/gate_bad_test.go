package powershell_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// good is a body that keeps all rules, and looks as if it did not where that is
// harmless: in comments and in strings.
const good = `# good: a body as it should be. No Invoke-Expression, no a ? b : c; it's fine.
<# Add-Type is
   not used #>
$GoodKey = 'HKLM:\SOFTWARE\x'
$GoodText = "it's $(Get-PwArg 'a' 'b') && ${env:ProgramData} or ` + "`" + `$x.y ? z || > x"
$GoodHere = @'
Write-Host 'x' > y ?? {
'@

function Get-PwGoodRows([string]$Name, $Rows = @()) {
    $found = Get-CimInstance -ClassName Win32_Service -Filter ("Name='" + $Name + "'")
    if ($null -eq $found -or -not (Test-Path -LiteralPath $GoodKey)) { return @() }
    & w32tm.exe /query 2>$null
    foreach ($row in $found) { $Rows += [string]$row.Name }
    return $Rows
}

function Convert-GoodRow($Row) { return ('{0}: {1}' -f $Row, "$GoodText#") }

Write-PwLines 'rows' (Get-PwGoodRows 'x' | Where-Object { $_ -ne '' -and $? } | ForEach-Object { Convert-GoodRow $_ })
$PwStatus = 0
`

func TestGateLetsGoodPass(t *testing.T) {
	if p := problems("a/good.ps1", good, body, []string{"Good"}); len(p) > 0 {
		t.Errorf("%s", strings.Join(p, "\n"))
	}
}

// bad are lines that must not stand in a script, each with the rule that refuses it.
func bad() [][2]string {
	in := func(line string) string { return "function Get-PwBad {\n    " + line + "\n}" }
	return [][2]string{
		{"text as code", "Invoke-Expression $GoodText"}, {"text as code", "$GoodText | iex"}, {"text as code", "$GoodA = [ScriptBlock]::Create($GoodText)"},
		{"text as code", "$GoodA = [scriptblock] :: Create('x')"}, {"text as code", "$ExecutionContext.InvokeCommand.InvokeScript($GoodText)"},
		{"text as code", "$GoodA = \"$(iex 'x')\""}, {"text as code", "iEx 'x'"},
		{"compiler", "Add-Type -AssemblyName System.Web"}, {"compiler", "[Reflection.Assembly]::LoadFile('x')"}, {"compiler", "$GoodA = '[DllImport(\"kernel32\")]'"},
		{"encoded command", in("& powershell.exe -EncodedCommand $a")}, {"encoded command", in("& powershell.exe -enc $a")}, {"encoded command", in("Start-Process 'powershell.exe' '-ec x'")},
		{"loader", "$GoodA = New-Object IO.Compression.GzipStream $GoodB"}, {"loader", "(New-Object Net.WebClient).DownloadString('http://x')"}, {"loader", "Invoke-RestMethod http://x"},
		{"hidden window", in("Start-Process cmd.exe -WindowStyle Hidden")}, {"hidden window", in("& powershell.exe '-w hidden'")},
		{"console", "Write-Host 'x'"}, {"console", "$GoodA = Read-Host"}, {"console", "$GoodA = Get-Credential"},
		{"question mark", "$GoodA = $GoodB ?? 1"}, {"question mark", "$GoodA = $GoodB ? 1 : 2"}, {"question mark", "${GoodA}?.Name"}, {"question mark", "$GoodA | ? { $_ }"},
		{"question mark", "$GoodA ??= 1"},
		{"chain", "Get-Date && Get-Date"}, {"chain", "Get-Date || Get-Date"},
		{"background", "Get-Date &"},
		{"seven", "$GoodA | ForEach-Object -Parallel { $_ }"}, {"seven", "$GoodA = $GoodB | ConvertFrom-Json -AsHashtable"}, {"seven", "if ($IsWindows) { }"}, {"seven", "$GoodA | Join-String"},
		{"constructor", "$GoodA = [Text.StringBuilder]::new()"}, {"constructor", "$GoodA = [Text.StringBuilder]:: new ('x')"},
		{"old WMI", in("Get-WmiObject Win32_Service")}, {"old WMI", in("$a = [wmi]'x'")}, {"old WMI", in("gwmi x")},
		{"encoding", "'x' | Out-File $GoodA"}, {"encoding", "Set-Content -LiteralPath $GoodA 'x'"}, {"encoding", "$GoodA = Get-Content -LiteralPath 'x'"},
		{"redirection", "'x' > $GoodA"}, {"redirection", "'x' >> 'C:\\x'"}, {"redirection", "'x' 2> C:\\x"},
		{"secret", "$GoodPassword = 'x'"}, {"secret", "$GoodA = ConvertTo-SecureString 'x'"}, {"secret", "$GoodA = 'the secret'"},
		{"defences", "Set-MpPreference -DisableRealtimeMonitoring $true"}, {"defences", in("& vssadmin.exe delete shadows /all")}, {"defences", in("& wevtutil cl System")},
		{"strict mode", "Set-StrictMode -Off"}, {"strict mode", "Set-StrictMode -Version 1"},
		{"null on the right", "if ($GoodA -eq $null) { }"}, {"null on the right", "if ($GoodA -ne $null) { }"},
		{"wildcards", "Remove-Item $GoodA"}, {"wildcards", "Test-Path -Path $GoodA"},
		{"alias", "gci | % { $_ }"}, {"alias", "$GoodA | where { $_ }"}, {"alias", "sleep 3"}, {"alias", "sc stop x"}, {"alias", "curl http://x"},

		{"bytes", "# \u00e4"}, {"bytes", "$GoodA = 1\r"}, {"bytes", "$GoodA = '\x00'"}, {"width", "$GoodA = 1  "}, {"width", "$GoodA = '" + strings.Repeat("x", 200) + "'"},
		{"size", strings.Repeat("$GoodA = 1\n", 400) + "$GoodA = 1"}, {"size", "function Get-PwBad {\n" + strings.Repeat("    $a = 1\n", 80) + "}"},
		{"size", strings.TrimSuffix(strings.Repeat("# "+strings.Repeat("x", 190)+"\n", 200), "\n")},
		{"not whole", "if (1) {"}, {"not whole", "}"}, {"not whole", "$GoodA = 'x"}, {"not whole", "$GoodA = \"$(x\""}, {"not whole", "<# x"}, {"not whole", "$GoodA = @'\nx"},
		{"reserved", "$Host = 1"}, {"reserved", "foreach ($Error in 1) { }"}, {"reserved", "function Get-PwBad([int]$Pid) { }"}, {"reserved", "function Get-PwBad {\n    param([string]$Name, $Args)\n}"},
		{"reserved", in("$input = 1")},
		{"string", "$GoodA = \"$GoodText.Length\""}, {"string", "$GoodA = \"$GoodText[0]\""}, {"string", "$GoodA = \"$GoodText: x\""}, {"string", "$GoodA = \"$(\"$GoodText.x\")\""},
		{"name", "function Get-Thing { }"}, {"name", "function Do-PwThing { }"}, {"name", "$Thing = 1"}, {"name", in("$script:Thing = 1")}, {"name", "foreach ($thing in 1) { }"},
		{"name", "function get-pwgoodrows { }"},
		{"seam", "$GoodA = New-Object -ComObject x"}, {"seam", "Get-CimInstance Win32_Service"}, {"seam", "$GoodA = [Microsoft.Win32.Registry]::LocalMachine"}, {"seam", "Get-ItemProperty -LiteralPath $GoodKey"},
		{"seam", "& $GoodA"}, {"seam", "$GoodA = & 'x'"}, {"seam", ". $GoodA"}, {"seam", "shutdown.exe /r"}, {"seam", "Start-Process x"}, {"seam", "Restart-Service x"}, {"seam", "Get-WinEvent x"},
		{"seam", "Register-ScheduledTask x"}, {"seam", "$GoodA = \"$(Get-Service x)\""}, {"seam", "Start-Sleep 1"}, {"seam", "$GoodA = [Environment]::MachineName"},
		{"seam", "function Get-PwBad {\n" + strings.Repeat("    $a = 1\n", 40) + "    Get-Service\n}"},
		{"end", "exit 0"}, {"end", in("exit")}, {"end", "if (1) { return }"},
		{"head", "param($GoodA)"}, {"head", "using namespace System"}, {"head", "#Requires -Version 5"}, {"head", "trap { 1 }"},
		{"order", "Set-PwLate 'x'\nfunction Set-PwLate($X) { }"},
	}
}

// TestGateRefuses puts each bad line into a good script: the gate must see it, and
// by the rule that is meant.
func TestGateRefuses(t *testing.T) {
	tried := map[string]bool{}
	for _, b := range bad() {
		tried[b[0]] = true
		p := problems("a/good.ps1", good+b[1]+"\n", body, []string{"Good"})
		if !slices.ContainsFunc(p, func(one string) bool { return strings.HasPrefix(one, b[0]+": ") }) {
			t.Errorf("%s: not refused: %q: %q", b[0], b[1], p)
		}
	}
	for _, r := range rules() {
		if !tried[r.name] {
			t.Errorf("rule %q has no bad line", r.name)
		}
	}
	for _, head := range []string{"", "# other: x\n", "\n# good: x\n", "# good\n"} {
		if p := problems("a/good.ps1", head+"$GoodA = 1\n", body, []string{"Good"}); len(p) == 0 {
			t.Errorf("head %q: not refused", head)
		}
	}
}

// TestGateKinds: what one kind of script may do and another may not.
func TestGateKinds(t *testing.T) {
	for _, tt := range []struct {
		k    kind
		name string
		in   string
		ok   bool
	}{
		{bootstrap, "a/bootstrap.ps1", "# patchwave bootstrap v1\n& $f\nexit $rc\n", true},
		{bootstrap, "a/bootstrap.ps1", "# patchwave bootstrap\n1\n", false},
		{bootstrap, "a/bootstrap.ps1", "# patchwave bootstrap v1\niex $f\n", false},
		{bootstrap, "a/bootstrap.ps1", "# patchwave bootstrap v1\n" + strings.Repeat("# x\n", 800), false},
		{tests, "a/x.tests.ps1", "# x.tests: tries x.\nfunction Get-Service { }\n. $x\nexit 1\n", true},
		{tests, "a/x.tests.ps1", "# x.tests: tries x.\n$a = $b ? 1 : 2\n", false},
		{operator, "examples/x.ps1", "# x: prepares.\nparam([string]$Name)\nWrite-Host 'done'\nRestart-Service WinRM\n", true},
		{operator, "examples/x.ps1", "# x: prepares.\nInvoke-Expression 'x'\n", false},
		{frame, "a/epilogue.ps1", "# epilogue: ends.\n} catch { }\nexit 1\n", true},
		{frame, "a/epilogue.ps1", "# epilogue: ends.\nexit 1\n", false},
	} {
		if p := problems(tt.name, tt.in, tt.k, nil); (len(p) == 0) != tt.ok {
			t.Errorf("%s: %q: %s", tt.name, tt.in, fmt.Sprint(p))
		}
	}
}
