# common: what scripts share that know of jobs and claims. boot.ps1 stands before it. Windows PowerShell 5.1, ASCII only.

# Get-PwRoot: the directory of patchwave on this machine.
function Get-PwRoot {
    return [IO.Path]::Combine([Environment]::GetFolderPath('CommonApplicationData'), 'patchwave')
}

# Get-PwPowerShell: the path of Windows PowerShell.
function Get-PwPowerShell {
    return [IO.Path]::Combine([Environment]::GetFolderPath('System'), 'WindowsPowerShell\v1.0\powershell.exe')
}

# Get-PwNow: the seconds since 1970.
function Get-PwNow {
    $PwEpoch = New-Object DateTime 1970, 1, 1, 0, 0, 0, ([DateTimeKind]::Utc)
    return [long][Math]::Floor(([DateTime]::UtcNow - $PwEpoch).TotalSeconds)
}

# Test-PwTrusted SID: SYSTEM or Administrators.
function Test-PwTrusted([string]$Sid) {
    return (@('S-1-5-18', 'S-1-5-32-544') -contains $Sid)
}

# Open-PwMutex NAME: a mutex of SYSTEM and Administrators only. One that another has made is an error.
function Open-PwMutex([string]$Name) {
    $PwRights = New-Object Security.AccessControl.MutexSecurity
    $PwAdmins = New-Object Security.Principal.SecurityIdentifier 'S-1-5-32-544'
    $PwSystem = New-Object Security.Principal.SecurityIdentifier 'S-1-5-18'
    foreach ($PwSid in $PwAdmins, $PwSystem) {
        $PwRights.AddAccessRule((New-Object Security.AccessControl.MutexAccessRule $PwSid, 'FullControl', 'Allow'))
    }
    $PwRights.SetOwner($PwAdmins)
    $PwMade = $false
    try {
        $PwMutex = New-Object Threading.Mutex -ArgumentList $false, $Name, ([ref]$PwMade), $PwRights
    } catch [UnauthorizedAccessException] {
        throw ('pw-guard: the mutex ' + $Name + ' was made by somebody else')
    }
    if (-not $PwMade) {
        $PwOwner = $PwMutex.GetAccessControl().GetOwner([Security.Principal.SecurityIdentifier]).Value
        if (-not (Test-PwTrusted $PwOwner)) {
            $PwMutex.Dispose()
            throw ('pw-guard: the mutex ' + $Name + ' belongs to ' + $PwOwner)
        }
    }
    return $PwMutex
}

# Lock-PwMutex MUTEX MILLISECONDS: takes it; one whose holder has died is free.
function Lock-PwMutex($Mutex, [int]$Milliseconds) {
    try {
        return $Mutex.WaitOne($Milliseconds)
    } catch [Threading.AbandonedMutexException] {
        return $true
    }
}

# Unlock-PwMutex MUTEX: gives it back.
function Unlock-PwMutex($Mutex) {
    $Mutex.ReleaseMutex()
}

# Test-PwFile PATH: there is such a file.
function Test-PwFile([string]$Path) {
    return [IO.File]::Exists($Path)
}

# Read-PwText PATH [MOST]: the text of a small file, or ''.
function Read-PwText([string]$Path, [int]$Most = 65536) {
    if (-not [IO.File]::Exists($Path)) { return '' }
    $PwBytes = Read-PwBytes $Path 0 $Most
    return (New-Object Text.UTF8Encoding $false).GetString($PwBytes)
}

# Read-PwBytes PATH OFFSET MOST: a piece of a file that another may write to.
function Read-PwBytes([string]$Path, [long]$Offset, [int]$Most) {
    $PwFile = New-Object IO.FileStream -ArgumentList $Path, ([IO.FileMode]::Open), ([IO.FileAccess]::Read), ([IO.FileShare]'ReadWrite, Delete')
    try {
        $PwLength = [int][Math]::Max([long]0, [Math]::Min([long]$Most, $PwFile.Length - $Offset))
        $PwBuffer = New-Object byte[] $PwLength
        [void]$PwFile.Seek([Math]::Min($Offset, $PwFile.Length), [IO.SeekOrigin]::Begin)
        $PwDone = 0
        while ($PwDone -lt $PwLength) {
            $PwCount = $PwFile.Read($PwBuffer, $PwDone, $PwLength - $PwDone)
            if ($PwCount -le 0) { break }
            $PwDone += $PwCount
        }
        if ($PwDone -lt $PwLength) { [Array]::Resize([ref]$PwBuffer, $PwDone) }
    } finally {
        $PwFile.Dispose()
    }
    return , $PwBuffer
}

