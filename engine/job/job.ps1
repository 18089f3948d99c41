# job: start, watch and collect one detached job; set, renew and release the claim.
# The twin of job.sh. common.ps1, task.ps1, host.ps1 and claim.ps1 stand before it. Windows PowerShell 5.1, ASCII only.
$JobLines = New-Object Collections.ArrayList
$JobOp = Get-PwArg 'op'
$JobId = Get-PwArg 'id'
$JobRoot = Get-PwArg 'root' (Get-PwRoot)
$JobMine = @{
    controller = (Get-PwArg 'controller'); run = (Get-PwArg 'run'); name = (Get-PwArg 'host')
    fence = (ConvertTo-PwNumber (Get-PwArg 'fence')); expires = [long]0
}
$JobClaimFile = [IO.Path]::Combine($JobRoot, 'claim.json')

# Get-JobKey ID: the name of its directory and of its task.
function Get-JobKey([string]$Id) {
    if ($Id.Length -le 100) { return $Id }
    $JobHash = Get-PwSum (New-Object Text.UTF8Encoding $false).GetBytes($Id)
    return ($Id.Substring(0, 80) + '-' + $JobHash.Substring(0, 16))
}

$JobKey = Get-JobKey $JobId
$JobDir = [IO.Path]::Combine($JobRoot, 'jobs', $JobKey)
$JobTomb = [IO.Path]::Combine($JobRoot, 'tombs', $JobKey)

function Get-JobFile([string]$Name) { return [IO.Path]::Combine($JobDir, $Name) }

function Write-JobLine([string]$Text) { [void]$JobLines.Add($Text) }

# Stop-Job CODE WHY: refuses the operation.
function Stop-Job([string]$Code, [string]$Why) {
    Write-JobLine ('refused=' + $Code)
    Write-JobLine ('why=' + $Why)
    throw 'pw-refused'
}

# Test-JobDirectory PATH: refuses unless it is one of ours, not a link, and nobody else may write in it.
function Test-JobDirectory([string]$Path) {
    $JobFound = Get-PwDirectory $Path
    if (-not $JobFound.directory -or $JobFound.link) { Stop-Job 'guard' ($Path + ' is a link or no directory') }
    if (-not (Test-PwTrusted $JobFound.owner)) { Stop-Job 'guard' ($Path + ' belongs to ' + $JobFound.owner) }
    if (@($JobFound.others).Count -gt 0) { Stop-Job 'guard' ($Path + ' lets in ' + (@($JobFound.others) -join ', ')) }
}

# Test-JobParents PATH: refuses unless each directory above is no link, and belongs to Windows or an administrator.
function Test-JobParents([string]$Path) {
    $JobParent = [IO.Path]::GetDirectoryName($Path)
    while ($JobParent) {
        $JobFound = Get-PwDirectory $JobParent
        if (-not $JobFound.directory -or $JobFound.link) { Stop-Job 'guard' ($JobParent + ' is a link or no directory') }
        $JobInstaller = 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464'
        if (-not (Test-PwTrusted $JobFound.owner) -and $JobFound.owner -ne $JobInstaller) {
            Stop-Job 'guard' ($JobParent + ' belongs to ' + $JobFound.owner)
        }
        $JobParent = [IO.Path]::GetDirectoryName($JobParent)
    }
}

function Initialize-Job {
    if (-not (Test-PwAdministrator)) {
        Stop-Job 'sudo' ('logged in as ' + (Get-PwUserName) + ', who is no administrator here, or one whose token is filtered')
    }
    Test-JobParents $JobRoot
    foreach ($JobPath in $JobRoot, [IO.Path]::Combine($JobRoot, 'jobs'), [IO.Path]::Combine($JobRoot, 'tombs'), [IO.Path]::Combine($JobRoot, 'fences')) {
        if (-not (Get-PwDirectory $JobPath).exists) { New-PwDirectory $JobPath }
        Test-JobDirectory $JobPath
    }
}

