# system_restore: System Restore, of Windows clients only.
function Get-PwRestorePoints { return @(Get-CimInstance -Namespace 'root/default' -ClassName SystemRestore) }
function New-PwRestorePoint([string]$Description) {
    $RpAnswer = Invoke-CimMethod -Namespace 'root/default' -ClassName SystemRestore -MethodName CreateRestorePoint -Arguments @{
        Description = $Description; RestorePointType = [uint32]12; EventType = [uint32]100 }
    return [int64]$RpAnswer.ReturnValue
}
function Get-PwLastRestoreStatus {
    $RpAnswer = Invoke-CimMethod -Namespace 'root/default' -ClassName SystemRestore -MethodName GetLastRestoreStatus
    return [int64]$RpAnswer.ReturnValue
}
function Start-PwRestore([int]$Number) { Restore-Computer -RestorePoint $Number -Confirm:$false }
function Get-PwSetting([string]$Key, [string]$Name) {
    if (-not (Test-Path -LiteralPath $Key)) { return $null }
    $RpItem = Get-Item -LiteralPath $Key
    if ($RpItem.GetValueNames() -notcontains $Name) { return $null }
    return $RpItem.GetValue($Name)
}
function Set-PwFrequency([int]$Minutes) {
    New-ItemProperty -LiteralPath $RpKey -Name $RpFrequency -PropertyType DWord -Value $Minutes -Force | Out-Null
}
function Remove-PwFrequency {
    if ($null -ne (Get-PwSetting $RpKey $RpFrequency)) { Remove-ItemProperty -LiteralPath $RpKey -Name $RpFrequency }
}
function ConvertTo-PwTime([string]$Cim) { return [Management.ManagementDateTimeConverter]::ToDateTime($Cim) }

$RpKey = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\SystemRestore'
$RpPolicy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows NT\SystemRestore'
$RpFrequency = 'SystemRestorePointCreationFrequency'

# Find-RpPoint: the point of our tag, and of our number where one is given; or nothing.
function Find-RpPoint {
    foreach ($RpOne in @(Get-PwRestorePoints)) {
        if ([string]$RpOne.Description -ceq $RpTag -and ($RpId -eq '' -or [string]$RpOne.SequenceNumber -eq $RpId)) { return $RpOne }
    }
    return $null
}

function Get-RpLast {
    $RpMost = [int64]0
    foreach ($RpOne in @(Get-PwRestorePoints)) {
        if ([int64]$RpOne.SequenceNumber -gt $RpMost) { $RpMost = [int64]$RpOne.SequenceNumber }
    }
    return $RpMost
}

