# probe.tests: tries probe.ps1 with services, pages and programs in memory. Any PowerShell: pwsh -File probe.tests.ps1
$TestBad = 0
$TestSaid = ''
$TestState = $null
$TestPort = 0
$TestValues = @{}
$TestKeys = @()
$TestUptime = [long]10
$TestProgram = ''
$TestArguments = ''
$TestFile = ''
$TestBytes = ''
$TestOut = @()
$TestExit = 0
$TestStarts = $true
$TestCode = 200
$TestPage = ''
$TestClosed = 0
$TestDirectory = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'pwtest-' + [Guid]::NewGuid().ToString('N'))
$PwNonce = '00ff'
$PwArgs64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{}'))
foreach ($TestPart in 'prelude', 'program') { . ([IO.Path]::Combine($PSScriptRoot, '..', '..', 'connectors', 'powershell', $TestPart + '.ps1')) }
# it is asked nothing, and says nothing
. ([IO.Path]::Combine($PSScriptRoot, 'probe.ps1'))
# what is outside, in memory
function Write-PwRaw([string]$Text) { $script:TestSaid += $Text }
function Get-PwProbeService([string]$Name) {
    if ($Name -cne "o'brien") { throw 'another service' }
    return $script:TestState
}
function Test-PwProbePort([int]$Port) { return ($Port -eq $script:TestPort) }
function Get-PwProbeValue([string]$Key, [string]$Name) { return $script:TestValues[$Name] }
function Test-PwProbeKey([string]$Key) { return ($script:TestKeys -contains ($Key -split '\\')[-1]) }
function Get-PwProbeUptime { return $script:TestUptime }
function Get-PwProbeShell { return 'C:\ps\powershell.exe' }
function Get-PwProbeDirectory { return $script:TestDirectory }
function Invoke-PwProgram([string]$Path, [string]$Arguments, $Environment, [string]$Directory, [int]$Limit, $Sink) {
    if (-not $script:TestStarts) { throw 'no such program' }
    $script:TestProgram = $Path
    $script:TestArguments = $Arguments
    $script:TestFile = [regex]::Match($Arguments, '-File "?([^"]+)"?$').Groups[1].Value
    if ($script:TestFile -ne '') { $script:TestBytes = [BitConverter]::ToString([IO.File]::ReadAllBytes($script:TestFile)) }
    foreach ($TestPiece in $script:TestOut) {
        $TestRaw = $PwUtf8.GetBytes($TestPiece)
        & $Sink $TestRaw $TestRaw.Length
    }
    return [int]$script:TestExit
}
function New-PwProbeRequest([string]$Url) { return $Url }
function Get-PwProbeResponse($Request) {
    if ($Request -cne 'https://localhost/') { throw 'the name is not known' }
    $TestResponse = New-Object PSObject -Property @{ StatusCode = $script:TestCode }
    $TestResponse | Add-Member -MemberType ScriptMethod -Name GetResponseStream -Value {
        $TestStream = New-Object IO.MemoryStream
        $TestRaw = $PwUtf8.GetBytes($script:TestPage)
        $TestStream.Write($TestRaw, 0, $TestRaw.Length)
        $TestStream.Position = 0
        return $TestStream
    }
    $TestResponse | Add-Member -MemberType ScriptMethod -Name Close -Value { $script:TestClosed++ }
    return $TestResponse
}

# Test-Is NAME GOT WANT: they are the same text.
function Test-Is([string]$Name, [string]$Got, [string]$Want) {
    if ($Got -cne $Want) {
        $script:TestBad++
        Write-Output ($Name + ': got "' + $Got + '", not "' + $Want + '"')
    }
}

# Get-TestAnswer ARGS: status and text of the answer.
function Get-TestAnswer($Values) {
    $PwArg = $Values
    $script:TestSaid = ''
    Invoke-Probe
    $TestFound = [regex]::Match($script:TestSaid, "(?s)@@00ff BEGIN probe`n(.*?)`n@@00ff END probe rc=([0-9]+)")
    if (-not $TestFound.Success) { return 'no answer' }
    return ($TestFound.Groups[2].Value + ' ' + $TestFound.Groups[1].Value)
}

Test-Is 'a kind that is not known' (Get-TestAnswer @{ kind = 'moon' }) 'no answer'

$TestAsk = @{ kind = 'service'; name = "o'brien" }
Test-Is 'a service that is not there' (Get-TestAnswer $TestAsk) '4 not there'
foreach ($TestCase in @('running', '0 running'), @('paused', '8 paused'), @('stopped', '3 stopped'), @('stop_pending', '3 stop_pending')) {
    $TestState = $TestCase[0]
    Test-Is 'a service' (Get-TestAnswer $TestAsk) $TestCase[1]
}

