# undo: the way back.

# Get-PwImagePackages: the packages of the running image: name, state, time.
function Get-PwImagePackages {
    $list = @()
    foreach ($package in @(Get-WindowsPackage -Online)) {
        $time = ''
        if ($null -ne $package.InstallTime) { $time = ([datetime]$package.InstallTime).ToString('o') }
        $list += @{ name = [string]$package.PackageName; state = [string]$package.PackageState; time = $time }
    }
    return , $list
}

# Remove-PwImagePackage NAME: whether a reboot is to follow.
function Remove-PwImagePackage([string]$Name) {
    $answer = Remove-WindowsPackage -Online -NoRestart -PackageName $Name
    return [bool](Get-PwWuField $answer 'RestartNeeded' $false)
}

# winupdate_points: where a rollback finds what keep left. Only the last part of dir is used: the first is of another system.
function winupdate_points {
    $leaf = (((Get-PwArg 'dir') -replace '\\', '/').TrimEnd('/') -split '/')[-1]
    if ($leaf -cnotmatch '^[A-Za-z0-9_-]{1,128}$') { throw 'the restore point has no plain name' }
    return (Join-Path (Join-Path (Get-PwRoot) 'points') $leaf)
}

function winupdate_keep {
    $points = winupdate_points
    Protect-PwWuDirectory (Get-PwRoot)
    Protect-PwWuPrivate (Join-Path (Get-PwRoot) 'points')
    Protect-PwWuPrivate $points
    $result = winupdate_json (Read-PwWuFile (Join-Path (Get-PwWuDir) 'result.json'))
    $can = @{}
    $builds = @{}
    foreach ($update in @(Get-PwWuField $result 'updates' @())) {
        $key = ([string](Get-PwWuField $update 'id' '')).ToLowerInvariant() + '.' + [string](Get-PwWuField $update 'rev' '')
        $can[$key] = [bool](Get-PwWuField $update 'uninstallable' $false)
        # a newer cumulative update has its build in its title, in whatever language: (26100.2033)
        if ([string](Get-PwWuField $update 'title' '') -match '\(([0-9]{5}\.[0-9]{1,6})\)') { $builds[$key] = $Matches[1] }
    }
    $lines = @()
    $wanted = @()
    foreach ($change in (winupdate_changes)) {
        $version = $change.from
        $word = 'missing'
        if ($change.agent) {
            $version = $change.to
            $key = $change.to.ToLowerInvariant()
            if ($can[$key]) { $word = 'kept' }
            $wanted += @{ key = $key; can = [bool]$can[$key]; build = [string]$builds[$key] }
        }
        $lines += $change.name + "`t" + $change.arch + "`t" + $version + "`t" + $word
    }
    Save-PwText (Join-Path $points 'packages.json') (ConvertTo-PwJson @{ at = (Get-PwNow); packages = (Get-PwImagePackages); changes = $wanted })
    Write-PwLines 'winupdate.keep' $lines
}

# winupdate_there: what of the image can be removed at all; a servicing stack never.
function winupdate_there($Packages) {
    return , @($Packages | Where-Object { ('Installed', 'InstallPending' -contains $_.state) -and $_.name -notmatch '^Package_for_ServicingStack' })
}

# winupdate_by_kb CHANGE PACKAGES: the package that bears its KB, or ''.
function winupdate_by_kb($Change, $Packages) {
    if ($Change.name -cnotmatch '^KB([0-9]{4,10})(-[0-9a-f]{8})?$') { return '' }
    $head = 'Package_for_KB' + $Matches[1] + '~'
    foreach ($package in (winupdate_there $Packages)) {
        if ($package.name.StartsWith($head, [StringComparison]::OrdinalIgnoreCase)) { return $package.name }
    }
    return ''
}

