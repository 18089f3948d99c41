# job: installing, in a job, as SYSTEM.

$winupdate_version = '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\.[0-9]{1,10}$'

function New-PwWuInstaller($Session) { return $Session.CreateUpdateInstaller() }

function New-PwWuDownloader($Session) { return $Session.CreateUpdateDownloader() }

# Get-PwWuServiceStart: how the update service starts; 4 is never.
function Get-PwWuServiceStart {
    $item = Get-ItemProperty -LiteralPath 'Registry::HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\wuauserv' -ErrorAction SilentlyContinue
    if ($null -ne $item -and $null -ne $item.PSObject.Properties['Start']) { return [int]$item.Start }
    return 0
}

# Get-PwWuFree: free bytes where Windows is; $null if nobody tells.
function Get-PwWuFree {
    try {
        $disk = Get-CimInstance -ClassName Win32_LogicalDisk -Filter ("DeviceID = '" + $env:SystemDrive + "'")
        return [double]$disk.FreeSpace
    } catch {
        return $null
    }
}

# winupdate_changes: the changes, each with room for its result.
function winupdate_changes {
    $list = @()
    foreach ($line in (Get-PwArg 'changes').Split([char]10)) {
        $field = $line.TrimEnd([char]13).Split([char]9)
        if ($field.Count -ne 5) { continue }
        $list += @{ action = $field[0]; name = $field[1]; arch = $field[2]; from = $field[3]; to = $field[4]
            agent = ($field[0] -eq 'install' -and $field[4] -match $winupdate_version)
            update = $null; state = ''; code = 0; hresult = '0x00000000'; reboot = 0; words = ''
        }
    }
    return , $list
}

function winupdate_say([string]$Text) { Write-PwRaw ((winupdate_text $Text 300) + "`n") }

function winupdate_end($Change, [string]$State, [string]$Words) {
    $Change.state = $State
    $Change.words = $Words
}

# winupdate_problem: nothing (more) can be done; the first one is told.
function winupdate_problem($Run, [string]$Code, [string]$Hresult, [string]$Words) {
    if ($null -eq $Run.problem) { $Run.problem = "PROBLEM`t" + $Code + "`t" + $Hresult + "`t" + ((winupdate_text $Words 400) -replace "`t", ' ') }
    $Run.stop = $true
}

# winupdate_ready: whether the agent can install now. It waits for another installation.
function winupdate_ready($Run) {
    $deadline = (Get-PwNow) + [Math]::Min([long]3600, (ConvertTo-PwNumber (Get-PwArg 'lock_wait' '300')))
    while ($true) {
        if ([bool](Get-PwWuField $Run.installer 'RebootRequiredBeforeInstallation' $false)) {
            winupdate_problem $Run 'interrupted' '0x80240016' 'Windows wants a reboot before it installs anything more'
            return $false
        }
        if (-not [bool](Get-PwWuField $Run.installer 'IsBusy' $false)) { return $true }
        if ((Get-PwNow) -ge $deadline) {
            winupdate_problem $Run 'locked' '0x80240009' 'another installation is under way on the host, perhaps of automatic updates'
            return $false
        }
        Wait-PwWu 10
    }
}

# winupdate_preflight: what is known to fail is not begun.
function winupdate_preflight($Run) {
    if ((Get-PwWuServiceStart) -eq 4) {
        winupdate_problem $Run 'unsupported' '0x80070422' 'the service wuauserv is disabled'
        return
    }
    $free = Get-PwWuFree
    if ($null -ne $free -and $free -lt 1073741824) {
        winupdate_problem $Run 'disk' '0x80070070' ('less than 1 GiB is free on ' + $env:SystemDrive)
    }
}

# winupdate_pick: finds exactly the wanted revisions, in the agent's cache if they are all there.
function winupdate_pick($Run, $Changes) {
    foreach ($online in $false, $true) {
        $missing = @($Changes | Where-Object { $_.agent -and $null -eq $_.update })
        if ($missing.Count -eq 0) { return }
        $found = winupdate_search_again $Run.session 'IsInstalled=0 and IsHidden=0' ($online -or $Run.where.added) $Run.where $false
        foreach ($update in $found.found.Updates) {
            $key = winupdate_identity $update
            foreach ($change in $missing) {
                if ($key -ne '' -and $change.to.ToLowerInvariant() -eq $key) { $change.update = $update }
            }
        }
    }
    $missing = @($Changes | Where-Object { $_.agent -and $null -eq $_.update })
    if ($missing.Count -eq 0) { return }
    $nowhere = @{ server = 0; service = ''; added = $false }
    $have = @{}
    foreach ($update in (winupdate_search $Run.session 'IsInstalled=1' $false $nowhere $true).found.Updates) { $have[(winupdate_identity $update)] = $true }
    foreach ($change in $missing) {
        if ($have.ContainsKey($change.to.ToLowerInvariant())) {
            winupdate_end $change 'already' ''
        } else {
            winupdate_end $change 'not-offered' 'the host is not offered this revision any more'
        }
    }
}

