# ready.tests: tries ready.ps1 with a Windows in memory. Any PowerShell: pwsh -File ready.tests.ps1
$TestBad = 0
$TestSaid = ''
$TestKeys = @()
$TestValues = @{}
$TestWork = @(@{}, @{})
$TestLooks = 0
$TestServices = @{}
$TestHere = $PSScriptRoot
$PwNonce = '00ff'
$PwArgs64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{}'))
foreach ($TestPart in 'prelude', 'boot', 'files', 'common') { . ([IO.Path]::Combine($TestHere, '..', '..', 'connectors', 'powershell', $TestPart + '.ps1')) }
. ([IO.Path]::Combine($TestHere, 'windows.ps1'))
# what is outside, in memory
function Write-PwRaw([string]$Text) { $script:TestSaid += $Text }
function Get-PwBootId { return 'b1' }
function Wait-PwSeconds([int]$Seconds) { }
function Test-PwKey([string]$Key) { return ($script:TestKeys -contains ($Key -split '\\')[-1]) }
function Get-PwValue([string]$Key, [string]$Name) { return $script:TestValues[$Name] }
# it looks once by itself, at whatever there is here, and only looks
try { . ([IO.Path]::Combine($TestHere, 'ready.ps1')) } catch { $TestSaid = '' }
function Get-PwWorkers {
    $script:TestLooks++
    return $script:TestWork[($script:TestLooks - 1) % 2]
}
function Get-PwService([string]$Name) {
    if ($script:TestServices.ContainsKey($Name)) { return $script:TestServices[$Name] }
    return $null
}

# Test-Ready NAME WANT: the answer, without the boot.
function Test-Ready([string]$Name, [string]$Want) {
    $script:TestSaid = ''
    Write-ReadyMain
    $TestGot = [regex]::Match($script:TestSaid, '(?s)BEGIN ready\nboot_id=b1\nready=(.*?)\n@@').Groups[1].Value
    if ($TestGot -cne $Want) {
        $script:TestBad++
        Write-Output ($Name + ': got "' + $TestGot + '", not "' + $Want + '"')
    }
}

$TestKeys = @('AutoLogonChecked')
Test-Ready 'settled' 'yes'
$TestKeys = @()
Test-Ready 'no logon screen' "no`nreason=logon: the logon screen has not been shown yet"
$TestKeys = @('AutoLogonChecked', 'RebootInProgress')
Test-Ready 'in a reboot' "no`nreason=reboot: Windows is in the middle of a reboot (RebootInProgress)"
$TestKeys = @('AutoLogonChecked')
$TestValues = @{ ServicingInProgress = 2 }
Test-Ready 'servicing' "no`nreason=servicing: Windows is installing parts of itself (ServicingInProgress)"
$TestValues = @{ ServicingInProgress = 1 }
Test-Ready 'servicing that is idle' 'yes'
$PwArg = @{ services = 'W3SVC manual absent bad\name' }
$TestServices = @{ W3SVC = @{ state = 'Stopped'; mode = 'Auto' }; manual = @{ state = 'Stopped'; mode = 'Manual' } }
Test-Ready 'a service that is down' "no`nreason=service: W3SVC is stopped"
$TestServices.W3SVC.state = 'Running'
Test-Ready 'a service that is up' 'yes'
$TestWork = @(@{ '7' = [double]1e7 }, @{ '7' = [double]2e7 })
Test-Ready 'a worker' "no`nreason=worker: TiWorker or TrustedInstaller is at work"
$TestWork = @(@{}, @{ '8' = [double]4e6 })
Test-Ready 'a worker that has just begun' "no`nreason=worker: TiWorker or TrustedInstaller is at work"
$TestWork = @(@{ '7' = [double]1e7 }, @{ '7' = [double]1.1e7 })
Test-Ready 'a worker at rest' 'yes'

if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
