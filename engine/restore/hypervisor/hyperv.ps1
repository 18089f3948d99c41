# restore-point: checkpoints of a machine, on the Hyper-V host that it runs on. point.ps1 stands before it.
$RpDomain = Get-PwArg 'domain'

function Test-PwHyperV { return ($null -ne (Get-Command -Name Checkpoint-VM -ErrorAction SilentlyContinue)) }
function Get-PwMachines { return @(Get-VM) }
function Get-PwCheckpoints($Machine) { return @(Get-VMSnapshot -VM $Machine) }
function New-PwCheckpoint($Machine, [string]$Name) { Checkpoint-VM -VM $Machine -SnapshotName $Name }
function Restore-PwCheckpoint($Checkpoint) { Restore-VMSnapshot -VMSnapshot $Checkpoint -Confirm:$false }
function Remove-PwCheckpoint($Checkpoint) { Remove-VMSnapshot -VMSnapshot $Checkpoint -Confirm:$false }
function Stop-PwMachine($Machine) { Stop-VM -VM $Machine -TurnOff -Force }
function Start-PwMachine($Machine) { Start-VM -VM $Machine }
function Get-PwWorker([string]$Id) {
    $RpSystem = Get-CimInstance -Namespace 'root/virtualization/v2' -ClassName Msvm_ComputerSystem -Filter ("Name='" + $Id + "'")
    if ($null -eq $RpSystem -or $null -eq $RpSystem.ProcessID) { return 0 }
    return [int64]$RpSystem.ProcessID
}
function Get-PwFree([string]$Drive) {
    $RpDisk = Get-CimInstance -ClassName Win32_LogicalDisk -Filter ("DeviceID='" + $Drive + "'")
    if ($null -eq $RpDisk) { return $null }
    return [decimal]$RpDisk.FreeSpace
}
# Get-RpMachine: the one machine of that name or id, or nothing. The name is compared,
# never handed over: it may hold what Hyper-V takes for a wildcard.
function Get-RpMachine {
    $RpFound = @()
    foreach ($RpOne in @(Get-PwMachines)) {
        if ([string]$RpOne.Name -eq $RpDomain -or [string]$RpOne.Id -eq $RpDomain) { $RpFound += $RpOne }
    }
    if ($RpFound.Count -eq 1) { return $RpFound[0] }
    return $null
}

function Find-RpCheckpoint($Machine) {
    foreach ($RpOne in @(Get-PwCheckpoints $Machine)) {
        if ([string]$RpOne.Name -ceq $RpTag -and ($RpId -eq '' -or [string]$RpOne.Id -eq $RpId)) { return $RpOne }
    }
    return $null
}

# Get-RpIdentity: the process of this start of the machine.
function Get-RpIdentity($Machine) {
    $RpWorker = Get-PwWorker ([string]$Machine.Id)
    if ($RpWorker -eq 0) { return 'off' }
    return [string]$RpWorker
}

function Invoke-RpDetect($Machine) {
    if ([string]$Machine.State -ne 'Running' -and [string]$Machine.State -ne 'Off') { Add-RpNo 'locked' ('the machine is in state ' + $Machine.State); return }
    $RpType = [string]$Machine.CheckpointType
    if ($RpType -eq 'Disabled') { Add-RpNo 'unsupported' 'checkpoints are disabled for the machine'; return }
    if (@(Get-PwCheckpoints $Machine).Count -ge 49) { Add-RpNo 'disk' 'the machine has almost as many checkpoints as Hyper-V takes (50)'; return }
    $RpFree = $null
    $RpPath = [string]$Machine.Path
    if ($RpPath -match '^[A-Za-z]:') { $RpFree = Get-PwFree $RpPath.Substring(0, 2) }
    if ($null -ne $RpFree) {
        Add-RpLine 'free' $RpFree
        if ($RpFree -lt (5 * $RpGiB)) { Add-RpNo 'disk' 'less than 5 GiB are free where the machine lies'; return }
    }
    if ($RpType -eq 'Standard') {
        Add-RpLine 'cannot' 'the time since: its checkpoints are of type Standard, so that its memory goes back too; Set-VM -CheckpointType ProductionOnly'
    } elseif ($RpType -eq 'Production') {
        Add-RpLine 'cannot' 'the time since, if Hyper-V falls back to a checkpoint with memory; Set-VM -CheckpointType ProductionOnly forbids that'
    }
    Add-RpLine 'possible' 'yes'
    Add-RpLine 'need' (5 * $RpGiB)
}

