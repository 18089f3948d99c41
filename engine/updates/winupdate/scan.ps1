# scan: the session's side of a search.
# given: $winupdate_worker_text $winupdate_worker_sha256

# Get-PwWuHash FILE: SHA-256 in lower-case hex.
function Get-PwWuHash([string]$File) { return (Get-PwSum ([IO.File]::ReadAllBytes($File))) }

# winupdate_task: the task of the search: state 3 ready, 2 queued, 4 running, 0 none or not to be had; and its last result.
function winupdate_task {
    $task = $null
    try { $task = Get-PwTask 'scan' } catch { $task = $null }
    if ($null -eq $task) { return @{ state = 0; result = [long]0 } }
    return $task
}

function winupdate_file([string]$Name) { return (winupdate_json (Read-PwWuFile (Join-Path (Get-PwWuDir) $Name))) }

# winupdate_index_age: seconds since the last search that was not in the cache, or nothing.
function winupdate_index_age {
    $head = winupdate_file 'head.json'
    $searched = ConvertTo-PwNumber (Get-PwWuField $head 'searched' 0)
    if ($searched -le 0 -or [string](Get-PwWuField $head 'source' '') -ne (winupdate_source (Get-PwArg 'source'))) { return '' }
    return [string][Math]::Max([long]0, (Get-PwNow) - $searched)
}

# winupdate_enough: whether the last result is the answer.
function winupdate_enough([long]$Since, [bool]$Online) {
    $head = winupdate_file 'head.json'
    if ($null -eq $head -or [string](Get-PwWuField $head 'source' '') -ne (winupdate_source (Get-PwArg 'source'))) { return $false }
    $started = ConvertTo-PwNumber (Get-PwWuField $head 'started' 0)
    if ($Online -and -not [bool](Get-PwWuField $head 'online' $false)) { return $false }
    if ($Since -gt 0) { return ($started -ge $Since) }
    if ($Online -or [bool](Get-PwWuField $head 'failed' $false) -or (Get-PwArg 'names') -ne '') { return $false }
    if ([string](Get-PwWuField $head 'boot_id' '') -ne (Get-PwBootId)) { return $false }
    return ((ConvertTo-PwNumber (Read-PwWuFile (Join-Path (Get-PwWuDir) 'changed'))) -lt $started)
}

# winupdate_start: writes the worker and its request, and starts the task; the time of the request.
function winupdate_start([bool]$Online) {
    $dir = Get-PwWuDir
    Protect-PwWuPrivate $dir
    $file = Join-Path $dir 'worker.ps1'
    if (-not [IO.File]::Exists($file) -or (Get-PwWuHash $file) -cne $winupdate_worker_sha256) {
        Save-PwText $file $winupdate_worker_text
        if ((Get-PwWuHash $file) -cne $winupdate_worker_sha256) { throw 'the worker that was written is another one; is something on the host changing files?' }
    }
    $now = Get-PwNow
    $word = 'false'
    if ($Online) { $word = 'true' }
    Save-PwText (Join-Path $dir 'request.json') (ConvertTo-PwJson @{
            started = $now; online = $word; source = (winupdate_source (Get-PwArg 'source')); cab = (Get-PwArg 'cab'); accept_eula = (Get-PwArg 'accept_eula')
        })
    Start-PwTask 'scan' $file 'patchwave: search of Windows Update' 'PT50M'
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
    $at = ConvertTo-PwNumber (Get-PwWuField $beat 'at' 0)
    $phase = 'starting'
    if ($at -ge $Since) { $phase = [string](Get-PwWuField $beat 'phase' 'starting') }
    Write-PwLines 'scan.running' @(('started=' + $Since), ('phase=' + $phase), ('elapsed=' + [Math]::Max([long]0, (Get-PwNow) - $Since)), ('heartbeat=' + [Math]::Max([long]0, (Get-PwNow) - $at)))
}

# winupdate_wait: true when a search that began at Since, or later, left its result. Else it has said what is.
function winupdate_wait([long]$Since, [long]$Deadline) {
    $idle = 0
    while ($true) {
        $task = winupdate_task
        if ((ConvertTo-PwNumber (Get-PwWuField (winupdate_file 'head.json') 'started' 0)) -ge $Since) { return $true }
        $idle++
        if (winupdate_running $task) { $idle = 0 }
        if ($idle -ge 5) {
            winupdate_crashed $task.result
            return $false
        }
        if ((Get-PwNow) -ge $Deadline) {
            winupdate_goes_on $Since
            return $false
        }
        Wait-PwWu 2
    }
}

# winupdate_refresh ONLINE: true when there is an answer. Else a frame has said why there is none.
function winupdate_refresh([bool]$Online) {
    try {
        $deadline = (Get-PwNow) + [Math]::Min([long]600, (ConvertTo-PwNumber (Get-PwArg 'wait' '0')))
        $since = ConvertTo-PwNumber (Get-PwArg 'since' '0')
        for ($round = 0; $round -lt 3; $round++) {
            if (winupdate_enough $since $Online) { return $true }
            $asked = ConvertTo-PwNumber (Get-PwWuField (winupdate_file 'request.json') 'started' 0)
            $head = ConvertTo-PwNumber (Get-PwWuField (winupdate_file 'head.json') 'started' 0)
            if ($round -eq 0 -and $since -gt 0 -and $asked -ge $since -and $head -lt $asked) {
                $since = $asked
            } elseif (winupdate_running (winupdate_task)) {
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