# ConvertTo-JobWords RESULT: a LastTaskResult in words.
function ConvertTo-JobWords([long]$Result) {
    if ($Result -lt 0) { $Result = $Result + 4294967296 }
    $JobHex = '0x{0:X8}' -f $Result
    switch ($JobHex) {
        '0x00041301' { return 'the task still runs' }
        '0x00041303' { return 'the task has not run' }
        '0x00041306' { return 'the task was ended by somebody' }
        '0x00041325' { return 'the task is queued' }
        '0x80041326' { return 'the task scheduler is switched off' }
        '0x800710E0' { return 'Windows has refused to start the task (0x800710E0)' }
    }
    if ($Result -le 255) { return ('the task ended with exit code ' + $Result) }
    if ($JobHex.StartsWith('0x8007')) { return ('the task ended with Windows error ' + ($Result -band 65535) + ' (' + $JobHex + ')') }
    return ('the task ended with ' + $JobHex)
}

# Get-JobFault: why a job that was launched has not begun; '' if it still may.
function Get-JobFault {
    $JobTask = Get-PwTask $JobKey
    if ($null -eq $JobTask) { return 'its task is gone' }
    if ($JobTask.state -eq 4 -or $JobTask.state -eq 2) { return '' }
    # 0x41303 has not run, 0x41301 runs, 0x41325 queued
    if (@(267011, 267009, 267045) -contains $JobTask.result) { return '' }
    if (Test-PwFile (Get-JobFile 'pid')) { return '' }
    return ConvertTo-JobWords $JobTask.result
}

function Write-JobDone {
    Write-JobLine 'state=done'
    Write-JobLine ('rc=' + (Read-PwText (Get-JobFile 'rc')).Trim())
}

# Write-JobStatus: what is known of the job. A held "alive" proves that it runs, whatever the boot says.
function Write-JobStatus {
    $JobNow = Get-PwBootId
    Write-JobLine ('boot_id=' + $JobNow)
    if (Test-PwFile $JobTomb) {
        Write-JobLine 'state=collected'
        foreach ($JobWord in (Read-PwText $JobTomb) -split "`n") {
            if ($JobWord -match '^(rc=-?[0-9]*|job_boot_id=[0-9a-f-]*)$') { Write-JobLine $JobWord }
        }
        return
    }
    if (-not (Test-PwFile (Get-JobFile 'ready'))) {
        Write-JobLine 'state=absent'
        return
    }
    $JobBoot = (Read-PwText (Get-JobFile 'boot_id')).Trim()
    Write-JobLine ('job_boot_id=' + $JobBoot)
    Write-JobLine ('size=' + (Get-PwFileSize (Get-JobFile 'out.log')))
    if (Test-PwFile (Get-JobFile 'rc')) {
        Write-JobDone
    } elseif (Test-PwFile (Get-JobFile 'pid')) {
        if (Test-PwHeld (Get-JobFile 'alive')) {
            Write-JobLine 'state=running'
        } elseif (Test-PwFile (Get-JobFile 'rc')) {
            Write-JobDone # it has ended between the two looks
        } elseif ($JobBoot -cne $JobNow) {
            Write-JobLine 'state=lost-reboot'
        } else {
            Write-JobLost
        }
    } elseif ($JobBoot -cne $JobNow) {
        Write-JobLine 'state=lost-reboot'
    } else {
        $JobFault = Get-JobFault
        if ($JobFault -eq '') {
            Write-JobLine 'state=starting'
        } else {
            Write-JobLine 'state=lost'
            Write-JobLine ('why=' + $JobFault)
        }
    }
}

# Write-JobLost: it was begun, and ended without an exit status.
function Write-JobLost {
    Write-JobLine 'state=lost'
    $JobTask = Get-PwTask $JobKey
    if ($null -ne $JobTask) { Write-JobLine ('why=' + (ConvertTo-JobWords $JobTask.result)) }
}

