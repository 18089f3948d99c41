# stage: downloading ahead, in a job, as SYSTEM; engine/updates/stage.ps1 says how long.

# the changes, as winupdate_stage leaves them
$winupdate_ahead = @{ changes = @() }

# winupdate_cache: where the agent keeps what it downloads.
function winupdate_cache { return ($env:SystemRoot + '\SoftwareDistribution\Download') }

# winupdate_ahead_there: whether a change needs no download any more: the agent says so.
function winupdate_ahead_there($Change) {
    if ($Change.state -eq 'already') { return $true }
    if (-not $Change.agent -or $null -eq $Change.update) { return $false }
    return [bool](Get-PwWuField $Change.update 'IsDownloaded' $false)
}

# winupdate_ahead_one: downloads one update, its terms accepted where that is allowed.
function winupdate_ahead_one($Run, $Change) {
    $why = winupdate_refused $Change
    if ($why -ne '') {
        winupdate_end $Change 'skipped' $why
        return
    }
    [void](winupdate_fetch $Run $Change)
}

# winupdate_may: asks whether the next download may begin.
function winupdate_may($Run) {
    if (-not [bool](& $Run.may)) { $Run.stop = $true }
    return (-not $Run.stop)
}

# winupdate_ahead_each: one after the other; what fails does not stop the others.
function winupdate_ahead_each($Run, $Changes) {
    $wanted = @($Changes | Where-Object { $_.agent -and $null -ne $_.update })
    for ($i = 0; $i -lt $wanted.Count; $i++) {
        $change = $wanted[$i]
        $change['place'] = '[' + ($i + 1) + '/' + $wanted.Count + ']'
        if (winupdate_ahead_there $change) { continue }
        if (-not (winupdate_may $Run)) { return }
        try {
            winupdate_ahead_one $Run $change
        } catch {
            $change.hresult = Get-PwHresult $_
            winupdate_end $change 'failed' ([string]$_.Exception.Message)
        }
    }
}

# winupdate_ahead_tell: the frame: why something is not there, a line each.
function winupdate_ahead_tell($Run, $Changes) {
    $lines = @()
    if ($null -ne $Run.problem) { $lines += 'error: ' + (($Run.problem -split "`t")[3, 2] -join ' ') }
    foreach ($change in $Changes) {
        if (winupdate_ahead_there $change) { continue }
        if (-not $change.agent) { winupdate_end $change 'skipped' 'packages of Chocolatey and winget are not downloaded ahead' }
        if ($change.words -ne '') { $lines += 'error: ' + $change.name + ': ' + (winupdate_text $change.words 300) + ' ' + $change.hresult }
    }
    $status = 0
    if ($lines.Count -gt 0) { $status = 1 }
    if ($Run.stop -and $null -eq $Run.problem) { $status = 124 }
    $script:PwStatus = $status
    Write-PwLines 'winupdate.stage' $lines $status
}

# winupdate_stage MAY: downloads for as long as the block MAY says so.
function winupdate_stage($May) {
    $run = @{ session = $null; may = $May; where = @{ server = 0; service = ''; added = $false }; problem = $null; stop = $false }
    $changes = winupdate_changes
    $winupdate_ahead.changes = $changes
    try {
        $agent = @($changes | Where-Object { $_.agent }).Count -gt 0
        if ($agent -and (winupdate_may $run)) { winupdate_preflight $run }
        if ($agent -and -not $run.stop) {
            $run.session = New-PwWuSession
            $run.where = winupdate_open (winupdate_source (Get-PwArg 'source')) (Get-PwArg 'cab')
            winupdate_say 'looking for the updates'
            winupdate_pick $run $changes
            winupdate_ahead_each $run $changes
        }
    } catch {
        winupdate_problem $run 'exit' (Get-PwHresult $_) ('the download failed: ' + $_.Exception.Message)
    } finally {
        winupdate_close $run.where
    }
    winupdate_ahead_tell $run $changes
}

# winupdate_staged: what of it is there now.
function winupdate_staged {
    foreach ($change in $winupdate_ahead.changes) {
        if ($change.to -eq '-') { continue }
        $word = 'missing'
        if (winupdate_ahead_there $change) { $word = 'staged' }
        $change.name, $change.arch, $change.to, $word -join "`t"
    }
}