$TestPort = 443
Test-Is 'a port' (Get-TestAnswer @{ kind = 'tcp'; port = '443' }) '0 '
Test-Is 'another port' (Get-TestAnswer @{ kind = 'tcp'; port = '80' }) '1 '

# a script of the configuration: a file with a mark, which is gone afterwards
[void][IO.Directory]::CreateDirectory($TestDirectory)
$TestOut = @('some', 'thing')
$TestExit = 3
Test-Is 'a script' (Get-TestAnswer @{ kind = 'command'; run = 'exit 3' }) '3 something'
Test-Is 'who runs it' $TestProgram 'C:\ps\powershell.exe'
Test-Is 'how it runs' ([string]$TestArguments.StartsWith('-NoProfile -NonInteractive -ExecutionPolicy Bypass -File ')) 'True'
Test-Is 'its file' $TestBytes 'EF-BB-BF-65-78-69-74-20-33'
Test-Is 'its file is gone' ([string][IO.File]::Exists($TestFile)) 'False'
$TestStarts = $false
Test-Is 'a script that does not start' (Get-TestAnswer @{ kind = 'command'; run = 'exit 3' }) '127 no such program'
Test-Is 'its file is gone, too' ([string]@([IO.Directory]::GetFiles($TestDirectory)).Count) '0'
$TestStarts = $true
[IO.Directory]::Delete($TestDirectory, $true)

# a program
$TestExit = 1717
$TestAsk = @{ kind = 'program'; words = 'w1 w2 w3'; w1 = 'C:\x\tool.exe'; w2 = 'a b'; w3 = 'c' }
Test-Is 'a program' (Get-TestAnswer $TestAsk) '1 something'
Test-Is 'its words' ($TestProgram + ' ' + $TestArguments) 'C:\x\tool.exe "a b" c'
$TestExit = 0
Test-Is 'a program alone' (Get-TestAnswer @{ kind = 'program'; words = 'w1'; w1 = 'tool' }) '0 something'
Test-Is 'no words' ($TestProgram + ' ' + $TestArguments) 'tool '
Test-Is 'a batch file' (Get-TestAnswer @{ kind = 'program'; words = 'w1 w2'; w1 = 'x.CMD '; w2 = 'a&b' }) '126 a batch file cannot be given such words: cmd.exe would read more in them'
$TestOut = @(('x' * 3999), 'yz', 'more')
Test-Is 'one that is chatty' (Get-TestAnswer @{ kind = 'program'; words = 'w1'; w1 = 'tool' }) ('0 ' + ('x' * 3999) + 'y')

# a page
$TestAsk = @{ kind = 'http'; url = 'https://localhost/' }
$TestPage = 'hello'
Test-Is 'a page' (Get-TestAnswer $TestAsk) "0 HTTP/1.1 200`r`n`r`nhello"
$TestCode = 503
$TestPage = ''
Test-Is 'a page that is an error' (Get-TestAnswer $TestAsk) "0 HTTP/1.1 503`r`n`r`n"
Test-Is 'pages are closed' ([string]$TestClosed) '2'
$ProbePage = 4
$TestPage = 'hello'
Test-Is 'a page that is long' (Get-TestAnswer $TestAsk) "0 HTTP/1.1 503`r`n`r`nhell"
Test-Is 'no page' (Get-TestAnswer @{ kind = 'http'; url = 'https://nowhere/' }) '1 the name is not known'

# the end of a boot
$TestAsk = @{ kind = 'boot' }
Test-Is 'no screen for logins' (Get-TestAnswer $TestAsk) '1 the screen for logins is not there yet'
$TestUptime = [long]300
Test-Is 'none after five minutes' (Get-TestAnswer $TestAsk) '0 '
$TestUptime = [long]10
$TestKeys = @('AutoLogonChecked')
Test-Is 'booted' (Get-TestAnswer $TestAsk) '0 '
$TestValues = @{ ServicingInProgress = 1 }
Test-Is 'servicing that is idle' (Get-TestAnswer $TestAsk) '0 '
$TestValues = @{ ServicingInProgress = 2 }
Test-Is 'servicing' (Get-TestAnswer $TestAsk) '1 servicing goes on'
$TestValues = @{}
$TestKeys = @('AutoLogonChecked', 'RebootInProgress')
Test-Is 'servicing of a boot' (Get-TestAnswer $TestAsk) '1 servicing goes on'
$TestKeys = @('AutoLogonChecked')
$TestValues = @{ SystemSetupInProgress = 1 }
Test-Is 'setup' (Get-TestAnswer $TestAsk) '1 setup goes on'

if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