function Start-JobBody {
    if ($JobId -cnotmatch '^[A-Za-z0-9_-]([A-Za-z0-9._-]*[A-Za-z0-9_-])?$') { Stop-Job 'guard' 'bad job id' }
    if ((Test-PwFile $JobTomb) -or (Test-PwFile (Get-JobFile 'ready'))) {
        Write-JobLine 'started=before'
        Write-JobStatus
        return
    }
    $JobClaim = Read-PwClaim $JobClaimFile
    if (-not (Test-JobMine $JobClaim)) { Stop-JobClaim 'the claim of this run is gone' $JobClaim }
    Write-JobClaim
    if (-not (Get-PwDirectory $JobDir).exists) { New-PwDirectory $JobDir }
    Test-JobDirectory $JobDir
    Save-PwText (Get-JobFile 'body.ps1') ((Get-PwArg 'body') + "`n")
    Save-PwText (Get-JobFile 'wrap.ps1') ((Get-PwArg 'wrap') + "`n")
    Save-PwText (Get-JobFile 'claim.json') (ConvertTo-PwClaimText $JobMine)
    Save-PwText (Get-JobFile 'boot_id') (Get-PwBootId)
    if ((Get-PwSum (Read-PwBytes (Get-JobFile 'body.ps1') 0 67108864)) -cne (Get-PwArg 'sum')) { Stop-Job 'guard' 'the job arrived damaged' }
    Save-PwText (Get-JobFile 'alive') ''
    Save-PwText (Get-JobFile 'ready') ('' + (Get-PwNow))
    try {
        Start-PwTask $JobKey (Get-JobFile 'wrap.ps1') ('patchwave job ' + $JobId) 'PT0S'
    } catch {
        $JobWhy = 'the job could not be started: ' + $_.Exception.Message + ' (' + (Get-PwHresult $_) + ')'
        Remove-PwFile (Get-JobFile 'ready')
        Stop-Job 'guard' $JobWhy
    }
    Write-JobLine 'started=now'
    Write-JobStatus
}

# Complete-Job: the outcome is safe at the controller; leave a tombstone.
function Complete-Job {
    if ($JobId -cnotmatch '^[A-Za-z0-9_-]([A-Za-z0-9._-]*[A-Za-z0-9_-])?$') { Stop-Job 'guard' 'bad job id' }
    $JobEnded = Test-PwFile (Get-JobFile 'rc')
    if ((Test-PwFile (Get-JobFile 'ready')) -and -not $JobEnded) {
        if ((Get-PwArg 'force') -ne 'yes') { Stop-Job 'guard' 'the job has not ended' }
        if (Test-PwHeld (Get-JobFile 'alive')) { Stop-Job 'guard' 'the job still runs' }
    }
    if ((Get-PwDirectory $JobDir).exists) {
        if (-not (Test-PwFile $JobTomb)) {
            $JobRc = (Read-PwText (Get-JobFile 'rc')).Trim()
            Save-PwText $JobTomb ('rc=' + $JobRc + "`njob_boot_id=" + (Read-PwText (Get-JobFile 'boot_id')).Trim() + "`n")
        }
        Remove-PwTask $JobKey
        try { Remove-PwDirectory $JobDir } catch { Write-JobLine ('left=' + $JobKey) } # the tombstone counts; it is looked at again in 30 days
    }
    $JobTombs = [IO.Path]::Combine($JobRoot, 'tombs')
    foreach ($JobOld in @(Get-PwOlder $JobTombs 30 'file')) { Remove-PwFile ([IO.Path]::Combine($JobTombs, $JobOld)) }
    Write-JobLine 'collected=yes'
}

