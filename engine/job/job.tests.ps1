# job.tests: tries job.ps1 with files, locks and tasks in memory. Any PowerShell: pwsh -File job.tests.ps1
$PSNativeCommandUseErrorActionPreference = $false
$TestBad = 0
$TestNow = [long]1000
$TestBoot = '00000000-0000-0000-0000-000000000001'
$TestWorks = $false
$TestHeld = $false
$TestTask = $null
$TestPoints = @()
$TestFiles = @{}
$TestSaid = ''
$TestHere = $PSScriptRoot
$TestShared = [IO.Path]::Combine($TestHere, '..', '..', 'connectors', 'powershell')

# Invoke-Test ARGS: one operation; returns the answer's keys.
function Invoke-Test($Values) {
    $PwNonce = '00ff'
    $TestJson = ConvertTo-Json -InputObject $Values -Compress
    $PwArgs64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($TestJson))
    $script:TestSaid = ''
    . ([IO.Path]::Combine($TestShared, 'prelude.ps1'))
    foreach ($TestPart in 'boot', 'files', 'common', 'task') { . ([IO.Path]::Combine($TestShared, $TestPart + '.ps1')) }
    . ([IO.Path]::Combine($TestHere, 'host.ps1'))
    . ([IO.Path]::Combine($TestHere, 'claim.ps1'))
    # what is outside, in memory
    function Write-PwRaw([string]$Text) { $script:TestSaid += $Text }
    function Write-PwBytes($Bytes) { $script:TestSaid += [Text.Encoding]::UTF8.GetString([byte[]]$Bytes) }
    function Get-PwRoot { return 'R' }
    function Get-PwNow { return $script:TestNow }
    function Get-PwBootId { return $script:TestBoot }
    function Open-PwMutex([string]$Name) {
        $PwMade = New-Object PSObject -Property @{ Name = $Name }
        return ($PwMade | Add-Member -MemberType ScriptMethod -Name Dispose -Value { return } -PassThru)
    }
    function Lock-PwMutex($Mutex, [int]$Milliseconds) { return -not ($script:TestWorks -and $Mutex.Name -eq 'Global\patchwave-job') }
    function Unlock-PwMutex($Mutex) { }
    function Test-PwFile([string]$Path) { return $script:TestFiles.ContainsKey($Path) }
    function Read-PwText([string]$Path, [int]$Most = 0) { return [string]$script:TestFiles[$Path] }
    function Read-PwBytes([string]$Path, [long]$Offset, [int]$Most) {
        $PwAll = [Text.Encoding]::UTF8.GetBytes([string]$script:TestFiles[$Path])
        return , [byte[]]@($PwAll | Select-Object -Skip $Offset -First $Most)
    }
    function Save-PwText([string]$Path, [string]$Text) { $script:TestFiles[$Path] = $Text }
    function Test-PwHeld([string]$Path) { return ($script:TestHeld -and $script:TestFiles.ContainsKey($Path)) }
    function Test-PwAdministrator { return $true }
    function Get-PwDirectory([string]$Path) { return @{ exists = $true; directory = $true; link = $false; owner = 'S-1-5-18'; others = @() } }
    function Remove-PwDirectory([string]$Path) {
        foreach ($PwName in @($script:TestFiles.Keys)) { if ($PwName.StartsWith($Path + [IO.Path]::DirectorySeparatorChar)) { $script:TestFiles.Remove($PwName) } }
    }
    function Remove-PwFile([string]$Path) { $script:TestFiles.Remove($Path) }
    function Get-PwOlder([string]$Path, [int]$Days, [string]$Kind) { return @() }
    function Get-PwStaging([string]$Path) { return @() }
    function Get-PwNewest([string]$Path) { return , @($script:TestPoints | Where-Object { $script:TestFiles.ContainsKey([IO.Path]::Combine($Path, $_.name, 'x')) }) }
    function Get-PwFileSize([string]$Path) { return ([string]$script:TestFiles[$Path]).Length }
    function Start-PwTask([string]$Name, [string]$File, [string]$Text, [string]$Limit) { $script:TestTask = @{ state = 3; result = [long]267011 } }
    function Get-PwTask([string]$Name) { return $script:TestTask }
    function Remove-PwTask([string]$Name) { $script:TestTask = $null }
    . ([IO.Path]::Combine($TestHere, 'job.ps1'))
    $TestKeys = @{}
    foreach ($TestLine in $script:TestSaid -split "`n") {
        $TestAt = $TestLine.IndexOf('=')
        if ($TestAt -gt 0 -and -not $TestLine.StartsWith('@@')) { $TestKeys[$TestLine.Substring(0, $TestAt)] = $TestLine.Substring($TestAt + 1) }
    }
    return $TestKeys
}