function Invoke-RpCreate($Machine) {
    if ($null -eq (Find-RpCheckpoint $Machine)) { [void](New-PwCheckpoint $Machine $RpTag) }
    $RpFound = Find-RpCheckpoint $Machine
    if ($null -eq $RpFound) {
        Add-RpLine 'state' 'unusable'
        Add-RpLine 'code' 'exit'
        Add-RpLine 'why' 'Hyper-V reported success, and the checkpoint is not there'
        return
    }
    Add-RpLine 'state' 'whole'
    Add-RpLine 'id' ([string]$RpFound.Id)
}

function Invoke-RpCheck($Machine) {
    Add-RpLine 'identity' (Get-RpIdentity $Machine)
    $RpFound = Find-RpCheckpoint $Machine
    if ($null -eq $RpFound) {
        Add-RpLine 'state' 'absent'
        Add-RpLine 'why' 'the checkpoint is no longer there'
        return
    }
    Add-RpLine 'state' 'whole'
    Add-RpLine 'id' ([string]$RpFound.Id)
}

# Invoke-RpProve: the machine was started anew, from our checkpoint.
function Invoke-RpProve($Machine) {
    $RpNow = Get-RpIdentity $Machine
    Add-RpLine 'identity' $RpNow
    if ($RpNow -eq (Get-PwArg 'before') -or $RpNow -eq 'off') { Add-RpLine 'state' 'pending'; return }
    if ([string]$Machine.ParentSnapshotId -eq $RpId) { Add-RpLine 'state' 'restored'; return }
    Add-RpLine 'state' 'not-restored'
    Add-RpLine 'why' 'the machine was started anew, and not from the checkpoint'
}

function Invoke-RpRollback($Machine) {
    $RpFound = Find-RpCheckpoint $Machine
    if ($null -eq $RpFound -or $RpId -eq '') {
        Add-RpLine 'state' 'not-restored'
        Add-RpLine 'why' 'the checkpoint is no longer there'
        return
    }
    if ([string]$Machine.State -ne 'Off') { [void](Stop-PwMachine $Machine) }
    [void](Restore-PwCheckpoint $RpFound)
    $RpAfter = Get-RpMachine
    if ([string]$RpAfter.State -ne 'Running') { [void](Start-PwMachine $RpAfter) }
    Invoke-RpProve (Get-RpMachine)
}

# Invoke-RpRemove: Hyper-V merges the disks afterwards; the checkpoint counts as
# removed when that is over.
function Invoke-RpRemove($Machine) {
    $RpFound = Find-RpCheckpoint $Machine
    if ($null -eq $RpFound -or $RpId -eq '') { Add-RpLine 'state' 'absent'; return }
    [void](Remove-PwCheckpoint $RpFound)
    for ($RpTry = 0; $RpTry -lt 120; $RpTry++) {
        $RpNow = Get-RpMachine
        if ($null -eq (Find-RpCheckpoint $RpNow) -and [string]$RpNow.SecondaryOperationalStatus -notmatch 'Merging') {
            Add-RpLine 'state' 'removed'
            return
        }
        Wait-PwSeconds 10
    }
    Add-RpLine 'code' 'timeout'
    Add-RpLine 'why' 'the disks of the machine are still being merged'
}

function Invoke-RpList($Machine) {
    foreach ($RpOne in @(Get-PwCheckpoints $Machine)) {
        if (Test-RpTag ([string]$RpOne.Name)) {
            $RpMade = ConvertTo-RpSeconds ([DateTime]$RpOne.CreationTime)
            Add-RpLine 'point' (@([string]$RpOne.Name, [string]$RpOne.Id, [string]$RpMade, '0') -join "`t")
        }
    }
}

# Invoke-RpMain
function Invoke-RpMain {
    if (-not (Test-PwHyperV)) { Add-RpNo 'unsupported' 'Hyper-V is not installed there'; return }
    $RpMachine = Get-RpMachine
    if ($null -eq $RpMachine) { Add-RpNo 'unsupported' 'there is no machine of that name, or there are several'; return }
    switch ($RpOp) {
        'detect' { Invoke-RpDetect $RpMachine }
        'create' { Invoke-RpCreate $RpMachine }
        'check' { Invoke-RpCheck $RpMachine }
        'rollback' { Invoke-RpRollback $RpMachine }
        'prove' { Invoke-RpProve $RpMachine }
        'remove' { Invoke-RpRemove $RpMachine }
        'list' { Invoke-RpList $RpMachine }
        default { throw 'unknown operation' }
    }
}

if ($RpOp -ne 'detect' -and $RpOp -ne 'list' -and -not (Test-RpTag $RpTag)) { throw 'the tag is none of patchwave' }
Invoke-RpMain
Write-PwLines 'restore-point' $RpLines
