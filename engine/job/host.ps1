# host: what operations on jobs need of Windows: rights, directories, tasks. ASCII only.

function Test-PwAdministrator {
    $PwMe = [Security.Principal.WindowsIdentity]::GetCurrent()
    return (New-Object Security.Principal.WindowsPrincipal $PwMe).IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Get-PwUserName { return [Security.Principal.WindowsIdentity]::GetCurrent().Name }

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

# New-PwDirectory PATH RIGHTS: makes it with its rights; one that is there stays as it is.
function New-PwDirectory([string]$Path, [string]$Rights) {
    $PwRights = New-Object Security.AccessControl.DirectorySecurity
    $PwRights.SetSecurityDescriptorSddlForm($Rights)
    [void][IO.Directory]::CreateDirectory($Path, $PwRights)
}

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

# Get-PwTaskFolder MAKE: the folder of our tasks; nothing if there is none and none is to be made.
function Get-PwTaskFolder([bool]$Make) {
    $PwService = New-Object -ComObject Schedule.Service
    [void]$PwService.Connect()
    try {
        return $PwService.GetFolder('\patchwave')
    } catch {
        if (-not $Make) { return $null }
        return $PwService.GetFolder('\').CreateFolder('patchwave', 'O:BAG:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)')
    }
}

# Start-PwTask NAME PATH ARGUMENTS TEXT: registers a task of SYSTEM without a trigger and starts it.
function Start-PwTask([string]$Name, [string]$Path, [string]$Arguments, [string]$Text) {
    $PwService = New-Object -ComObject Schedule.Service
    [void]$PwService.Connect()
    $PwTask = $PwService.NewTask(0)
    $PwTask.RegistrationInfo.Description = $Text
    $PwTask.Principal.UserId = 'S-1-5-18'
    $PwTask.Principal.LogonType = 5
    $PwTask.Principal.RunLevel = 1
    $PwSettings = $PwTask.Settings
    $PwSettings.Enabled = $true
    $PwSettings.AllowDemandStart = $true
    $PwSettings.AllowHardTerminate = $true
    $PwSettings.StartWhenAvailable = $false
    $PwSettings.Priority = 4
    $PwSettings.DisallowStartIfOnBatteries = $false
    $PwSettings.StopIfGoingOnBatteries = $false
    $PwSettings.RunOnlyIfIdle = $false
    $PwSettings.RunOnlyIfNetworkAvailable = $false
    $PwSettings.IdleSettings.StopOnIdleEnd = $false
    $PwSettings.ExecutionTimeLimit = 'PT0S'
    $PwSettings.MultipleInstances = 2
    $PwAction = $PwTask.Actions.Create(0)
    $PwAction.Path = $Path
    $PwAction.Arguments = $Arguments
    $PwFolder = Get-PwTaskFolder $true
    $PwMade = $PwFolder.RegisterTaskDefinition($Name, $PwTask, 6, 'S-1-5-18', $null, 5, 'O:BAG:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)')
    [void]$PwMade.RunEx($null, 2, 0, '')
}

# Get-PwTask NAME: its state (4 running, 2 queued) and the result of its last run; nothing without one.
function Get-PwTask([string]$Name) {
    $PwFolder = Get-PwTaskFolder $false
    if ($null -eq $PwFolder) { return $null }
    try { $PwTask = $PwFolder.GetTask($Name) } catch { return $null }
    return @{ state = [int]$PwTask.State; result = [long]$PwTask.LastTaskResult }
}

function Remove-PwTask([string]$Name) {
    $PwFolder = Get-PwTaskFolder $false
    if ($null -eq $PwFolder) { return }
    try {
        [void]$PwFolder.DeleteTask($Name, 0)
    } catch {
        if ($null -ne (Get-PwTask $Name)) { throw }
    }
}
