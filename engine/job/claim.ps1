# claim: whose this host is at present. job.ps1 sets the variables. ASCII only.

# Test-JobNamed CLAIM: the claim is under our name. One machine may be in an inventory twice; the two
# must not reboot each other in the middle of a job.
function Test-JobNamed($Claim) { return ($Claim.name -eq '' -or $Claim.name -ceq $JobMine.name) }

# Test-JobOurs CLAIM: it is of this run; a resume comes with a higher number.
function Test-JobOurs($Claim) { return ($Claim.controller -ceq $JobMine.controller -and $Claim.run -ceq $JobMine.run) }

function Test-JobMine($Claim) { return ((Test-JobOurs $Claim) -and $Claim.fence -eq $JobMine.fence -and (Test-JobNamed $Claim)) }

# Test-JobDead CLAIM: it is of a run of this very controller that the controller knows to be dead.
function Test-JobDead($Claim) {
    if ($Claim.controller -cne $JobMine.controller -or $Claim.fence -ge $JobMine.fence) { return $false }
    return (@((Get-PwArg 'dead') -split ' ') -ccontains $Claim.run)
}

# Test-JobStages RUN: a run that downloads ahead. It never disturbs another one, and gives way to whoever
# comes.
function Test-JobStages([string]$Run) { return $Run.StartsWith('stage-', [StringComparison]::Ordinal) }

# Test-JobGivesWay CLAIM: the host is held for a download, and we want more than that.
function Test-JobGivesWay($Claim) { return ((Test-JobStages $Claim.run) -and -not (Test-JobStages $JobMine.run)) }

# Clear-JobStaging: has the downloads end; they look for this file each second.
function Clear-JobStaging {
    foreach ($JobName in @(Get-PwStaging ([IO.Path]::Combine($JobRoot, 'jobs')))) {
        if (Test-PwFile ([IO.Path]::Combine($JobRoot, 'jobs', $JobName, 'ready'))) {
            Save-PwText ([IO.Path]::Combine($JobRoot, 'jobs', $JobName, 'yield')) ''
        }
    }
    for ($JobLeft = 40; $JobLeft -gt 0 -and (Test-JobWorking); $JobLeft--) { Wait-PwSecond }
}

function Write-JobClaim {
    $JobNew = $JobMine.Clone()
    $JobNew.expires = (Get-PwNow) + (ConvertTo-PwNumber (Get-PwArg 'ttl'))
    Save-PwText $JobClaimFile (ConvertTo-PwClaimText $JobNew)
}

# Stop-JobClaim WHY CLAIM: refuses, and says who has the host.
function Stop-JobClaim([string]$Why, $Claim) {
    Write-JobLine ('holder_controller=' + $Claim.controller)
    Write-JobLine ('holder_run=' + $Claim.run)
    Write-JobLine ('holder_expires=' + $Claim.expires)
    Stop-Job 'locked' $Why
}

# Test-JobWorking: a job holds the host's lock.
function Test-JobWorking {
    $JobLock = Open-PwMutex 'Global\patchwave-job'
    try {
        if (-not (Lock-PwMutex $JobLock 0)) { return $true }
        Unlock-PwMutex $JobLock
        return $false
    } finally {
        $JobLock.Dispose()
    }
}