# Test-Says NAME KEYS WANT: each key of WANT has its value.
function Test-Says([string]$Name, $Keys, $Want) {
    foreach ($TestKey in $Want.Keys) {
        if ([string]$Keys[$TestKey] -cne [string]$Want[$TestKey]) {
            $script:TestBad++
            Write-Output ($Name + ': ' + $TestKey + ' is "' + $Keys[$TestKey] + '", not "' + $Want[$TestKey] + '"')
        }
    }
}

function Get-TestArgs([string]$Op, [string]$Run, [string]$Fence, $More) {
    $TestAll = @{ op = $Op; controller = 'c1'; run = $Run; fence = $Fence; ttl = '60'; host = 'h' }
    foreach ($TestKey in $More.Keys) { $TestAll[$TestKey] = $More[$TestKey] }
    return $TestAll
}

Test-Says 'a claim' (Invoke-Test (Get-TestArgs 'claim' 'r1' '5' @{})) @{ claim = 'set' }
Test-Says 'an older fence' (Invoke-Test (Get-TestArgs 'claim' 'r0' '4' @{})) @{ refused = 'locked'; holder_run = 'r1' }
Test-Says 'another run' (Invoke-Test (Get-TestArgs 'claim' 'r2' '6' @{})) @{ refused = 'locked'; holder_run = 'r1'; holder_expires = '1060' }
Test-Says 'another name' (Invoke-Test (Get-TestArgs 'claim' 'r1' '5' @{ host = 'H' })) @{ refused = 'locked' }
Test-Says 'a renewal' (Invoke-Test (Get-TestArgs 'renew' 'r1' '5' @{})) @{ claim = 'renewed' }
Test-Says 'a look' (Invoke-Test (Get-TestArgs 'show' '' '' @{})) @{ holder_run = 'r1'; holder_fence = '5'; holder_left = '60'; holder_name = 'h' }

$TestBody = "the body`n"
$TestSha = [Security.Cryptography.SHA256]::Create()
$TestSum = ([BitConverter]::ToString($TestSha.ComputeHash([Text.Encoding]::UTF8.GetBytes($TestBody))) -replace '-', '').ToLowerInvariant()
$TestJob = @{ id = 'r1.updates.1.h'; body = 'the body'; wrap = 'the wrapper'; sum = $TestSum }
$TestDamaged = $TestJob.Clone()
$TestDamaged.sum = '00'
Test-Says 'a damaged job' (Invoke-Test (Get-TestArgs 'start' 'r1' '5' $TestDamaged)) @{ refused = 'guard' }
Test-Says 'a job of another' (Invoke-Test (Get-TestArgs 'start' 'r2' '6' $TestJob)) @{ refused = 'locked' }
Test-Says 'a start' (Invoke-Test (Get-TestArgs 'start' 'r1' '5' $TestJob)) @{ started = 'now'; state = 'starting'; boot_id = $TestBoot }
Test-Says 'a second start' (Invoke-Test (Get-TestArgs 'start' 'r1' '5' $TestJob)) @{ started = 'before'; state = 'starting' }
$TestTask = @{ state = 3; result = [long]267014 }
Test-Says 'a task that was ended' (Invoke-Test (Get-TestArgs 'poll' 'r1' '5' $TestJob)) @{ state = 'lost'; why = 'the task was ended by somebody' }

