# require: what must be true of the host before it is touched. The answer says what is, a line each; the
# controller decides. common.ps1 and windows.ps1 stand before it. Windows PowerShell 5.1, ASCII only.

# Get-PwFreeSpace DRIVE: what is free there, in bytes; less than nothing if that cannot be told.
function Get-PwFreeSpace([string]$Drive) {
    try {
        return [long](New-Object IO.DriveInfo $Drive).AvailableFreeSpace
    } catch {
        return [long]-1
    }
}

# Get-PwProcesses: number and name, without ".exe", of all programs.
function Get-PwProcesses {
    $PwList = @()
    foreach ($PwOne in Get-Process) { $PwList += @{ id = [int]$PwOne.Id; name = [string]$PwOne.ProcessName } }
    return $PwList
}

# Get-PwDesktopUsers: who has programs in a session of his own (at the screen or over RDP, also one that
# is disconnected), as NAME TAB WHERE. Session 0 is that of services, and of whoever comes as we do.
function Get-PwDesktopUsers {
    $PwSeen = @{}
    foreach ($PwOne in @(Get-CimInstance -ClassName Win32_Process -Filter 'SessionId > 0' -Property @('Handle', 'Name', 'SessionId'))) {
        try {
            $PwSid = [string](Get-PwOut (Invoke-CimMethod -InputObject $PwOne -MethodName GetOwnerSid) 'Sid')
            # accounts of people; those of Windows are S-1-5-18, S-1-5-90-... and the like
            if ($PwSid -notmatch '^S-1-(5-21|12-1)-' -or $PwSeen.ContainsKey($PwSid + [string]$PwOne.SessionId)) { continue }
            $PwOwner = Invoke-CimMethod -InputObject $PwOne -MethodName GetOwner
        } catch {
            # it has ended between the two questions
            if ($null -eq (Get-Process -Id ([int]$PwOne.Handle) -ErrorAction SilentlyContinue)) { continue }
            throw
        }
        $PwSeen[$PwSid + [string]$PwOne.SessionId] = ([string](Get-PwOut $PwOwner 'Domain') + '\' + [string](Get-PwOut $PwOwner 'User') + "`tsession " + [string]$PwOne.SessionId)
    }
    return @($PwSeen.Values)
}

# Test-PwInstaller: Windows Installer works on something.
function Test-PwInstaller {
    $PwMutex = $null
    try {
        $PwMutex = [Threading.Mutex]::OpenExisting('Global\_MSIExecute')
        if (-not $PwMutex.WaitOne(0)) { return $true }
        $PwMutex.ReleaseMutex()
        return $false
    } catch [Threading.WaitHandleCannotBeOpenedException] {
        return $false
    } catch [Threading.AbandonedMutexException] {
        $PwMutex.ReleaseMutex()
        return $false
    } catch [UnauthorizedAccessException] {
        return $true
    } finally {
        if ($null -ne $PwMutex) { $PwMutex.Dispose() }
    }
}

# Get-RequireDisk PATHS: KIB TAB PATH each.
function Get-RequireDisk($Paths) {
    foreach ($RequirePath in @($Paths)) {
        $RequireFree = [long]-1
        if ($RequirePath -match '^[A-Za-z]:\\?$') { $RequireFree = Get-PwFreeSpace ($RequirePath.Substring(0, 2) + '\') }
        if ($RequireFree -lt 0) { "?`t" + $RequirePath } else { '' + [Math]::Floor($RequireFree / 1024) + "`t" + $RequirePath }
    }
}

# Get-RequireProcesses NAMES: PID TAB NAME, as it was asked for.
function Get-RequireProcesses($Names) {
    foreach ($RequireOne in @(Get-PwProcesses)) {
        foreach ($RequireName in @($Names)) {
            if (($RequireName -replace '\.exe$', '') -eq $RequireOne.name) { '' + $RequireOne.id + "`t" + $RequireName }
        }
    }
}

# Get-RequireWork: who installs something at present.
function Get-RequireWork {
    if (Test-PwInstaller) { "installer`tanother installation is at work (Windows Installer)" }
    Get-WindowsServicing
}

# Get-RequireBlockers SECONDS REBOOT: what is in the way of updates. An installer is waited for.
function Get-RequireBlockers([int]$Seconds, [bool]$Reboot) {
    $RequireBusy = @(Get-RequireWork)
    while ($RequireBusy.Count -gt 0 -and $Seconds -gt 0) {
        Wait-PwSeconds 5
        $Seconds -= 5
        $RequireBusy = @(Get-RequireWork)
    }
    $RequireBusy
    if ($Reboot) {
        $RequireLock = Get-WindowsLock
        if ($RequireLock -ne '') { "bitlocker`t" + $RequireLock }
    }
}

function Write-RequireMain {
    Write-PwText 'clock' ('' + (Get-PwNow))
    if ((Get-PwArg 'mounts') -ne '') { Write-PwLines 'disk' @(Get-RequireDisk ((Get-PwArg 'mounts') -split "`n")) }
    if ((Get-PwArg 'processes') -ne '') { Write-PwLines 'processes' @(Get-RequireProcesses ((Get-PwArg 'processes') -split "`n")) }
    if ((Get-PwArg 'users') -eq 'yes') {
        try {
            Write-PwLines 'users' @(Get-PwDesktopUsers)
        } catch {
            Write-PwText 'users' ([string]$_.Exception.Message) 1
        }
    }
    Write-PwLines 'blockers' @(Get-RequireBlockers ([int](ConvertTo-PwNumber (Get-PwArg 'wait' '0'))) ((Get-PwArg 'reboot') -eq 'yes'))
}

Write-RequireMain