function Set-JobClaim {
    if ($JobMine.controller -cnotmatch '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$') { Stop-Job 'guard' 'bad id of a controller' }
    $JobFence = [IO.Path]::Combine($JobRoot, 'fences', $JobMine.controller)
    $JobMost = ConvertTo-PwNumber (Read-PwText $JobFence).Trim()
    $JobClaim = Read-PwClaim $JobClaimFile
    $JobStages = Test-JobStages $JobMine.run
    if ($JobMine.fence -lt $JobMost -and -not $JobStages) {
        Stop-JobClaim ('a later run of this controller was here (fencing number ' + $JobMost + ', ours ' + $JobMine.fence + ')') $JobClaim
    }
    $JobWay = Test-JobGivesWay $JobClaim
    if ($JobClaim.controller -ne '' -and -not (Test-JobOurs $JobClaim)) {
        if ($JobWay) { Clear-JobStaging }
        if (Test-JobWorking) { Stop-JobClaim 'a job of another run works on this host' $JobClaim }
        $JobStands = (Get-PwNow) -lt $JobClaim.expires
        if ($JobStands -and -not (Test-JobDead $JobClaim) -and -not $JobWay) { Stop-JobClaim 'another run works on this host' $JobClaim }
    }
    if ((Test-JobOurs $JobClaim) -and -not (Test-JobNamed $JobClaim) -and (Get-PwNow) -lt $JobClaim.expires) {
        Stop-Job 'locked' ('this run works on this very machine under the name ' + $JobClaim.name + '; take one of the two out of the inventory')
    }
    if (-not $JobStages) { Save-PwText $JobFence ('' + $JobMine.fence + "`n") }
    Write-JobClaim
    Write-JobLine 'claim=set'
}

function Update-JobClaim {
    $JobClaim = Read-PwClaim $JobClaimFile
    if (-not (Test-JobMine $JobClaim)) { Stop-JobClaim 'the claim of this run is gone' $JobClaim }
    Write-JobClaim
    Write-JobLine 'claim=renewed'
}

function Clear-JobClaim {
    $JobClaim = Read-PwClaim $JobClaimFile
    if ($JobClaim.controller -ne '' -and -not (Test-JobMine $JobClaim) -and (Get-PwArg 'force') -ne 'yes') {
        Stop-JobClaim 'the claim is not of this run' $JobClaim
    }
    if (Test-JobWorking) { Stop-JobClaim 'a job still works on this host' $JobClaim }
    Remove-PwFile $JobClaimFile
    Write-JobLine 'claim=released'
    Clear-JobPoints
    Clear-JobOld
}

# Clear-JobPoints: of what runs have written down to go back to, keep the newest, and none that is too
# old. The files beside them are notes of shadow copies, which have an end of their own.
function Clear-JobPoints {
    $JobKeep = ConvertTo-PwNumber (Get-PwArg 'keep')
    $JobAge = ConvertTo-PwNumber (Get-PwArg 'expire')
    $JobPoints = [IO.Path]::Combine($JobRoot, 'points')
    $JobFound = Get-PwDirectory $JobPoints
    if ($JobKeep -eq 0 -or -not $JobFound.directory -or $JobFound.link -or -not (Test-PwTrusted $JobFound.owner)) { return }
    if (@($JobFound.others).Count -gt 0) { return }
    $JobCount = 0
    foreach ($JobPoint in (Get-PwNewest $JobPoints)) {
        $JobCount++
        if ($JobPoint.name -cnotmatch '^[A-Za-z0-9_-]+$' -or ($JobCount -le $JobKeep -and $JobPoint.minutes -le $JobAge)) { continue }
        try {
            Remove-PwDirectory ([IO.Path]::Combine($JobPoints, $JobPoint.name))
        } catch {
            Write-JobLine ('left=' + $JobPoint.name)
        }
    }
}

# Clear-JobOld: jobs that nobody has collected for 30 days, and that do not run.
function Clear-JobOld {
    $JobAll = [IO.Path]::Combine($JobRoot, 'jobs')
    foreach ($JobOld in @(Get-PwOlder $JobAll 30 'directory')) {
        $JobPath = [IO.Path]::Combine($JobAll, $JobOld)
        if (Test-PwHeld ([IO.Path]::Combine($JobPath, 'alive'))) { continue }
        try {
            Remove-PwTask $JobOld
            Remove-PwDirectory $JobPath
        } catch {
            Write-JobLine ('left=' + $JobOld)
        }
    }
}

function Write-JobHolder {
    $JobClaim = Read-PwClaim $JobClaimFile
    foreach ($JobField in 'controller', 'run', 'expires', 'fence', 'name') { Write-JobLine ('holder_' + $JobField + '=' + $JobClaim[$JobField]) }
    Write-JobLine ('holder_left=' + ($JobClaim.expires - (Get-PwNow)))
}