# winupdate_by_build CHANGE PACKAGES POINT: the cumulative package of the build in its title, or, if the title has none,
# the only one that came since, for the only change that it can be. The KB is not in the name of a cumulative package.
function winupdate_by_build($Change, $Packages, $Point) {
    $rollups = @(winupdate_there $Packages | ForEach-Object { $_ } | Where-Object { $_.name -match '^Package_for_RollupFix~' })
    $new = @($rollups | Where-Object { -not $Point.before.ContainsKey($_.name) })
    if ($Change.build -ne '') {
        $mine = @($new | Where-Object { $_.name -match ('~' + [regex]::Escape($Change.build) + '\.') })
        if ($mine.Count -eq 1) { return $mine[0].name }
        return ''
    }
    if ($new.Count -eq 1 -and $Point.nameless -eq 1) { return $new[0].name }
    return ''
}

# winupdate_back: removes what one change brought.
function winupdate_back($Change, $Point) {
    if (-not $Point.have.ContainsKey($Change.to.ToLowerInvariant())) {
        winupdate_end $Change 'already' ''
        return
    }
    if (-not $Change.can) {
        winupdate_end $Change 'failed' 'this update cannot be taken back, says the update agent'
        return
    }
    $packages = Get-PwImagePackages
    $name = winupdate_by_kb $Change $packages
    if ($name -eq '') { $name = winupdate_by_build $Change $packages $Point }
    if ($name -eq '') {
        winupdate_end $Change 'failed' 'no package of the image can be told to be of this update; it is not taken back'
        return
    }
    winupdate_say ($Change.name + ' removing ' + $name)
    try {
        if (Remove-PwImagePackage $name) { $Change.reboot = 1 }
        winupdate_end $Change 'removed' ''
    } catch {
        $Change.hresult = Get-PwHresult $_
        winupdate_end $Change 'failed' ([string]$_.Exception.Message)
    }
}

# winupdate_point CHANGES: what keep left, and what is installed now.
function winupdate_point($Changes) {
    $point = @{ before = @{}; have = @{}; nameless = 0 }
    $kept = winupdate_json (Read-PwWuFile (Join-Path (winupdate_points) 'packages.json'))
    foreach ($package in @(Get-PwWuField $kept 'packages' @())) { $point.before[[string](Get-PwWuField $package 'name' '')] = $true }
    if ($point.before.Count -eq 0) { throw 'the list of packages of before the installation is not there' }
    $known = @{}
    foreach ($entry in @(Get-PwWuField $kept 'changes' @())) { $known[[string](Get-PwWuField $entry 'key' '')] = $entry }
    $nowhere = @{ server = 0; service = ''; added = $false }
    foreach ($update in (winupdate_search (New-PwWuSession) 'IsInstalled=1' $false $nowhere $true).found.Updates) {
        $point.have[(winupdate_identity $update)] = $true
    }
    $packages = Get-PwImagePackages
    foreach ($change in $Changes) {
        $entry = $known[$change.to.ToLowerInvariant()]
        $change['can'] = [bool](Get-PwWuField $entry 'can' $false)
        $change['build'] = [string](Get-PwWuField $entry 'build' '')
        if ($change.agent -and $change.can -and (winupdate_by_kb $change $packages) -eq '') { $point.nameless++ }
    }
    return $point
}

function winupdate_rollback {
    $run = @{ problem = $null; stop = $false }
    $changes = winupdate_changes
    try {
        winupdate_mark
        if (@($changes | Where-Object { $_.agent }).Count -gt 0) {
            $point = winupdate_point $changes
            # the last one that came goes first
            for ($i = $changes.Count - 1; $i -ge 0; $i--) {
                if ($changes[$i].agent) { winupdate_back $changes[$i] $point }
            }
        }
        winupdate_winget_back $changes
        winupdate_packages $changes 'from'
    } catch {
        winupdate_problem $run 'exit' (Get-PwHresult $_) ('the rollback failed: ' + $_.Exception.Message)
    }
    try { winupdate_mark } catch { winupdate_say ('the next scan cannot be told: ' + $_.Exception.Message) }
    winupdate_tell 'winupdate.rollback' $run $changes
}

# winupdate_repair: what is interrupted, Windows finishes itself, at a reboot.
function winupdate_repair {
    Write-PwLines 'winupdate.repair' @("PROBLEM`tunsupported`t0x00000000`tthere is nothing to repair by hand; reboot the host, and look at DISM /Online /Cleanup-Image /ScanHealth") 1
    $script:PwStatus = 1
}
