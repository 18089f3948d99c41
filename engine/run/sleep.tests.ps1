# sleep.tests: tries sleep.ps1 with claims and shutdown.exe in memory. Any PowerShell: pwsh -File sleep.tests.ps1
$TestBad = 0
$TestSaid = ''
$TestDone = ''
$TestClaim = @{ controller = 'c1'; expires = [long]2000 }
$TestHibernates = 1
$TestHere = $PSScriptRoot
$PwNonce = '00ff'
$PwArgs64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{}'))
foreach ($TestPart in 'prelude', 'boot', 'files', 'common', 'program') { . ([IO.Path]::Combine($TestHere, '..', '..', 'connectors', 'powershell', $TestPart + '.ps1')) }
foreach ($TestPart in 'windows', 'shutdown') { . ([IO.Path]::Combine($TestHere, $TestPart + '.ps1')) }
# what is outside, in memory: nothing of this reaches the machine
function Write-PwRaw([string]$Text) { $script:TestSaid += $Text }
function Get-PwNow { return [long]1000 }
function Get-PwRoot { return 'R' }
function Read-PwClaim([string]$Path) { return $script:TestClaim }
function Get-PwValue([string]$Key, [string]$Name) { return $script:TestHibernates }
function Invoke-PwShutdown($Words) {
    $script:TestDone += ($Words -join ' ')
    return @{ code = 0; text = '' }
}
# it asks once by itself; a claim stands
. ([IO.Path]::Combine($TestHere, 'sleep.ps1'))
function Start-PwHibernation {
    $script:TestDone += 'hibernates'
    return 0
}

# Test-Sleep NAME HOW WANT: status, what was said, what was done.
function Test-Sleep([string]$Name, [string]$How, [string]$Want) {
    $PwArg = @{ how = $How }
    $script:TestSaid = ''
    $script:TestDone = ''
    Write-SleepMain
    $TestFound = [regex]::Match($script:TestSaid, '(?s)BEGIN sleep\n(.*?)\n@@00ff END sleep rc=([0-9]+)')
    $TestGot = $TestFound.Groups[2].Value + ' ' + $TestFound.Groups[1].Value + ' ' + $script:TestDone
    if ($TestGot -cne $Want) {
        $script:TestBad++
        Write-Output ($Name + ': got "' + $TestGot + '", not "' + $Want + '"')
    }
}

Test-Sleep 'a claim that stands' 'off' '75 another run works on this host '
$TestClaim = @{ controller = 'c1'; expires = [long]1000 }
Test-Sleep 'off' 'off' '0  /s /t 3 /f /d p:0:0 /c patchwave: off again, as it was'
Test-Sleep 'asleep' 'asleep' '0  hibernates'
$TestClaim = @{ controller = ''; expires = [long]9000 }
$TestHibernates = 0
Test-Sleep 'hibernation is off' 'asleep' '1 this host cannot be put back to sleep: hibernation is off (powercfg /hibernate on) '

if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
