# worker: the worker. It reads request.json, searches, and leaves state.json, result.json and, last, head.json.

function Write-PwWorker([string]$Name, $Value) {
    Save-PwText (Join-Path (Get-PwWuDir) $Name) (ConvertTo-PwJson $Value)
}

# Enter-PwWuLock: the lock of the search, or $null if another search has it. One that is not ours is an error.
function Enter-PwWuLock {
    $lock = Open-PwMutex 'Global\patchwave-scan'
    if (Lock-PwMutex $lock 0) { return $lock }
    $lock.Dispose()
    return $null
}

function winupdate_beat([string]$Phase) {
    Write-PwWorker 'heartbeat.json' @{ phase = $Phase; at = (Get-PwNow); id = [int]$PID }
}

# winupdate_offered: what is pending, and what the agent warned of.
function winupdate_offered($Session, [bool]$Online, $Where, $Result) {
    $answer = winupdate_search_again $Session 'IsInstalled=0 and IsHidden=0' $Online $Where $false
    winupdate_beat 'read'
    $Result.code = $answer.code
    $warnings = @()
    if ($answer.code -eq 3) {
        foreach ($warning in $answer.found.Warnings) {
            if ($warnings.Count -lt 20) {
                $hresult = '0x{0:X8}' -f [int](Get-PwWuField $warning 'HResult' 0)
                $warnings += @{ hresult = $hresult; message = (winupdate_text (Get-PwWuField $warning 'Message' '') 300) }
            }
        }
    }
    $Result.warnings = $warnings
    $list = @()
    foreach ($update in $answer.found.Updates) {
        $read = winupdate_read $update
        if ($null -eq $read) {
            $Result.hollow++
        } elseif ($list.Count -ge 1000) {
            $Result.cut++
        } else {
            $list += $read
        }
    }
    $Result.updates = $list
}

# winupdate_installed: what is installed, from the agent's own cache, and the last attempts.
function winupdate_installed($Session) {
    $nowhere = @{ server = 0; service = ''; added = $false }
    $list = @()
    foreach ($update in (winupdate_search $Session 'IsInstalled=1' $false $nowhere $true).found.Updates) {
        $identity = winupdate_identity $update
        if ($identity -ne '' -and $list.Count -lt 3000) {
            $title = winupdate_text (Get-PwWuField $update 'Title' '') 300
            $list += @{
                key = $identity
                name = (winupdate_name $identity $title (Get-PwWuList $update 'KBArticleIDs'))
                awaiting_reboot = [bool](Get-PwWuField $update 'RebootRequired' $false)
            }
        }
    }
    return , $list
}

# winupdate_tried: what the history adds: attempts at what the searches do not tell of.
function winupdate_tried($Session, $Installed, $Offered, [bool]$Rebooting) {
    $have = @{}
    foreach ($entry in $Installed) { $have[$entry.key] = $true }
    $open = @{}
    foreach ($update in $Offered) { $open[$update.id + '.' + $update.rev] = $update }
    $list = @()
    $history = winupdate_history $Session
    foreach ($key in @($history.Keys)) {
        $last = $history[$key]
        if ($have.ContainsKey($key) -or $last.operation -ne 1) { continue }
        $name = winupdate_name $key $last.title @()
        $found = [regex]::Matches($last.title, '\bKB([0-9]{4,10})\b')
        if ($found.Count -gt 0) { $name = winupdate_name $key $last.title @($found | ForEach-Object { $_.Groups[1].Value }) }
        if ($open.ContainsKey($key)) {
            $name = winupdate_name $key $open[$key].title $open[$key].kb
            if ($open[$key].awaiting_reboot) {
                $list += @{ key = $key; name = $name; state = 'pending-reboot' }
            } elseif ($last.code -eq 4 -or $last.code -eq 5) {
                $list += @{ key = $key; name = $name; state = 'failed' }
            }
        } elseif ($last.code -eq 4 -or $last.code -eq 5) {
            $list += @{ key = $key; name = $name; state = 'failed' }
        } elseif ($last.code -eq 2 -or $last.code -eq 3) {
            $state = 'ok'
            if ($Rebooting) { $state = 'pending-reboot' }
            $list += @{ key = $key; name = $name; state = $state }
        }
    }
    return , $list
}

