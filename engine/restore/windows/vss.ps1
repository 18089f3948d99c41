# vss: shadow copies that last: Windows Server only. They hold files; the volume that
# Windows runs from cannot be reverted to one.
function New-PwShadow([string]$Drive) {
    $RpAnswer = Invoke-CimMethod -ClassName Win32_ShadowCopy -MethodName Create -Arguments @{ Volume = ($Drive + '\'); Context = 'ClientAccessible' }
    if ([int64]$RpAnswer.ReturnValue -ne 0) { return @{ code = [int64]$RpAnswer.ReturnValue; id = '' } }
    return @{ code = [int64]0; id = [string]$RpAnswer.ShadowID }
}
function Remove-PwShadow($Shadow) { Remove-CimInstance -InputObject $Shadow }
function Get-PwPointDir {
    $RpDir = Join-Path (Get-PwRoot) 'points'
    if (-not (Test-Path -LiteralPath $RpDir)) { New-Item -ItemType Directory -Path $RpDir | Out-Null }
    if (((Get-Item -LiteralPath $RpDir -Force).Attributes -band [IO.FileAttributes]::ReparsePoint) -ne 0) { throw ($RpDir + ' is a link') }
    return $RpDir
}
function Read-PwNotes {
    $RpNotes = @()
    foreach ($RpFile in @(Get-ChildItem -LiteralPath (Get-PwPointDir) -Filter 'patchwave-*.json')) {
        $RpNote = ConvertFrom-Json ([IO.File]::ReadAllText($RpFile.FullName))
        $RpNotes += @{ tag = [string]$RpNote.tag; id = [string]$RpNote.id; made = [int64]$RpNote.made }
    }
    return $RpNotes
}
function Write-PwNote([string]$Tag, [string]$Id, [int64]$Made) {
    $RpPath = Join-Path (Get-PwPointDir) ($Tag + '.json')
    Save-PwText $RpPath (ConvertTo-PwJson @{ tag = $Tag; id = $Id; made = [string]$Made })
}
function Remove-PwNote([string]$Tag) {
    $RpPath = Join-Path (Get-PwPointDir) ($Tag + '.json')
    if (Test-Path -LiteralPath $RpPath) { Remove-Item -LiteralPath $RpPath }
}

function Test-RpGuid([string]$Text) { return ($Text -match '^\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}$') }

# Find-RpNote: what we have written down of our tag, and of our id where one is given.
function Find-RpNote {
    foreach ($RpOne in @(Read-PwNotes)) {
        if ($RpOne.tag -ceq $RpTag -and (Test-RpGuid $RpOne.id) -and ($RpId -eq '' -or $RpOne.id -eq $RpId)) { return $RpOne }
    }
    return $null
}

function Find-RpShadow([string]$Id) {
    foreach ($RpOne in @(Get-PwShadows)) {
        if ([string]$RpOne.ID -eq $Id) { return $RpOne }
    }
    return $null
}

function Invoke-RpDetect {
    $RpOs = Get-PwOs
    if ([int]$RpOs.ProductType -eq 1) { Add-RpNo 'unsupported' 'shadow copies that last can be made on Windows Server only'; return }
    $RpFault = Get-RpServiceFault
    if ($RpFault -ne '') { Add-RpNo 'unsupported' $RpFault; return }
    $RpVolume = Get-PwVolume $RpOs.SystemDrive
    $RpMine = @(@(Get-PwShadows) | Where-Object { $_.VolumeName -eq $RpVolume.DeviceID })
    # at 64 Windows removes the oldest, which may be another's
    if ($RpMine.Count -ge 63) { Add-RpNo 'disk' ('there are ' + $RpMine.Count + ' shadow copies of the volume, and one more would push out the oldest'); return }
    $RpStorage = Get-RpStorage $RpVolume
    if ($null -ne $RpStorage -and ([decimal]$RpStorage.MaxSpace - [decimal]$RpStorage.UsedSpace) -lt $RpGiB) {
        Add-RpNo 'disk' 'less than 1 GiB of the shadow storage is left, and one more shadow copy would push out the oldest'
        return
    }
    if ([decimal]$RpVolume.FreeSpace -lt (2 * $RpGiB)) { Add-RpNo 'disk' ('less than 2 GiB are free on ' + $RpOs.SystemDrive); return }
    Add-RpLine 'possible' 'yes'
    Add-RpLine 'free' ([decimal]$RpVolume.FreeSpace)
    Add-RpLine 'need' (2 * $RpGiB)
}

function Invoke-RpCreate {
    $RpDrive = (Get-PwOs).SystemDrive
    $RpNote = Find-RpNote
    if ($null -eq $RpNote -or $null -eq (Find-RpShadow $RpNote.id)) {
        $RpMade = @{ code = [int64]9; id = '' }
        for ($RpTry = 0; $RpTry -lt 6 -and $RpMade.code -eq 9; $RpTry++) {
            if ($RpTry -gt 0) { Wait-PwSeconds 10 }
            $RpMade = New-PwShadow $RpDrive
        }
        if ($RpMade.code -ne 0) { Add-RpLine 'native' $RpMade.code; return }
        if (-not (Test-RpGuid $RpMade.id)) { throw 'Windows did not say the id of the shadow copy' }
        $RpNote = @{ tag = $RpTag; id = $RpMade.id }
        Write-PwNote $RpTag $RpMade.id (Get-PwNow)
    }
    $RpShadow = Find-RpShadow $RpNote.id
    if ($null -eq $RpShadow -or [int]$RpShadow.State -ne 12 -or $RpShadow.VolumeName -ne (Get-PwVolume $RpDrive).DeviceID) {
        Add-RpLine 'state' 'unusable'
        Add-RpLine 'code' 'exit'
        Add-RpLine 'why' 'Windows reported success, and the shadow copy is not there or not complete'
        return
    }
    Add-RpLine 'state' 'whole'
    Add-RpLine 'id' $RpNote.id
}

function Invoke-RpCheck {
    Add-RpLine 'identity' (Get-PwBoot)
    $RpNote = Find-RpNote
    $RpShadow = $null
    if ($null -ne $RpNote) { $RpShadow = Find-RpShadow $RpNote.id }
    if ($null -eq $RpShadow) {
        Add-RpLine 'state' 'absent'
        Add-RpLine 'why' 'Windows does not have the shadow copy any more'
        return
    }
    Add-RpLine 'id' $RpNote.id
    if ([int]$RpShadow.State -eq 12) { Add-RpLine 'state' 'whole'; return }
    Add-RpLine 'state' 'unusable'
    Add-RpLine 'why' ('the shadow copy is in state ' + [int]$RpShadow.State)
}

function Invoke-RpRemove {
    $RpNote = Find-RpNote
    if ($null -eq $RpNote -or $RpId -eq '') { Add-RpLine 'state' 'absent'; return }
    $RpShadow = Find-RpShadow $RpNote.id
    if ($null -ne $RpShadow) { Remove-PwShadow $RpShadow }
    if ($null -ne (Find-RpShadow $RpNote.id)) { throw 'the shadow copy is still there' }
    Remove-PwNote $RpTag
    if ($null -eq $RpShadow) { Add-RpLine 'state' 'absent' } else { Add-RpLine 'state' 'removed' }
}

function Invoke-RpList {
    foreach ($RpOne in @(Read-PwNotes)) {
        if ((Test-RpTag $RpOne.tag) -and (Test-RpGuid $RpOne.id)) {
            Add-RpLine 'point' (@($RpOne.tag, $RpOne.id, [string]$RpOne.made, '0') -join "`t")
        }
    }
}

if ($RpOp -ne 'detect' -and $RpOp -ne 'list' -and -not (Test-RpTag $RpTag)) { throw 'the tag is none of patchwave' }
switch ($RpOp) {
    'detect' { Invoke-RpDetect }
    'create' { Invoke-RpCreate }
    'check' { Invoke-RpCheck }
    'remove' { Invoke-RpRemove }
    'list' { Invoke-RpList }
    default { throw 'unknown operation' }
}
Write-PwLines 'restore-point' $RpLines
