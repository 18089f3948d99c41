# files: files that are written whole or not at all, directories of SYSTEM and the administrators, the clock. Windows
# PowerShell 5.1, ASCII only. It needs nothing of the prelude.

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
    $PwTemp = $Path + '.' + $PID + '.tmp'
    try {
        Write-PwThrough $PwTemp (New-Object Text.UTF8Encoding $false).GetBytes($Text) ([IO.FileMode]::Create)
        Move-PwFile $PwTemp $Path
    } catch {
        try { [IO.File]::Delete($PwTemp) } catch { $PwTemp = '' }
        throw
    }
}

# ConvertTo-PwNumber TEXT: a whole number that is not negative; 0 for anything else.
function ConvertTo-PwNumber([string]$Text) {
    if ($Text -match '^[0-9]{1,18}$') { return [long]$Text }
    return [long]0
}

# Get-PwDirectory PATH: what a directory is; others are those who are let in besides SYSTEM and
# Administrators.
function Get-PwDirectory([string]$Path) {
    $PwFound = @{ exists = $false; directory = $false; link = $false; owner = ''; others = @() }
    try {
        $PwKind = [IO.File]::GetAttributes($Path)
    } catch [IO.FileNotFoundException] {
        return $PwFound
    } catch [IO.DirectoryNotFoundException] {
        return $PwFound
    }
    $PwFound.exists = $true
    $PwFound.directory = (($PwKind -band [IO.FileAttributes]::Directory) -ne 0)
    $PwFound.link = (($PwKind -band [IO.FileAttributes]::ReparsePoint) -ne 0)
    if (-not $PwFound.directory -or $PwFound.link) { return $PwFound }
    $PwRights = [IO.Directory]::GetAccessControl($Path)
    $PwFound.owner = $PwRights.GetOwner([Security.Principal.SecurityIdentifier]).Value
    foreach ($PwRule in $PwRights.GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier])) {
        if ([string]$PwRule.AccessControlType -eq 'Allow' -and -not (Test-PwTrusted $PwRule.IdentityReference.Value)) {
            $PwFound.others += $PwRule.IdentityReference.Value
        }
    }
    return $PwFound
}

# New-PwDirectory PATH: makes it for SYSTEM and the administrators, nothing inherited; one that is there stays as it is.
function New-PwDirectory([string]$Path) {
    $PwRights = New-Object Security.AccessControl.DirectorySecurity
    $PwRights.SetSecurityDescriptorSddlForm('O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)')
    [void][IO.Directory]::CreateDirectory($Path, $PwRights)
}

# Get-PwSum BYTES: their SHA-256 in lower-case hex. The managed one is refused where FIPS is in force.
function Get-PwSum($Bytes) {
    $PwSha = New-Object Security.Cryptography.SHA256CryptoServiceProvider
    try {
        return ([BitConverter]::ToString($PwSha.ComputeHash([byte[]]$Bytes)) -replace '-', '').ToLowerInvariant()
    } finally {
        $PwSha.Dispose()
    }
}