# winupdate_carry: what a search in the cache, or one that failed, keeps of the result before it.
function winupdate_carry($Before, $Result, [bool]$Failed) {
    if ($null -eq $Before -or [string](Get-PwWuField $Before 'source' '') -ne $Result.source) { return }
    $Result.searched = ConvertTo-PwNumber (Get-PwWuField $Before 'searched' 0)
    if ($Failed) {
        $Result.updates = @(Get-PwWuField $Before 'updates' @())
        $Result.cut = ConvertTo-PwNumber (Get-PwWuField $Before 'cut' 0)
        $Result.winget = Get-PwWuField $Before 'winget'
    }
    $kept = @()
    foreach ($package in @(Get-PwWuField $Before 'choco' @())) {
        $name = [string](Get-PwWuField $package 'name' '')
        if ($name -ne '' -and (Get-PwChocoVersion $name) -eq [string](Get-PwWuField $package 'from' '')) { $kept += $package }
    }
    $Result.choco = $kept
}

function winupdate_result($Request, [string]$Source, [bool]$Online) {
    return [ordered]@{
        v = 1; source = $Source; online = $Online; started = (ConvertTo-PwNumber (Get-PwWuField $Request 'started' 0)); finished = [long]0
        searched = [long]0; code = 0; warnings = @(); error = $null; hollow = 0; reboot_required = $null; boot_id = (Get-PwBootId)
        language_mode = [string]$ExecutionContext.SessionState.LanguageMode; cut = 0; updates = @(); choco = @(); choco_error = ''; winget = $null
    }
}

# winupdate_work REQUEST TROUBLE: searches, if there is no trouble before.
function winupdate_work($Request, $Trouble) {
    $source = winupdate_source ([string](Get-PwWuField $Request 'source' ''))
    $online = [string](Get-PwWuField $Request 'online' '') -eq 'true'
    $before = winupdate_json (Read-PwWuFile (Join-Path (Get-PwWuDir) 'result.json'))
    $result = winupdate_result $Request $source $online
    $state = @{ installed = @(); tried = @() }
    $phase = 'search'
    $where = @{ server = 0; service = ''; added = $false }
    try {
        if ($null -ne $Trouble) {
            $phase = 'lock'
            throw $Trouble
        }
        winupdate_carry $before $result $false
        winupdate_beat 'search'
        $session = New-PwWuSession
        $where = winupdate_open $source ([string](Get-PwWuField $Request 'cab' ''))
        # a catalogue is a service of its own: it is asked, and no network with it
        winupdate_offered $session ($online -or $source -eq 'offline') $where $result
        $phase = 'read'
        $result.reboot_required = Get-PwWuRebootRequired
        $state.installed = winupdate_installed $session
        $state.tried = winupdate_tried $session $state.installed $result.updates ([bool]$result.reboot_required)
        $phase = 'winget'
        winupdate_beat 'winget'
        $result.winget = winupdate_winget_said $true ([string](Get-PwWuField $Request 'accept_eula' '') -eq 'true')
        if ($online) {
            $phase = 'choco'
            winupdate_beat 'choco'
            $choco = winupdate_choco_outdated
            $result.choco = $choco.list
            $result.choco_error = winupdate_text $choco.error 300
            $result.searched = Get-PwNow
        }
    } catch {
        $result.error = @{ phase = $phase; hresult = (Get-PwHresult $_); message = (winupdate_text $_.Exception.Message 400) }
        winupdate_carry $before $result $true
    } finally {
        winupdate_close $where
    }
    $result.finished = Get-PwNow
    if ($null -eq $result.error) { Write-PwWorker 'state.json' $state }
    Write-PwWorker 'result.json' $result
    Write-PwWorker 'head.json' @{
        started = $result.started; finished = $result.finished; searched = $result.searched; source = $source; online = $online
        boot_id = $result.boot_id; failed = ($null -ne $result.error)
    }
}

function winupdate_worker {
    $lock = $null
    $trouble = $null
    try {
        $lock = Enter-PwWuLock
        if ($null -eq $lock) { return }
    } catch {
        $trouble = $_
    }
    try {
        $request = winupdate_json (Read-PwWuFile (Join-Path (Get-PwWuDir) 'request.json'))
        if ($null -eq $request) { throw 'there is no request' }
        winupdate_beat 'starting'
        winupdate_work $request $trouble
    } finally {
        if ($null -ne $lock) {
            Unlock-PwMutex $lock
            $lock.Dispose()
        }
    }
}

winupdate_worker