# Set-JobTomb: the host was taken back to a time before the job, which must not be started again. What
# was found of it is from then.
function Set-JobTomb {
    if ($JobId -cnotmatch '^[A-Za-z0-9_-]([A-Za-z0-9._-]*[A-Za-z0-9_-])?$') { Stop-Job 'guard' 'bad job id' }
    $JobClaim = Read-PwClaim $JobClaimFile
    if (-not (Test-JobMine $JobClaim)) { Stop-JobClaim 'the claim of this run is gone' $JobClaim }
    if (Test-PwHeld (Get-JobFile 'alive')) { Stop-Job 'guard' 'the job works' }
    if (-not (Test-PwFile $JobTomb)) {
        Save-PwText $JobTomb ('rc=' + (Get-PwArg 'rc') + "`njob_boot_id=" + (Get-PwArg 'boot_id') + "`n")
    }
    Remove-PwTask $JobKey
    try { Remove-PwDirectory $JobDir } catch { Write-JobLine ('left=' + $JobKey) }
    Write-JobLine 'buried=yes'
}

function Invoke-JobOp {
    switch ($JobOp) {
        'claim' { Set-JobClaim }
        'renew' { Update-JobClaim }
        'release' { Clear-JobClaim }
        'show' { Write-JobHolder }
        'start' { Start-JobBody }
        'poll' {
            # a full disk must not hide what has become of the job; the claim then runs out
            if ($JobMine.controller -ne '' -and (Test-JobMine (Read-PwClaim $JobClaimFile))) {
                try { Write-JobClaim } catch { Write-JobLine 'renewed=no' }
            }
            Write-JobStatus
        }
        'collect' { Complete-Job }
        'bury' { Set-JobTomb }
        default { Stop-Job 'unsupported' 'the operation is not known' }
    }
}

# Invoke-JobLocked: the operation under the lock of all operations.
function Invoke-JobLocked {
    Initialize-Job
    $JobLock = Open-PwMutex 'Global\patchwave-op'
    try {
        if (-not (Lock-PwMutex $JobLock 30000)) { Stop-Job 'locked' 'another operation holds Global\patchwave-op' }
        try { Invoke-JobOp } finally { Unlock-PwMutex $JobLock }
    } finally {
        $JobLock.Dispose()
    }
}

# Write-JobLog: a piece of what the job has printed, as it is.
function Write-JobLog {
    $JobPiece = New-Object byte[] 0
    $JobLog = Get-JobFile 'out.log'
    if (Test-PwFile $JobLog) {
        $JobMost = [int][Math]::Min([long]1048576, (ConvertTo-PwNumber (Get-PwArg 'max' '65536')))
        $JobPiece = Read-PwBytes $JobLog (ConvertTo-PwNumber (Get-PwArg 'offset' '0')) $JobMost
    }
    Write-PwRaw ('@@' + $PwNonce + " BEGIN log`n")
    Write-PwBytes $JobPiece
    Write-PwRaw (New-PwEnd 'log' 0 $JobPiece.Length)
}

# Invoke-JobMain: a disk that is full, or a lock or directory that is another's, is an answer; all
# else is an error of the script.
function Invoke-JobMain {
    try {
        Invoke-JobLocked
    } catch {
        $JobText = $_.Exception.Message
        $JobCause = Get-PwHresult $_
        if ($JobText -eq 'pw-refused') {
            # it was said
        } elseif ($JobText.StartsWith('pw-guard: ')) {
            Write-JobLine 'refused=guard'
            Write-JobLine ('why=' + $JobText.Substring(10))
        } elseif (@('0x80070070', '0x80070027') -contains $JobCause) {
            Write-JobLine 'refused=disk'
            Write-JobLine ('why=cannot write in ' + $JobRoot + ': ' + (Get-PwFree $JobRoot))
        } else {
            throw
        }
    }
    Write-PwLines 'job' $JobLines
    if ($JobOp -eq 'poll' -or $JobOp -eq 'start') { Write-JobLog }
}

Invoke-JobMain