# winupdate_refused: why an update is not to be tried, or ''. Terms are accepted only where the policy says so.
function winupdate_refused($Change) {
    $update = $Change.update
    if ([bool](Get-PwWuField (Get-PwWuField $update 'InstallationBehavior') 'CanRequestUserInput' $false)) {
        return 'it may ask a user something, and nobody is there to answer'
    }
    if (-not [bool](Get-PwWuField $update 'EulaAccepted' $true)) {
        if ((Get-PwArg 'accept_eula') -ne 'true') { return 'it has terms that nobody has accepted; accept_eula in windows_update does' }
        [void]$update.AcceptEula()
        winupdate_say ('accepted the terms of ' + $Change.name)
    }
    return ''
}

# winupdate_record: what the agent says of one update.
function winupdate_record($Change, $Result) {
    $Change.code = [int](Get-PwWuField $Result 'ResultCode' 0)
    $Change.hresult = '0x{0:X8}' -f [int](Get-PwWuField $Result 'HResult' 0)
    if ([bool](Get-PwWuField $Result 'RebootRequired' $false)) { $Change.reboot = 1 }
}

# winupdate_fetch: downloads one update; whether it is there.
function winupdate_fetch($Run, $Change) {
    if ([bool](Get-PwWuField $Change.update 'IsDownloaded' $false)) { return $true }
    winupdate_say ($Change.place + ' ' + $Change.name + ' downloading')
    $downloader = New-PwWuDownloader $Run.session
    $one = New-PwWuCollection
    [void]$one.Add($Change.update)
    $downloader.Updates = $one
    for ($try = 1; ; $try++) {
        $result = $downloader.Download()
        winupdate_record $Change ($result.GetUpdateResult(0))
        if ($Change.code -eq 2 -or $Change.code -eq 3) { return $true }
        if ($try -ge 3 -or $winupdate_passing -notcontains $Change.hresult) { break }
        Wait-PwWu (20 * $try)
    }
    winupdate_end $Change 'failed' 'it could not be downloaded'
    return $false
}

# winupdate_one: one update, from its terms to its result.
function winupdate_one($Run, $Change) {
    $why = winupdate_refused $Change
    if ($why -ne '') {
        winupdate_end $Change 'skipped' $why
        return
    }
    if (-not (winupdate_fetch $Run $Change)) { return }
    if (-not (winupdate_ready $Run)) { return }
    winupdate_say ($Change.place + ' ' + $Change.name + ' installing')
    $one = New-PwWuCollection
    [void]$one.Add($Change.update)
    $Run.installer.Updates = $one
    try { $Run.installer.ForceQuiet = $true } catch { winupdate_say 'the agent knows no quiet installation' }
    try { $Run.installer.AllowSourcePrompts = $false } catch { winupdate_say 'the agent knows no prompts for sources' }
    $result = $Run.installer.Install()
    winupdate_record $Change ($result.GetUpdateResult(0))
    if ($Change.code -eq 2 -or $Change.code -eq 3) {
        winupdate_end $Change 'installed' ''
    } else {
        winupdate_end $Change 'failed' ('the installation ended with result code ' + $Change.code)
    }
    if ($Change.hresult -eq '0x8007045B') { winupdate_problem $Run 'interrupted' $Change.hresult 'the host is shutting down' }
}