# Write-PwThrough PATH BYTES MODE: bytes that are on the disk when it returns.
function Write-PwThrough([string]$Path, $Bytes, [IO.FileMode]$Mode) {
    $PwFile = New-Object IO.FileStream -ArgumentList $Path, $Mode, ([IO.FileAccess]::Write), ([IO.FileShare]::Read)
    try {
        $PwFile.Write($Bytes, 0, $Bytes.Length)
        $PwFile.Flush($true)
    } finally {
        $PwFile.Dispose()
    }
}

# Move-PwFile FROM TO: in the place of a file that may be there. A scanner may hold either for a moment.
function Move-PwFile([string]$From, [string]$To) {
    for ($PwTry = 1; ; $PwTry++) {
        try {
            if ([IO.File]::Exists($To)) { [IO.File]::Replace($From, $To, [NullString]::Value) } else { [IO.File]::Move($From, $To) }
            return
        } catch [IO.IOException] {
            if ($PwTry -ge 10) { throw }
            Start-Sleep -Milliseconds 100
        } catch [UnauthorizedAccessException] {
            if ($PwTry -ge 10) { throw }
            Start-Sleep -Milliseconds 100
        }
    }
}

# Save-PwText PATH TEXT: whole or not at all.
function Save-PwText([string]$Path, [string]$Text) {
    $PwTemp = $Path + '.tmp'
    try {
        Write-PwThrough $PwTemp (New-Object Text.UTF8Encoding $false).GetBytes($Text) ([IO.FileMode]::Create)
        Move-PwFile $PwTemp $Path
    } catch {
        try { [IO.File]::Delete($PwTemp) } catch { $PwTemp = '' }
        throw
    }
}

# Test-PwHeld PATH: somebody has the file open for himself alone.
function Test-PwHeld([string]$Path) {
    try {
        $PwFile = New-Object IO.FileStream -ArgumentList $Path, ([IO.FileMode]::Open), ([IO.FileAccess]::Read), ([IO.FileShare]'ReadWrite, Delete')
    } catch [IO.FileNotFoundException] {
        return $false
    } catch [IO.DirectoryNotFoundException] {
        return $false
    } catch [IO.IOException] {
        return $true
    }
    $PwFile.Dispose()
    return $false
}

# ConvertTo-PwNumber TEXT: a whole number that is not negative; 0 for anything else.
function ConvertTo-PwNumber([string]$Text) {
    if ($Text -match '^[0-9]{1,18}$') { return [long]$Text }
    return [long]0
}

# Read-PwClaim PATH: a claim; without a controller if there is none. One that cannot be read has
# expired.
function Read-PwClaim([string]$Path) {
    $PwClaim = @{ controller = ''; run = ''; fence = [long]0; expires = [long]0; name = '' }
    $PwText = Read-PwText $Path
    if ($PwText -eq '') { return $PwClaim }
    try {
        $PwRead = @{}
        foreach ($PwPart in ($PwText | ConvertFrom-Json).PSObject.Properties) { $PwRead[$PwPart.Name] = [string]$PwPart.Value }
        foreach ($PwKey in 'controller', 'run', 'name') {
            if ($PwRead.ContainsKey($PwKey)) { $PwClaim[$PwKey] = $PwRead[$PwKey] }
        }
        foreach ($PwKey in 'fence', 'expires') {
            if ($PwRead.ContainsKey($PwKey)) { $PwClaim[$PwKey] = ConvertTo-PwNumber $PwRead[$PwKey] }
        }
    } catch {
        $PwClaim.controller = 'unreadable'
    }
    return $PwClaim
}

# ConvertTo-PwClaimText CLAIM: as it stands in a file.
function ConvertTo-PwClaimText($Claim) {
    $PwFields = @{}
    foreach ($PwKey in $Claim.Keys) { $PwFields[$PwKey] = [string]$Claim[$PwKey] }
    return ((ConvertTo-Json -InputObject $PwFields -Compress) + "`n")
}

# Write-PwBytes BYTES: bytes to standard output, which Write-PwRaw has opened.
function Write-PwBytes($Bytes) {
    $script:PwOut.Write($Bytes, 0, $Bytes.Length)
    $script:PwOut.Flush()
}
