# hyperv.tests: tries hyperv.ps1 with machines and checkpoints in memory. Any PowerShell: pwsh -File hyperv.tests.ps1
$TestBad = 0
$TestDone = @()
$TestHas = $false
$TestPoints = @()
$TestMakes = $true
$TestWorker = [int64]7
$TestFree = [decimal]90000000000
$TestMerging = 0
$TestWaited = 0
$TestMachine = New-Object PSObject -Property @{ Name = 'web [1]'; Id = 'M1'; State = 'Running'; CheckpointType = 'ProductionOnly'
    Path = 'C:\vm'; ParentSnapshotId = ''; SecondaryOperationalStatus = '' }
$TestMachines = @($TestMachine)
$TestHere = $PSScriptRoot
$PwNonce = '00ff'
$PwArgs64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{"op":"detect","tag":"patchwave-r1","domain":"web [1]"}'))
. ([IO.Path]::Combine($TestHere, '..', '..', '..', 'connectors', 'powershell', 'prelude.ps1'))
. ([IO.Path]::Combine($TestHere, '..', 'point.ps1'))
function Write-PwRaw([string]$Text) { }
# it looks once by itself, at whatever there is here, and only looks
try { . ([IO.Path]::Combine($TestHere, 'hyperv.ps1')) } catch { $TestDone = @() }
# what is outside, in memory
function Test-PwHyperV { return $script:TestHas }
function Wait-PwSeconds([int]$Seconds) { $script:TestWaited++ }
function Get-PwMachines {
    if ($script:TestWaited -ge $script:TestMerging) { $script:TestMachine.SecondaryOperationalStatus = '' }
    return @($script:TestMachines)
}
function Get-PwCheckpoints($Machine) { return @($script:TestPoints) }
function Get-PwWorker([string]$Id) { return $script:TestWorker }
function Get-PwFree([string]$Drive) { return $script:TestFree }
function New-TestPoint([string]$Name, [string]$Id) {
    return (New-Object PSObject -Property @{ Name = $Name; Id = $Id; CreationTime = [DateTime]::FromFileTimeUtc(133000000000000000) })
}
function New-PwCheckpoint($Machine, [string]$Name) {
    $script:TestDone += 'make'
    if ($script:TestMakes) { $script:TestPoints += New-TestPoint $Name 'P1' }
}
function Stop-PwMachine($Machine) { $script:TestDone += 'stop'; $Machine.State = 'Off'; $script:TestWorker = [int64]0 }
function Restore-PwCheckpoint($Checkpoint) { $script:TestDone += 'back'; $script:TestMachine.ParentSnapshotId = $Checkpoint.Id }
function Start-PwMachine($Machine) { $script:TestDone += 'start'; $Machine.State = 'Running'; $script:TestWorker = [int64]8 }
function Remove-PwCheckpoint($Checkpoint) {
    $script:TestDone += 'remove'
    $script:TestPoints = @()
    $script:TestMachine.SecondaryOperationalStatus = 'MergingDisks'
}

# Test-Point NAME OP ID WANT: the lines of the answer and what was done.
function Test-Point([string]$Name, [string]$Op, [string]$Id, [string]$Want) {
    $script:RpOp = $Op
    $script:RpId = $Id
    $script:RpLines.Clear()
    $script:TestDone = @()
    $script:TestWaited = 0
    Invoke-RpMain
    $TestGot = ($script:RpLines -join '|') + ' / ' + ($script:TestDone -join ' ')
    if ($TestGot -cne $Want) {
        $script:TestBad++
        Write-Output ($Name + ': got "' + $TestGot + '", not "' + $Want + '"')
    }
}

Test-Point 'no Hyper-V' 'detect' '' 'possible=no|code=unsupported|why=Hyper-V is not installed there / '
$TestHas = $true
Test-Point 'a machine' 'detect' '' 'free=90000000000|possible=yes|need=5368709120 / '
$TestFree = [decimal]1000
Test-Point 'a full disk' 'detect' '' 'free=1000|possible=no|code=disk|why=less than 5 GiB are free where the machine lies / '
$TestFree = $null
$TestMachine.CheckpointType = 'Production'
Test-Point 'perhaps with memory' 'detect' '' ('cannot=the time since, if Hyper-V falls back to a checkpoint with memory; ' +
    'Set-VM -CheckpointType ProductionOnly forbids that|possible=yes|need=5368709120 / ')
$TestMachine.CheckpointType = 'Disabled'
Test-Point 'none allowed' 'detect' '' 'possible=no|code=unsupported|why=checkpoints are disabled for the machine / '
$TestMachine.State = 'Saved'
Test-Point 'saved' 'detect' '' 'possible=no|code=locked|why=the machine is in state Saved / '
$TestMachine.State = 'Running'
$TestMachines = @($TestMachine, $TestMachine)
Test-Point 'two of the name' 'detect' '' 'possible=no|code=unsupported|why=there is no machine of that name, or there are several / '
$TestMachines = @($TestMachine)

Test-Point 'a checkpoint' 'create' '' 'state=whole|id=P1 / make'
Test-Point 'the same again' 'create' '' 'state=whole|id=P1 / '
Test-Point 'ours' 'check' 'P1' 'identity=7|state=whole|id=P1 / '
Test-Point 'the id of another' 'check' 'P2' 'identity=7|state=absent|why=the checkpoint is no longer there / '
Test-Point 'a list' 'list' '' "point=patchwave-r1`tP1`t1655526400`t0 / "
$PwArg['before'] = '7'
Test-Point 'not yet' 'prove' 'P1' 'identity=7|state=pending / '
Test-Point 'back without an id' 'rollback' '' 'state=not-restored|why=the checkpoint is no longer there / '
Test-Point 'back' 'rollback' 'P1' 'identity=8|state=restored / stop back start'
$TestMachine.ParentSnapshotId = 'P9'
Test-Point 'started anew, from another' 'prove' 'P1' 'identity=8|state=not-restored|why=the machine was started anew, and not from the checkpoint / '
$TestWorker = [int64]0
Test-Point 'off' 'prove' 'P1' 'identity=off|state=pending / '
$TestMerging = 3
Test-Point 'removed' 'remove' 'P1' 'state=removed / remove'
if ($TestWaited -ne 3) { $TestBad++; Write-Output ('the disks were not waited for: ' + $TestWaited) }
Test-Point 'removed before' 'remove' 'P1' 'state=absent / '
$TestPoints = @(New-TestPoint 'patchwave-r1' 'P1')
$TestMerging = 999
Test-Point 'disks that go on' 'remove' 'P1' 'code=timeout|why=the disks of the machine are still being merged / remove'
$TestPoints = @()
$TestMakes = $false
Test-Point 'one that is not there' 'create' '' 'state=unusable|code=exit|why=Hyper-V reported success, and the checkpoint is not there / make'

if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
