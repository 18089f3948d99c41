# boot.tests: tries boot.ps1 with processes in memory. Any PowerShell: pwsh -File boot.tests.ps1
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$TestBad = 0
$TestAsked = 0
$TestWaited = 0
$TestFaults = 0
$TestFound = @()
. ([IO.Path]::Combine($PSScriptRoot, 'boot.ps1'))
# what is outside, in memory
function Wait-PwWininit { $script:TestWaited++ }
function Get-PwWininit {
    $script:TestAsked++
    if ($script:TestAsked -le $script:TestFaults) { throw 'the service is not there yet' }
    return @($script:TestFound)
}

# Test-Is NAME GOT WANT: they are the same text.
function Test-Is([string]$Name, [string]$Got, [string]$Want) {
    if ($Got -cne $Want) {
        $script:TestBad++
        Write-Output ($Name + ': got "' + $Got + '", not "' + $Want + '"')
    }
}

# Get-TestBoot FOUND FAULTS: the boot id, or the error; and how often was waited.
function Get-TestBoot($Found, [int]$Faults) {
    $script:TestFound = @($Found)
    $script:TestFaults = $Faults
    $script:TestAsked = 0
    $script:TestWaited = 0
    try { $TestGot = Get-PwBootId } catch { $TestGot = [string]$_.Exception.Message }
    return ($TestGot + ' ' + $script:TestWaited)
}

$TestThen = [DateTime]::FromFileTimeUtc(133000000000000000)
$TestOne = New-Object PSObject -Property @{ CreationDate = $TestThen }
$TestId = '00000000-0000-0000-01d8-82cb9b208000'
Test-Is 'one process' (Get-TestBoot $TestOne 0) ($TestId + ' 0')
Test-Is 'its time on the clock of the place' (Get-TestBoot (New-Object PSObject -Property @{ CreationDate = $TestThen.ToLocalTime() }) 0) ($TestId + ' 0')
Test-Is 'a service that needs a moment' (Get-TestBoot $TestOne 2) ($TestId + ' 2')
Test-Is 'a service that is not there' (Get-TestBoot $TestOne 3) 'the service is not there yet 2'
Test-Is 'no process' (Get-TestBoot @() 0) 'boots are told apart by the process wininit.exe of session 0, and there are 0 2'
Test-Is 'two processes' (Get-TestBoot @($TestOne, $TestOne) 0) 'boots are told apart by the process wininit.exe of session 0, and there are 2 2'
$TestNever = New-Object PSObject -Property @{ CreationDate = $null }
Test-Is 'no time' (Get-TestBoot $TestNever 0) 'Windows does not say when wininit.exe was started, by which boots are told apart 2'
$TestFound = @($TestOne)
Test-Is 'the digits alone' (Get-PwBoot) '01d882cb9b208000'

if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