$TestDir = [IO.Path]::Combine('R', 'jobs', 'r1.updates.1.h')
$TestFiles[[IO.Path]::Combine($TestDir, 'pid')] = '7'
$TestFiles[[IO.Path]::Combine($TestDir, 'out.log')] = 'hello'
$TestHeld = $true
$TestWorks = $true
Test-Says 'a job that runs' (Invoke-Test (Get-TestArgs 'poll' 'r1' '5' $TestJob)) @{ state = 'running'; size = '5' }
if (-not $TestSaid.Contains("BEGIN log`nhello`n@@00ff END log rc=0 len=5`n")) {
    $TestBad++
    Write-Output 'the log is not in the answer'
}
Test-Says 'a collect of what runs' (Invoke-Test (Get-TestArgs 'collect' 'r1' '5' $TestJob)) @{ refused = 'guard' }
Test-Says 'a release while it runs' (Invoke-Test (Get-TestArgs 'release' 'r1' '5' @{})) @{ refused = 'locked' }
$TestNow = [long]5000
Test-Says 'an expired claim while it runs' (Invoke-Test (Get-TestArgs 'claim' 'r2' '6' @{})) @{ refused = 'locked' }
$TestBoot = '00000000-0000-0000-0000-000000000002'
Test-Says 'a clock that was set' (Invoke-Test (Get-TestArgs 'poll' 'r1' '5' $TestJob)) @{ state = 'running' }
$TestHeld = $false
$TestWorks = $false
Test-Says 'a reboot' (Invoke-Test (Get-TestArgs 'poll' 'r1' '5' $TestJob)) @{ state = 'lost-reboot' }
$TestFiles[[IO.Path]::Combine($TestDir, 'rc')] = "003`n"
Test-Says 'an end' (Invoke-Test (Get-TestArgs 'poll' 'r1' '5' $TestJob)) @{ state = 'done'; rc = '003' }
Test-Says 'a collect' (Invoke-Test (Get-TestArgs 'collect' 'r1' '5' $TestJob)) @{ collected = 'yes' }
Test-Says 'a start after it' (Invoke-Test (Get-TestArgs 'start' 'r1' '5' $TestJob)) @{ started = 'before'; state = 'collected'; rc = '003' }
Test-Says 'a bad id' (Invoke-Test (Get-TestArgs 'start' 'r1' '5' @{ id = '..\x' })) @{ refused = 'guard' }
$TestPoints = @(@{ name = 'r1'; minutes = [long]1 }, @{ name = 'r0'; minutes = [long]90 }, @{ name = 'q9'; minutes = [long]2 }, @{ name = 'q8'; minutes = [long]3 })
foreach ($TestPoint in $TestPoints) { $TestFiles[[IO.Path]::Combine('R', 'points', $TestPoint.name, 'x')] = '1' }
Test-Says 'a release' (Invoke-Test (Get-TestArgs 'release' 'r1' '5' @{ keep = '3'; expire = '60' })) @{ claim = 'released' }
$TestLeft = @($TestPoints | Where-Object { $TestFiles.ContainsKey([IO.Path]::Combine('R', 'points', $_.name, 'x')) } | ForEach-Object { $_.name }) -join ' '
if ($TestLeft -cne 'r1 q9') {
    $TestBad++
    Write-Output ('restore points that are left: ' + $TestLeft)
}
Test-Says 'a later run' (Invoke-Test (Get-TestArgs 'claim' 'r2' '6' @{})) @{ claim = 'set' }
Test-Says 'one that knows it dead' (Invoke-Test (Get-TestArgs 'claim' 'r3' '7' @{ dead = 'r1 r2' })) @{ claim = 'set' }
Test-Says 'an unknown operation' (Invoke-Test (Get-TestArgs 'x' 'r3' '7' @{})) @{ refused = 'unsupported' }

if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
