# ready: whether Windows is done with its reboot. common.ps1 and windows.ps1 stand before it.
# Windows PowerShell 5.1, ASCII only.

# Get-PwWorkers: what the programs that install parts of Windows have worked, in 100 ns, by number.
function Get-PwWorkers {
    $PwWork = @{}
    foreach ($PwOne in @(Get-CimInstance -ClassName Win32_Process -Filter "Name='TiWorker.exe' OR Name='TrustedInstaller.exe'" -Property @('ProcessId', 'KernelModeTime', 'UserModeTime'))) {
        $PwWork[[string]$PwOne.ProcessId] = [double]$PwOne.KernelModeTime + [double]$PwOne.UserModeTime
    }
    return $PwWork
}

# Get-PwService NAME: how it is started and what it is at; nothing if there is none.
function Get-PwService([string]$Name) {
    $PwFound = @(Get-CimInstance -ClassName Win32_Service -Filter ("Name='" + $Name + "'") -Property @('State', 'StartMode'))
    if ($PwFound.Count -eq 0) { return $null }
    return @{ state = [string]$PwFound[0].State; mode = [string]$PwFound[0].StartMode }
}

# Get-ReadyWork: who works, in a look of three seconds.
function Get-ReadyWork {
    $ReadyBefore = Get-PwWorkers
    Wait-PwSeconds 3
    $ReadyAfter = Get-PwWorkers
    foreach ($ReadyNumber in $ReadyAfter.Keys) {
        $ReadySince = [double]0
        if ($ReadyBefore.ContainsKey($ReadyNumber)) { $ReadySince = $ReadyBefore[$ReadyNumber] }
        if ($ReadyAfter[$ReadyNumber] - $ReadySince -gt 3000000) { return "worker: TiWorker or TrustedInstaller is at work" }
    }
    return ''
}

# Get-ReadyReasons NAMES: what is in the way, as WORD: TEXT.
function Get-ReadyReasons($Names) {
    $ReadyList = @()
    if (-not (Test-PwKey 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked')) {
        $ReadyList += 'logon: the logon screen has not been shown yet'
    }
    foreach ($ReadyLine in @(Get-WindowsServicing)) { $ReadyList += ([string]$ReadyLine -replace "`t", ': ') }
    foreach ($ReadyName in @($Names)) {
        if ($ReadyName -notmatch '^[A-Za-z0-9_.-]{1,64}$') { continue }
        $ReadyService = Get-PwService $ReadyName
        if ($null -ne $ReadyService -and $ReadyService.mode -eq 'Auto' -and $ReadyService.state -ne 'Running') {
            $ReadyList += ('service: ' + $ReadyName + ' is ' + $ReadyService.state.ToLowerInvariant())
        }
    }
    $ReadyBusy = Get-ReadyWork
    if ($ReadyBusy -ne '') { $ReadyList += $ReadyBusy }
    return $ReadyList
}

function Write-ReadyMain {
    $ReadyFound = @(Get-ReadyReasons ((Get-PwArg 'services') -split ' '))
    $ReadyWord = 'yes'
    if ($ReadyFound.Count -gt 0) { $ReadyWord = 'no' }
    $ReadyLines = @(('boot_id=' + (Get-PwBootId)), ('ready=' + $ReadyWord))
    foreach ($ReadyOne in $ReadyFound) { $ReadyLines += ('reason=' + $ReadyOne) }
    Write-PwLines 'ready' $ReadyLines
}

Write-ReadyMain
