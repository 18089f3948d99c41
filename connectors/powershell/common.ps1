# common: what scripts share that know of jobs and claims. boot.ps1, files.ps1 and mutex.ps1 stand before it. Windows PowerShell 5.1, ASCII only.

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