# winupdate_each: the updates of the agent, exclusive ones first; what fails does not stop the others.
function winupdate_each($Run, $Changes) {
    $first = @()
    $rest = @()
    foreach ($change in $Changes) {
        if (-not $change.agent -or $null -eq $change.update) { continue }
        if ([int](Get-PwWuField (Get-PwWuField $change.update 'InstallationBehavior') 'Impact' 0) -eq 2) { $first += $change } else { $rest += $change }
    }
    $ordered = @($first) + @($rest)
    for ($i = 0; $i -lt $ordered.Count; $i++) {
        $change = $ordered[$i]
        $change['place'] = '[' + ($i + 1) + '/' + $ordered.Count + ']'
        if ($Run.stop) {
            winupdate_end $change 'skipped' 'an earlier one stopped the installation'
            continue
        }
        try {
            winupdate_one $Run $change
        } catch {
            $change.hresult = Get-PwHresult $_
            winupdate_end $change 'failed' ([string]$_.Exception.Message)
        }
        if ($change.state -eq '') { winupdate_end $change 'skipped' 'it was not begun' }
        winupdate_say ($change.place + ' ' + $change.name + ' ' + $change.state + ' ' + $change.hresult)
    }
}

# winupdate_packages: what Chocolatey brings.
function winupdate_packages($Changes, [string]$Field) {
    foreach ($change in $Changes) {
        if ($change.agent -or $change.state -ne '') { continue }
        $version = [string]$change[$Field]
        if ($change.action -ne 'upgrade' -or $change.name -cnotmatch $winupdate_package -or $version -cnotmatch '^[0-9][A-Za-z0-9._+-]{0,60}$') {
            winupdate_end $change 'failed' 'this is no change that can be made on Windows'
            continue
        }
        $choco = Get-PwChoco
        if ($choco -eq '') {
            winupdate_end $change 'failed' 'Chocolatey is not installed'
            continue
        }
        winupdate_say ($change.name + ' installing ' + $version + ' by Chocolatey')
        $said = Invoke-PwChoco $choco @('upgrade', $change.name, '--version', $version, '-y', '-r', '--no-progress', '--allow-downgrade', '--fail-on-unfound')
        foreach ($line in @($said.lines | Select-Object -Last 40)) { winupdate_say $line }
        if ($said.code -eq 1641 -or $said.code -eq 3010) { $change.reboot = 1 }
        if ((0, 1641, 3010 -contains $said.code) -and (Get-PwChocoVersion $change.name) -eq $version) {
            winupdate_end $change 'installed' ''
        } else {
            winupdate_end $change 'failed' ('choco ended with ' + $said.code)
        }
    }
}

# winupdate_tell: the frame; the script's status is 1 unless every change is there.
function winupdate_tell([string]$Frame, $Run, $Changes) {
    $lines = @()
    $reboot = 0
    $failed = 0
    foreach ($change in $Changes) {
        if ($change.state -eq '') { winupdate_end $change 'skipped' 'it was not begun' }
        if ($change.reboot -eq 1) { $reboot = 1 }
        if ('installed', 'already', 'removed' -notcontains $change.state) { $failed = 1 }
        $version = $change.to
        if ($version -eq '-') { $version = $change.from }
        $words = (winupdate_text $change.words 300) -replace "`t", ' '
        $lines += @('RESULT', $change.name, $version, $change.state, [string]$change.code, $change.hresult, [string]$change.reboot, $words) -join "`t"
    }
    foreach ($line in @(Get-PwWuField $Run 'verify' @())) { $lines += $line }
    $lines += "REBOOT`t" + $reboot
    if ($null -ne $Run.problem) {
        $lines += $Run.problem
        $failed = 1
    }
    $script:PwStatus = $failed
    Write-PwLines $Frame $lines $failed
}

function winupdate_install {
    $run = @{ session = $null; installer = $null; where = @{ server = 0; service = ''; added = $false }; problem = $null; stop = $false }
    $changes = winupdate_changes
    $phase = 'the search'
    try {
        winupdate_mark
        if (@($changes | Where-Object { $_.agent }).Count -gt 0) {
            winupdate_preflight $run
            if (-not $run.stop) {
                $run.session = New-PwWuSession
                $run.installer = New-PwWuInstaller $run.session
                $run.where = winupdate_open (winupdate_source (Get-PwArg 'source')) (Get-PwArg 'cab')
                winupdate_say 'looking for the updates'
                winupdate_pick $run $changes
                $phase = 'the installation'
                winupdate_each $run $changes
            }
        }
        if (-not $run.stop) {
            winupdate_winget $run $changes
            winupdate_packages $changes 'to'
        }
    } catch {
        winupdate_problem $run 'exit' (Get-PwHresult $_) ($phase + ' failed: ' + $_.Exception.Message)
    } finally {
        winupdate_close $run.where
    }
    try { winupdate_mark } catch { winupdate_say ('the next scan cannot be told: ' + $_.Exception.Message) }
    winupdate_tell 'winupdate.install' $run $changes
}