function Invoke-RpDetect {
    $RpOs = Get-PwOs
    if ([int]$RpOs.ProductType -ne 1) { Add-RpNo 'unsupported' 'System Restore is not part of Windows Server'; return }
    $RpFault = Get-RpServiceFault
    if ($RpFault -ne '') { Add-RpNo 'unsupported' $RpFault; return }
    if ([string](Get-PwSetting $RpPolicy 'DisableSR') -eq '1') { Add-RpNo 'unsupported' 'a group policy turns System Restore off (DisableSR)'; return }
    $RpOn = Get-PwSetting $RpKey 'RPSessionInterval'
    if ($null -eq $RpOn -or [string]$RpOn -eq '0') {
        Add-RpNo 'unsupported' ('System Restore is off; turn it on with Enable-ComputerRestore -Drive ' + $RpOs.SystemDrive + '\')
        return
    }
    $RpVolume = Get-PwVolume $RpOs.SystemDrive
    $RpStorage = Get-RpStorage $RpVolume
    if ($null -eq $RpStorage -or [decimal]$RpStorage.MaxSpace -lt 314572800) {
        Add-RpNo 'disk' ('there is no shadow storage for ' + $RpOs.SystemDrive + '; give it some: vssadmin resize shadowstorage /for=C: /on=C: /maxsize=10%')
        return
    }
    if ([decimal]$RpVolume.FreeSpace -lt $RpGiB) { Add-RpNo 'disk' ('less than 1 GiB is free on ' + $RpOs.SystemDrive); return }
    Add-RpLine 'possible' 'yes'
    Add-RpLine 'free' ([decimal]$RpVolume.FreeSpace)
    Add-RpLine 'need' $RpGiB
}

# Invoke-RpCreate: Windows skips a point if there was one within 24 hours, and says
# that all is well. So the time is set to 0 for this one, and the number tells.
function Invoke-RpCreate {
    $RpFound = Find-RpPoint
    if ($null -eq $RpFound) {
        $RpBefore = Get-RpLast
        $RpOld = Get-PwSetting $RpKey $RpFrequency
        try {
            Set-PwFrequency 0
            $RpReturn = New-PwRestorePoint $RpTag
        } finally {
            if ($null -eq $RpOld) { Remove-PwFrequency } else { Set-PwFrequency ([int]$RpOld) }
        }
        if ($RpReturn -ne 0) { Add-RpLine 'native' $RpReturn; return }
        for ($RpTry = 0; $RpTry -lt 12; $RpTry++) {
            $RpFound = Find-RpPoint
            if ($null -ne $RpFound -and [int64]$RpFound.SequenceNumber -gt $RpBefore) { break }
            $RpFound = $null
            Wait-PwSeconds 5
        }
    }
    if ($null -eq $RpFound) {
        Add-RpLine 'state' 'unusable'
        Add-RpLine 'code' 'exit'
        Add-RpLine 'why' 'Windows reported success and made no restore point'
        return
    }
    Add-RpLine 'state' 'whole'
    Add-RpLine 'id' ([int64]$RpFound.SequenceNumber)
}

function Invoke-RpCheck {
    $RpFound = Find-RpPoint
    Add-RpLine 'identity' (Get-PwBoot)
    if ($null -eq $RpFound) {
        Add-RpLine 'state' 'absent'
        Add-RpLine 'why' 'Windows does not have the restore point any more'
        return
    }
    Add-RpLine 'state' 'whole'
    Add-RpLine 'id' ([int64]$RpFound.SequenceNumber)
}

# Invoke-RpRollback: the machine boots at once, the answer may never arrive.
function Invoke-RpRollback {
    $RpFound = Find-RpPoint
    if ($null -eq $RpFound -or $RpId -eq '') {
        Add-RpLine 'state' 'not-restored'
        Add-RpLine 'why' 'Windows does not have the restore point any more'
        $script:PwStatus = 1
        return
    }
    Start-PwRestore ([int]$RpFound.SequenceNumber)
    Add-RpLine 'state' 'pending'
}

function Invoke-RpProve {
    Add-RpLine 'identity' (Get-PwBoot)
    if ((Get-PwBoot) -eq (Get-PwArg 'before')) { Add-RpLine 'state' 'pending'; return }
    $RpLast = Get-PwLastRestoreStatus
    if ($RpLast -eq 1) { Add-RpLine 'state' 'restored'; return }
    Add-RpLine 'state' 'not-restored'
    if ($RpLast -eq 2) { Add-RpLine 'why' 'the restore was interrupted' } else { Add-RpLine 'why' 'Windows says that the restore failed' }
}

function Invoke-RpList {
    foreach ($RpOne in @(Get-PwRestorePoints)) {
        if (Test-RpTag ([string]$RpOne.Description)) {
            $RpMade = ConvertTo-RpSeconds (ConvertTo-PwTime ([string]$RpOne.CreationTime))
            Add-RpLine 'point' (@([string]$RpOne.Description, [string]$RpOne.SequenceNumber, [string]$RpMade, '0') -join "`t")
        }
    }
}

if ($RpOp -ne 'detect' -and $RpOp -ne 'list' -and -not (Test-RpTag $RpTag)) { throw 'the tag is none of patchwave' }
switch ($RpOp) {
    'detect' { Invoke-RpDetect }
    'create' { Invoke-RpCreate }
    'check' { Invoke-RpCheck }
    'rollback' { Invoke-RpRollback }
    'prove' { Invoke-RpProve }
    'list' { Invoke-RpList }
    'remove' { Add-RpLine 'state' 'kept'; Add-RpLine 'why' 'Windows removes its oldest restore points by itself' }
    default { throw 'unknown operation' }
}
Write-PwLines 'restore-point' $RpLines
