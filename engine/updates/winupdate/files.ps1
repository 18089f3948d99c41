# files: time, files below %ProgramData%\patchwave, and values that may not be there.

$winupdate_utf8 = New-Object Text.UTF8Encoding $false

function Get-PwWuRoot { return (Join-Path $env:ProgramData 'patchwave') }

function Get-PwWuDir { return (Join-Path (Get-PwWuRoot) 'scan') }

# Get-PwWuNow: seconds since 1970.
function Get-PwWuNow { return [long][Math]::Floor(([DateTime]::UtcNow.Ticks - 621355968000000000) / 10000000) }

function Wait-PwWu([int]$Seconds) { Start-Sleep -Seconds $Seconds }

# Read-PwWuFile PATH: a file of ours as text; '' if there is none, or one that cannot be ours.
function Read-PwWuFile([string]$Path) {
    try {
        $info = New-Object IO.FileInfo $Path
        if (-not $info.Exists -or $info.Length -gt 16777216) { return '' }
        return [IO.File]::ReadAllText($Path, $winupdate_utf8)
    } catch {
        return ''
    }
}

# Write-PwWuFile PATH TEXT: whole or not at all.
function Write-PwWuFile([string]$Path, [string]$Text) {
    $temp = $Path + '.' + $PID + '.tmp'
    [IO.File]::WriteAllText($temp, $Text, $winupdate_utf8)
    for ($try = 1; ; $try++) {
        try {
            if ([IO.File]::Exists($Path)) {
                [IO.File]::Replace($temp, $Path, [NullString]::Value)
            } else {
                [IO.File]::Move($temp, $Path)
            }
            return
        } catch {
            if ($try -ge 5) { throw }
            Wait-PwWu 1
        }
    }
}

# Protect-PwWuDirectory PATH: makes a directory of SYSTEM's and the administrators', and refuses any other.
# Anybody may make directories in %ProgramData%: what runs as SYSTEM must not be read from one of those.
function Protect-PwWuDirectory([string]$Path) {
    $ours = 'S-1-5-18', 'S-1-5-32-544'
    if (-not [IO.Directory]::Exists($Path)) {
        $acl = New-Object Security.AccessControl.DirectorySecurity
        $acl.SetAccessRuleProtection($true, $false)
        foreach ($sid in $ours) {
            $who = New-Object Security.Principal.SecurityIdentifier $sid
            $acl.AddAccessRule((New-Object Security.AccessControl.FileSystemAccessRule $who, 'FullControl', 'ContainerInherit, ObjectInherit', 'None', 'Allow'))
        }
        $acl.SetOwner((New-Object Security.Principal.SecurityIdentifier 'S-1-5-32-544'))
        [void][IO.Directory]::CreateDirectory($Path, $acl)
    }
    $info = New-Object IO.DirectoryInfo $Path
    if (($info.Attributes -band [IO.FileAttributes]::ReparsePoint) -ne 0) {
        throw ('the directory ' + $Path + ' is a link; remove it')
    }
    $owner = $info.GetAccessControl().GetOwner([Security.Principal.SecurityIdentifier]).Value
    if ($ours -notcontains $owner) {
        throw ('the directory ' + $Path + ' belongs to ' + $owner + ' and not to SYSTEM or the administrators; remove it')
    }
}

# Protect-PwWuPrivate PATH: the same, and nobody else may write in it.
function Protect-PwWuPrivate([string]$Path) {
    Protect-PwWuDirectory (Get-PwWuRoot)
    Protect-PwWuDirectory $Path
    $acl = (New-Object IO.DirectoryInfo $Path).GetAccessControl()
    foreach ($rule in $acl.GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier])) {
        if ([string]$rule.AccessControlType -eq 'Allow' -and 'S-1-5-18', 'S-1-5-32-544' -notcontains $rule.IdentityReference.Value) {
            throw ('the directory ' + $Path + ' is open to ' + $rule.IdentityReference.Value + '; remove it')
        }
    }
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

# winupdate_number VALUE: a whole number, 0 for what is none.
function winupdate_number($Value) {
    $number = [long]0
    if ([long]::TryParse([string]$Value, [ref]$number)) { return $number }
    return [long]0
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
    Write-PwWuFile (Join-Path (Get-PwWuDir) 'changed') ([string](Get-PwWuNow))
}
