# stage: downloads ahead of a window, and installs nothing. The twin of stage.sh: a job, as SYSTEM, that
# gives way as soon as the file of argument yield is there. Windows PowerShell 5.1, ASCII only.

$StageRun = @{ began = [long]0; word = '' }

# Get-PwStageTime: the seconds since Windows was started.
function Get-PwStageTime { return [long][Math]::Floor([Diagnostics.Stopwatch]::GetTimestamp() / [Diagnostics.Stopwatch]::Frequency) }

# Get-PwStageFree DRIVE: what is free there, in bytes; less than nothing if that cannot be told.
function Get-PwStageFree([string]$Drive) {
    try {
        return [long](New-Object IO.DriveInfo $Drive).AvailableFreeSpace
    } catch {
        return [long]-1
    }
}

# Test-PwStageYield PATH: somebody else wants the host. The path may begin with %ProgramData%.
function Test-PwStageYield([string]$Path) {
    return [IO.File]::Exists([Environment]::ExpandEnvironmentVariables($Path))
}

# Get-StageShort CACHE: where the space is short, a line each: the KiB that would be left, or "?", those
# that must be left, and the path. What an earlier try has fetched is counted again, which errs on the safe
# side.
function Get-StageShort([string]$Cache) {
    $StageNeed = [long][Math]::Ceiling((ConvertTo-PwNumber (Get-PwArg 'size')) / 1024)
    foreach ($StageRow in @("65536`t" + $Cache) + @((Get-PwArg 'mounts') -split "`n")) {
        $StageField = $StageRow -split "`t", 2
        if ($StageField.Count -ne 2) { continue }
        $StageFree = [long]-1
        if ($StageField[1] -match '^[A-Za-z]:(\\|$)') { $StageFree = Get-PwStageFree ($StageField[1].Substring(0, 2) + '\') }
        if ($StageFree -lt 0) {
            "?`t" + $StageField[0] + "`t" + $StageField[1]
            continue
        }
        $StageLeft = [long][Math]::Floor($StageFree / 1024)
        if ($StageField[1].Substring(0, 2) -eq $Cache.Substring(0, 2)) { $StageLeft -= $StageNeed }
        if ($StageLeft -lt (ConvertTo-PwNumber $StageField[0])) { '' + $StageLeft + "`t" + $StageField[0] + "`t" + $StageField[1] }
    }
}

# Test-StageRoom CACHE: begins: whether there is room for what will be downloaded.
function Test-StageRoom([string]$Cache) {
    $StageRun.began = Get-PwStageTime
    $StageShort = @(Get-StageShort $Cache)
    Write-PwLines 'stage.room' $StageShort ([int]($StageShort.Count -gt 0))
    return ($StageShort.Count -eq 0)
}

# Test-StageGoOn: whether the next download may begin: nobody else wants the host, and there is time.
function Test-StageGoOn {
    if (Test-PwStageYield (Get-PwArg 'yield')) {
        $StageRun.word = 'yielded'
    } elseif ((Get-PwStageTime) - $StageRun.began -ge (ConvertTo-PwNumber (Get-PwArg 'limit'))) {
        $StageRun.word = 'late'
    }
    return ($StageRun.word -eq '')
}
