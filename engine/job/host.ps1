# host: what operations on jobs need of Windows: rights and directories. ASCII only.

function Test-PwAdministrator {
    $PwMe = [Security.Principal.WindowsIdentity]::GetCurrent()
    return (New-Object Security.Principal.WindowsPrincipal $PwMe).IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Get-PwUserName { return [Security.Principal.WindowsIdentity]::GetCurrent().Name }

function Remove-PwDirectory([string]$Path) {
    for ($PwTry = 1; [IO.Directory]::Exists($Path); $PwTry++) {
        try {
            [IO.Directory]::Delete($Path, $true)
        } catch {
            if ($PwTry -ge 10) { throw }
            Start-Sleep -Milliseconds 200
        }
    }
}

function Remove-PwFile([string]$Path) { [IO.File]::Delete($Path) }

# Get-PwOlder PATH DAYS KIND: the names in a directory that nobody has changed for so long.
function Get-PwOlder([string]$Path, [int]$Days, [string]$Kind) {
    $PwList = @()
    $PwThen = [DateTime]::UtcNow.AddDays(-$Days)
    foreach ($PwItem in (New-Object IO.DirectoryInfo $Path).GetFileSystemInfos()) {
        if (($PwItem -is [IO.DirectoryInfo]) -eq ($Kind -eq 'directory') -and $PwItem.LastWriteTimeUtc -lt $PwThen) { $PwList += $PwItem.Name }
    }
    return $PwList
}

# Get-PwNewest PATH: the directories in it, the newest first, with their age.
function Get-PwNewest([string]$Path) {
    $PwList = @()
    $PwNow = [DateTime]::UtcNow
    foreach ($PwItem in @((New-Object IO.DirectoryInfo $Path).GetDirectories() | Sort-Object -Property LastWriteTimeUtc -Descending)) {
        $PwList += @{ name = $PwItem.Name; minutes = [long][Math]::Floor(($PwNow - $PwItem.LastWriteTimeUtc).TotalMinutes) }
    }
    return , $PwList
}

# Get-PwStaging PATH: the names of the jobs that download ahead.
function Get-PwStaging([string]$Path) {
    $PwList = @()
    foreach ($PwItem in (New-Object IO.DirectoryInfo $Path).GetDirectories('stage-*')) { $PwList += $PwItem.Name }
    return $PwList
}

function Wait-PwSecond { Start-Sleep -Seconds 1 }

function Get-PwFileSize([string]$Path) {
    if (-not [IO.File]::Exists($Path)) { return [long]0 }
    return [long](New-Object IO.FileInfo $Path).Length
}

# Get-PwFree PATH: the free space there, in words.
function Get-PwFree([string]$Path) {
    $PwDrive = New-Object IO.DriveInfo ([IO.Path]::GetPathRoot($Path))
    return ('' + [Math]::Floor($PwDrive.AvailableFreeSpace / 1048576) + ' MiB free on ' + $PwDrive.Name)
}
