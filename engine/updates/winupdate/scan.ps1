# scan: the session's side of a search.
# given: $winupdate_worker_text $winupdate_worker_sha256

# Get-PwWuTask: the task of the search: state 3 ready, 2 queued, 4 running, 0 none; and its last result.
function Get-PwWuTask {
    try {
        $service = New-Object -ComObject Schedule.Service
        [void]$service.Connect()
        $task = $service.GetFolder('\patchwave').GetTask('scan')
        return @{ state = [int]$task.State; result = [long]$task.LastTaskResult }
    } catch {
        return @{ state = 0; result = [long]0 }
    }
}

# Start-PwWuTask FILE: registers the task anew, and runs it as SYSTEM. Windows ends it after 50 minutes.
function Start-PwWuTask([string]$File) {
    $service = New-Object -ComObject Schedule.Service
    [void]$service.Connect()
    $folder = $null
    try { $folder = $service.GetFolder('\patchwave') } catch { $folder = $null }
    if ($null -eq $folder) { $folder = $service.GetFolder('\').CreateFolder('patchwave', 'O:BAG:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)') }
    $definition = $service.NewTask(0)
    $definition.RegistrationInfo.Description = 'patchwave: search of Windows Update'
    $action = $definition.Actions.Create(0)
    $action.Path = Join-Path $env:SystemRoot 'System32\WindowsPowerShell\v1.0\powershell.exe'
    $action.Arguments = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "' + $File + '"'
    $settings = $definition.Settings
    $settings.Enabled = $true
    $settings.AllowDemandStart = $true
    $settings.AllowHardTerminate = $true
    $settings.DisallowStartIfOnBatteries = $false
    $settings.StopIfGoingOnBatteries = $false
    $settings.Priority = 4
    $settings.ExecutionTimeLimit = 'PT50M'
    $settings.MultipleInstances = 2
    $definition.Principal.UserId = 'S-1-5-18'
    $definition.Principal.LogonType = 5
    $definition.Principal.RunLevel = 1
    $task = $folder.RegisterTaskDefinition('scan', $definition, 6, $null, $null, 5)
    [void]$task.RunEx($null, 2, 0, '')
}

# Get-PwWuHash FILE: SHA-256 in lower case hex.
function Get-PwWuHash([string]$File) {
    $sha = New-Object Security.Cryptography.SHA256CryptoServiceProvider # the managed one is refused where FIPS is in force
    try {
        return ([BitConverter]::ToString($sha.ComputeHash([IO.File]::ReadAllBytes($File))) -replace '-', '').ToLowerInvariant()
    } finally {
        $sha.Dispose()
    }
}

function winupdate_file([string]$Name) { return (winupdate_json (Read-PwWuFile (Join-Path (Get-PwWuDir) $Name))) }

# winupdate_index_age: seconds since the last search that was not in the cache, or nothing.
function winupdate_index_age {
    $head = winupdate_file 'head.json'
    $searched = winupdate_number (Get-PwWuField $head 'searched' 0)
    if ($searched -le 0 -or [string](Get-PwWuField $head 'source' '') -ne (winupdate_source (Get-PwArg 'source'))) { return '' }
    return [string][Math]::Max([long]0, (Get-PwWuNow) - $searched)
}

# winupdate_enough: whether the last result is the answer.
function winupdate_enough([long]$Since, [bool]$Online) {
    $head = winupdate_file 'head.json'
    if ($null -eq $head -or [string](Get-PwWuField $head 'source' '') -ne (winupdate_source (Get-PwArg 'source'))) { return $false }
    $started = winupdate_number (Get-PwWuField $head 'started' 0)
    if ($Online -and -not [bool](Get-PwWuField $head 'online' $false)) { return $false }
    if ($Since -gt 0) { return ($started -ge $Since) }
    if ($Online -or [bool](Get-PwWuField $head 'failed' $false) -or (Get-PwArg 'names') -ne '') { return $false }
    if ([string](Get-PwWuField $head 'boot_id' '') -ne (Get-PwBootId)) { return $false }
    return ((winupdate_number (Read-PwWuFile (Join-Path (Get-PwWuDir) 'changed'))) -lt $started)
}

# winupdate_start: writes the worker and its request, and starts the task; the time of the request.
function winupdate_start([bool]$Online) {
    $dir = Get-PwWuDir
    Protect-PwWuPrivate $dir
    $file = Join-Path $dir 'worker.ps1'
    if (-not [IO.File]::Exists($file) -or (Get-PwWuHash $file) -cne $winupdate_worker_sha256) {
        Write-PwWuFile $file $winupdate_worker_text
        if ((Get-PwWuHash $file) -cne $winupdate_worker_sha256) { throw 'the worker that was written is another one; is something on the host changing files?' }
    }
    $now = Get-PwWuNow
    $word = 'false'
    if ($Online) { $word = 'true' }
    Write-PwWuFile (Join-Path $dir 'request.json') (ConvertTo-PwJson @{
            started = $now; online = $word; source = (winupdate_source (Get-PwArg 'source')); cab = (Get-PwArg 'cab')
        })
    Start-PwWuTask $file
    return $now
}

function winupdate_running($Task) { return ($Task.state -eq 4 -or $Task.state -eq 2) }

# winupdate_crashed: the task ran, and left nothing.
function winupdate_crashed([long]$Result) {
    $code = '0x{0:X8}' -f ($Result -band [long]4294967295)
    $why = 'the search on the host ended without a result (' + $code + '); look at the task \patchwave\scan, and whether a policy for scripts forbids it'
    if ($code -eq '0x00041306') { $why = 'the search on the host was ended, after 50 minutes by Windows itself; is the update service healthy?' }
    Write-PwJson 'error' @{ message = $why; hresult = $code; phase = 'task' } 1
}

# winupdate_goes_on: frame scan.running.
function winupdate_goes_on([long]$Since) {
    $beat = winupdate_file 'heartbeat.json'
    $at = winupdate_number (Get-PwWuField $beat 'at' 0)
    $phase = 'starting'
    if ($at -ge $Since) { $phase = [string](Get-PwWuField $beat 'phase' 'starting') }
    Write-PwLines 'scan.running' @(('started=' + $Since), ('phase=' + $phase), ('elapsed=' + [Math]::Max([long]0, (Get-PwWuNow) - $Since)), ('heartbeat=' + [Math]::Max([long]0, (Get-PwWuNow) - $at)))
}

# winupdate_wait: true when a search that began at Since, or later, left its result. Else it has said what is.
function winupdate_wait([long]$Since, [long]$Deadline) {
    $idle = 0
    while ($true) {
        $task = Get-PwWuTask
        if ((winupdate_number (Get-PwWuField (winupdate_file 'head.json') 'started' 0)) -ge $Since) { return $true }
        $idle++
        if (winupdate_running $task) { $idle = 0 }
        if ($idle -ge 5) {
            winupdate_crashed $task.result
            return $false
        }
        if ((Get-PwWuNow) -ge $Deadline) {
            winupdate_goes_on $Since
            return $false
        }
        Wait-PwWu 2
    }
}

# winupdate_refresh ONLINE: true when there is an answer. Else a frame has said why there is none.
function winupdate_refresh([bool]$Online) {
    try {
        $deadline = (Get-PwWuNow) + [Math]::Min([long]600, (winupdate_number (Get-PwArg 'wait' '0')))
        $since = winupdate_number (Get-PwArg 'since' '0')
        for ($round = 0; $round -lt 3; $round++) {
            if (winupdate_enough $since $Online) { return $true }
            $asked = winupdate_number (Get-PwWuField (winupdate_file 'request.json') 'started' 0)
            $head = winupdate_number (Get-PwWuField (winupdate_file 'head.json') 'started' 0)
            if ($round -eq 0 -and $since -gt 0 -and $asked -ge $since -and $head -lt $asked) {
                $since = $asked
            } elseif (winupdate_running (Get-PwWuTask)) {
                $since = $asked
            } else {
                $since = winupdate_start $Online
            }
            if (-not (winupdate_wait $since $deadline)) { return $false }
        }
        if (winupdate_enough $since $Online) { return $true }
        Write-PwJson 'error' @{ message = 'other searches on the host come before this one; scan again'; hresult = ''; phase = 'task' } 1
    } catch {
        Write-PwJson 'error' @{ message = [string]$_.Exception.Message; hresult = (Get-PwHresult $_); phase = 'task' } 1
    }
    return $false
}

# winupdate_facts: what needs no search.
function winupdate_facts {
    Write-PwLines 'winupdate.reboot' (winupdate_reboot)
    Write-PwLines 'winupdate.policy' ((winupdate_policy) + @('accept_eula=' + (Get-PwArg 'accept_eula')))
}

# winupdate_scan: the frames of the listing.
function winupdate_scan {
    $text = Read-PwWuFile (Join-Path (Get-PwWuDir) 'result.json')
    if ($text -ne '') { Write-PwText 'winupdate.list' ($text -replace "[`r`n]", ' ') }
    if ((Get-PwArg 'names') -ne '') { Write-PwLines 'winupdate.installed' (winupdate_state (Get-PwArg 'names').Split([char]10)) }
}

# winupdate_state NAMES: the lines of winupdate.installed.
function winupdate_state([string[]]$Names) {
    $state = winupdate_file 'state.json'
    $asked = @{}
    foreach ($name in $Names) { $asked[$name.Trim()] = $true }
    $lines = @()
    foreach ($list in 'installed', 'tried') {
        foreach ($entry in @(Get-PwWuField $state $list @())) {
            $key = [string](Get-PwWuField $entry 'key' '')
            $base = [string](Get-PwWuField $entry 'name' '')
            if ($key.Length -lt 8) { continue }
            $word = [string](Get-PwWuField $entry 'state' 'ok')
            if ([bool](Get-PwWuField $entry 'awaiting_reboot' $false)) { $word = 'pending-reboot' }
            foreach ($name in $base, ($base + '-' + $key.Substring(0, 8))) {
                if ($asked.ContainsKey($name)) { $lines += $name + "`t`t" + $key + "`t" + $word }
            }
        }
    }
    foreach ($name in @($asked.Keys)) {
        $version = Get-PwChocoVersion $name
        if ($version -ne '') {
            $lines += $name + "`t`t" + $version + "`tok"
        } elseif (winupdate_is_winget $name) {
            $lines += $name + "`t`twinget`task"
        }
    }
    return , $lines
}
