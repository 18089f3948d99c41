# task: tasks of SYSTEM, in a folder of their own. Windows PowerShell 5.1, ASCII only. It needs nothing of the prelude.

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

# Start-PwTask NAME FILE TEXT LIMIT: registers a task of SYSTEM without a trigger, a script, and starts it. Windows ends it after
# LIMIT ("PT50M"; "PT0S" is never).
function Start-PwTask([string]$Name, [string]$File, [string]$Text, [string]$Limit) {
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
    $PwSettings.ExecutionTimeLimit = $Limit
    $PwSettings.MultipleInstances = 2
    $PwAction = $PwTask.Actions.Create(0)
    $PwAction.Path = [IO.Path]::Combine([Environment]::GetFolderPath('System'), 'WindowsPowerShell\v1.0\powershell.exe')
    $PwAction.Arguments = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "' + $File + '"'
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
