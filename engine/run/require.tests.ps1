# require.tests: tries require.ps1 with a Windows in memory. Any PowerShell: pwsh -File require.tests.ps1
$TestBad = 0
$TestSaid = ''
$TestBusy = 0
$TestWaited = 0
$TestUsers = @()
$TestLock = @{ on = $false; kinds = @() }
$TestHere = $PSScriptRoot
$PwNonce = '00ff'
$PwArgs64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{}'))
foreach ($TestPart in 'prelude', 'boot', 'files', 'common') { . ([IO.Path]::Combine($TestHere, '..', '..', 'connectors', 'powershell', $TestPart + '.ps1')) }
. ([IO.Path]::Combine($TestHere, 'windows.ps1'))
# what is outside, in memory
function Write-PwRaw([string]$Text) { $script:TestSaid += $Text }
function Get-PwNow { return [long]1000 }
function Wait-PwSeconds([int]$Seconds) { $script:TestWaited += $Seconds }
function Test-PwKey([string]$Key) { return $false }
function Get-PwValue([string]$Key, [string]$Name) { return $null }
function Get-PwSystemDrive { return 'C:' }
function Get-PwVolumeLock([string]$Drive) { return $script:TestLock }
# it looks once by itself, at whatever there is here, and only looks
try { . ([IO.Path]::Combine($TestHere, 'require.ps1')) } catch { $TestSaid = '' }
function Get-PwFreeSpace([string]$Drive) {
    if ($Drive -ceq 'C:\') { return [long]10241024 }
    return [long]-1
}
function Get-PwProcesses { return @(@{ id = 4; name = 'System' }, @{ id = 7; name = 'sqlservr' }) }
function Get-PwDesktopUsers {
    if ($null -eq $script:TestUsers) { throw 'nobody knows' }
    return @($script:TestUsers)
}
function Test-PwInstaller {
    $script:TestBusy--
    return ($script:TestBusy -ge 0)
}

# Test-Frame NAME FRAME WANT: status and content of a frame.
function Test-Frame([string]$Name, [string]$Frame, [string]$Want) {
    $TestFound = [regex]::Match($script:TestSaid, '(?s)@@00ff BEGIN ' + $Frame + "`n(.*?)`n@@00ff END " + $Frame + ' rc=([0-9]+)')
    $TestGot = $TestFound.Groups[2].Value + ' ' + $TestFound.Groups[1].Value
    if ($TestGot -cne $Want) {
        $script:TestBad++
        Write-Output ($Name + ': got "' + $TestGot + '", not "' + $Want + '"')
    }
}

# Invoke-Test ARGS BUSY: asks, where an installer works for BUSY looks.
function Invoke-Test($Values, [int]$Busy) {
    $PwArg = $Values
    $script:TestSaid = ''
    $script:TestBusy = $Busy
    $script:TestWaited = 0
    Write-RequireMain
}

Invoke-Test @{ mounts = "C:\`nD:`n/var"; processes = "sqlservr.exe`nnotepad`nsystem"; users = 'yes' } 0
Test-Frame 'the clock' 'clock' '0 1000'
Test-Frame 'disks' 'disk' "0 10001`tC:\`n?`tD:`n?`t/var"
Test-Frame 'processes' 'processes' "0 4`tsystem`n7`tsqlservr.exe"
Test-Frame 'nobody' 'users' '0 '
Test-Frame 'nothing in the way' 'blockers' '0 '
$TestUsers = @("D\u`tsession 2")
Invoke-Test @{ users = 'yes' } 0
Test-Frame 'one user' 'users' "0 D\u`tsession 2"
$TestUsers = $null
Invoke-Test @{ users = 'yes' } 1
Test-Frame 'users that cannot be told' 'users' '1 nobody knows'
Test-Frame 'an installer' 'blockers' "0 installer`tanother installation is at work (Windows Installer)"
Invoke-Test @{ wait = '30' } 2
Test-Frame 'an installer that is waited for' 'blockers' '0 '
if ($TestWaited -ne 10) {
    $TestBad++
    Write-Output ('waited for an installer: ' + $TestWaited)
}
Invoke-Test @{ wait = '10' } 99
Test-Frame 'an installer that goes on' 'blockers' "0 installer`tanother installation is at work (Windows Installer)"
$TestLock = @{ on = $true; kinds = @(4) }
Invoke-Test @{ reboot = 'yes' } 0
if (-not $TestSaid.Contains("bitlocker`tC: would ask for a PIN")) {
    $TestBad++
    Write-Output ('a PIN: ' + $TestSaid)
}
Invoke-Test @{} 0
Test-Frame 'a PIN without a reboot' 'blockers' '0 '

if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
