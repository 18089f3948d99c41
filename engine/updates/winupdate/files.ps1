# files: files below %ProgramData%\patchwave, and values that may not be there.

$winupdate_utf8 = New-Object Text.UTF8Encoding $false

function Get-PwWuDir { return (Join-Path (Get-PwRoot) 'scan') }

function Wait-PwWu([int]$Seconds) { Start-Sleep -Seconds $Seconds }

# Read-PwWuFile PATH: a file of ours as text; '' if there is none, or one that cannot be read.
function Read-PwWuFile([string]$Path) {
    try { return (Read-PwText $Path 16777216) } catch { return '' }
}

# Protect-PwWuDirectory PATH: makes a directory of SYSTEM's and the administrators', and refuses any other.
# Anybody may make directories in %ProgramData%: what runs as SYSTEM must not be read from one of those.
function Protect-PwWuDirectory([string]$Path) {
    if (-not (Get-PwDirectory $Path).exists) { New-PwDirectory $Path }
    $found = Get-PwDirectory $Path
    if ($found.link -or -not $found.directory) { throw ('the directory ' + $Path + ' is a link or no directory; remove it') }
    if (-not (Test-PwTrusted $found.owner)) {
        throw ('the directory ' + $Path + ' belongs to ' + $found.owner + ' and not to SYSTEM or the administrators; remove it')
    }
}

# Protect-PwWuPrivate PATH: the same, and nobody else may write in it.
function Protect-PwWuPrivate([string]$Path) {
    Protect-PwWuDirectory (Get-PwRoot)
    Protect-PwWuDirectory $Path
    $others = @((Get-PwDirectory $Path).others)
    if ($others.Count -gt 0) { throw ('the directory ' + $Path + ' is open to ' + ($others -join ', ') + '; remove it') }
}

# Get-PwWuField OBJECT NAME [DEFAULT]: a property, or the default where there is none or it is null.
function Get-PwWuField($Object, [string]$Name, $Default = $null) {
    try {
        $value = $Object.$Name
        if ($null -ne $value) { return $value }
    } catch {
        return $Default
    }
    return $Default
}

# Get-PwWuList OBJECT NAME: a property as a list of strings, also where it is one string or nothing.
function Get-PwWuList($Object, [string]$Name) {
    $list = @()
    try {
        foreach ($item in $Object.$Name) {
            if ($null -ne $item -and [string]$item -ne '') { $list += [string]$item }
        }
    } catch {
        $list = @()
    }
    return , $list
}

# winupdate_json TEXT: the object that it is, or $null.
function winupdate_json([string]$Text) {
    if ($Text -eq '') { return $null }
    try { return (ConvertFrom-Json -InputObject $Text) } catch { return $null }
}

# winupdate_source: what the operator says, one of four words.
function winupdate_source([string]$Word) {
    if ('wsus', 'microsoft', 'offline' -ccontains $Word) { return $Word }
    return 'default'
}

# winupdate_name UPDATE: the name of an update, as ParseScan gives it.
function winupdate_name([string]$Id, [string]$Title, $Kbs) {
    $known = @($Kbs | Where-Object { $_ -cmatch '^[0-9]{4,10}$' } | Sort-Object -Unique)
    if ($known.Count -eq 1) { return ('KB' + $known[0]) }
    $name = ($Title -creplace '[^A-Za-z0-9._]+', '-').Trim([char[]]'-._')
    if ($name.Length -gt 80) { $name = $name.Substring(0, 80).Trim([char[]]'-._') }
    if ($name -eq '') { return ('update-' + $Id.Substring(0, 8)) }
    return $name
}

# winupdate_mark: says to the next scan that its last result is of before.
function winupdate_mark {
    Protect-PwWuPrivate (Get-PwWuDir)
    Save-PwText (Join-Path (Get-PwWuDir) 'changed') ([string](Get-PwNow))
}
