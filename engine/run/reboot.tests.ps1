# reboot.tests: tries reboot.ps1 with shutdown.exe, BitLocker and the registry in memory. Any PowerShell: pwsh -File reboot.tests.ps1
$TestBad = 0
$TestSaid = ''
$TestAsked = @()
$TestAnswers = @()
$TestRemoved = 0
$TestLock = @{ on = $false; kinds = @() }
$TestHere = $PSScriptRoot
$PwNonce = '00ff'
$PwArgs64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{}'))
foreach ($TestPart in 'prelude', 'program') { . ([IO.Path]::Combine($TestHere, '..', '..', 'connectors', 'powershell', $TestPart + '.ps1')) }
foreach ($TestPart in 'windows', 'shutdown') { . ([IO.Path]::Combine($TestHere, $TestPart + '.ps1')) }
# what is outside, in memory: nothing of this reaches the machine
function Write-PwRaw([string]$Text) { $script:TestSaid += $Text }
function Get-PwSystemDrive { return 'C:' }
function Get-PwVolumeLock([string]$Drive) { return $script:TestLock }
function Remove-PwKey([string]$Key) { $script:TestRemoved++ }
function Invoke-PwShutdown($Words) {
    $script:TestAsked += ($Words -join ' ')
    return $script:TestAnswers[$script:TestAsked.Count - 1]
}

# Test-Is NAME GOT WANT: they are the same text.
function Test-Is([string]$Name, [string]$Got, [string]$Want) {
    if ($Got -cne $Want) {
        $script:TestBad++
        Write-Output ($Name + ': got "' + $Got + '", not "' + $Want + '"')
    }
}

# Invoke-Test ARGS ANSWERS: one reboot: status, how often shutdown.exe was asked, keys removed, what was said.
function Invoke-Test($Values, $Answers) {
    $PwArg = $Values
    $script:TestSaid = ''
    $script:TestAsked = @()
    $script:TestRemoved = 0
    $script:TestAnswers = @($Answers)
    . ([IO.Path]::Combine($script:TestHere, 'reboot.ps1'))
    $TestText = [regex]::Match($script:TestSaid, '(?s)BEGIN reboot\n(.*?)\n@@').Groups[1].Value
    return ('' + $PwStatus + ' ' + $script:TestAsked.Count + ' ' + $script:TestRemoved + ' ' + $TestText)
}

$TestYes = @{ code = 0; text = '' }
Test-Is 'a reboot' (Invoke-Test @{} @($TestYes)) '0 1 1 '
Test-Is 'its words' $TestAsked[0] '/r /t 5 /f /d p:2:17 /c patchwave: reboot after updates'
Test-Is 'one that somebody has scheduled' (Invoke-Test @{} @(@{ code = 1190; text = 'x' }, $TestYes, $TestYes)) '0 3 1 '
Test-Is 'is called off' $TestAsked[1] '/a'
Test-Is 'one that is under way' (Invoke-Test @{} @(@{ code = 1115; text = 'x' })) '0 1 1 a shutdown is under way already'
Test-Is 'one that is refused' (Invoke-Test @{} @(@{ code = 5; text = 'denied' })) '5 1 1 denied'
Test-Is 'a code of more than a byte' (Invoke-Test @{} @(@{ code = 1717; text = 'x' })) '1 1 1 x (exit code 1717)'
$TestLock = @{ on = $true; kinds = @(4) }
$TestPin = 'C: would ask for a PIN or a key at start (BitLocker); suspend it for one reboot: Suspend-BitLocker -MountPoint C: -RebootCount 1'
Test-Is 'a PIN' (Invoke-Test @{} @($TestYes)) ('20 0 0 ' + $TestPin)
Test-Is 'a PIN that is no matter' (Invoke-Test @{ bitlocker = 'ignore' } @($TestYes)) '0 1 1 '
$TestLock = @{ on = $true; kinds = @(1, 4) }
Test-Is 'the TPM is enough' (Invoke-Test @{} @($TestYes)) '0 1 1 '
$TestLock = @{ on = $false; kinds = @(4) }
Test-Is 'it is suspended' (Invoke-Test @{} @($TestYes)) '0 1 1 '

if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
