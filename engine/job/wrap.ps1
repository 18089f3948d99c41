# wrap: what runs around one job's body, as a task of SYSTEM. The twin of wrap.sh. common.ps1 and
# program.ps1 stand before it. Windows PowerShell 5.1, ASCII only.
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WrapDir = $PSScriptRoot
$WrapRoot = [IO.Path]::GetDirectoryName([IO.Path]::GetDirectoryName($WrapDir))
# what is kept of what the body prints, in bytes
$WrapMost = 33554432

function Get-WrapFile([string]$Name) { return [IO.Path]::Combine($WrapDir, $Name) }

# Open-PwAlone PATH: the file, for as long as this process lives for itself alone; nothing if another
# has it. A scanner may hold a new file for a moment.
function Open-PwAlone([string]$Path) {
    for ($PwTry = 1; ; $PwTry++) {
        try {
            return (New-Object IO.FileStream -ArgumentList $Path, ([IO.FileMode]::OpenOrCreate), ([IO.FileAccess]::ReadWrite), ([IO.FileShare]::None))
        } catch [IO.IOException] {
            if ($PwTry -ge 20) { return $null }
            Start-Sleep -Milliseconds 100
        }
    }
}

# Open-PwLog PATH: for appending, while others read.
function Open-PwLog([string]$Path) {
    return (New-Object IO.FileStream -ArgumentList $Path, ([IO.FileMode]::Append), ([IO.FileAccess]::Write), ([IO.FileShare]'ReadWrite, Delete'), 1)
}

# Stop-WrapJob LOCK RC: the host's lock is given back first: whoever reads rc may go on.
function Stop-WrapJob($Lock, [int]$Rc) {
    if ($null -ne $Lock) {
        Unlock-PwMutex $Lock
        $Lock.Dispose()
    }
    # in its place: also where the disk is full by now
    Write-PwThrough (Get-WrapFile 'rc.tmp') ([Text.Encoding]::ASCII.GetBytes(('{0:d3}' -f $Rc) + "`n")) ([IO.FileMode]::OpenOrCreate)
    Move-PwFile (Get-WrapFile 'rc.tmp') (Get-WrapFile 'rc')
    return $Rc
}

# Enter-WrapHost: the host's lock; nothing if another job works.
function Enter-WrapHost {
    $WrapLock = Open-PwMutex 'Global\patchwave-job'
    if (Lock-PwMutex $WrapLock 60000) { return $WrapLock }
    $WrapLock.Dispose()
    return $null
}

# Test-WrapClaim: the claim is still that with which the job was started; a resume has a higher number.
# While it is renewed, there may be no file for a moment: one "no" is asked again.
function Test-WrapClaim {
    for ($WrapTry = 1; ; $WrapTry++) {
        if (Test-WrapClaimNow) { return $true }
        if ($WrapTry -ge 3) { return $false }
        Start-Sleep -Milliseconds 200
    }
}

function Test-WrapClaimNow {
    $WrapWas = Read-PwClaim (Get-WrapFile 'claim.json')
    $WrapIs = Read-PwClaim ([IO.Path]::Combine($WrapRoot, 'claim.json'))
    return ($WrapWas.controller -ne '' -and $WrapWas.controller -ceq $WrapIs.controller -and
        $WrapWas.run -ceq $WrapIs.run -and $WrapIs.fence -ge $WrapWas.fence)
}

# New-WrapSink LOG: writes to the log, and keeps no more than a bound. What cannot be written is lost:
# the body goes on.
function New-WrapSink($Log) {
    $WrapKept = @{ bytes = [long]0; full = $false; most = [long]$WrapMost; log = $Log }
    return {
        param($WrapBytes, $WrapCount)
        if ($WrapKept.full) { return }
        try {
            $WrapTake = [int][Math]::Min([long]$WrapCount, $WrapKept.most - $WrapKept.bytes)
            $WrapKept.log.Write($WrapBytes, 0, $WrapTake)
            $WrapKept.log.Flush()
            $WrapKept.bytes += $WrapTake
            if ($WrapTake -lt $WrapCount) {
                $WrapKept.full = $true
                $WrapNote = [Text.Encoding]::ASCII.GetBytes("`n[... what was printed from here on was not kept ...]`n")
                $WrapKept.log.Write($WrapNote, 0, $WrapNote.Length)
                $WrapKept.log.Flush()
            }
        } catch [IO.IOException] {
            $WrapKept.failed = $true
        }
    }.GetNewClosure()
}

function Invoke-WrapBody($Sink) {
    $WrapWords = @('-NoProfile', '-NonInteractive', '-OutputFormat', 'Text', '-ExecutionPolicy', 'Bypass', '-File', (Get-WrapFile 'body.ps1'))
    return Invoke-PwProgram (Get-PwPowerShell) (ConvertTo-PwCommandLine $WrapWords) @{} ([IO.Path]::GetPathRoot($WrapDir)) 0 $Sink
}

# Invoke-WrapLocked LOCK: the checks under the host's lock, then the body. Returns the status.
function Invoke-WrapLocked {
    if (-not (Test-WrapClaim)) { return 76 } # the claim was taken away meanwhile
    if ((Read-PwText (Get-WrapFile 'boot_id')).Trim() -cne (Get-PwBootId)) { return 77 }
    $WrapLog = Open-PwLog (Get-WrapFile 'out.log')
    try {
        $WrapSink = New-WrapSink $WrapLog
        try {
            return ConvertTo-PwStatus (Invoke-WrapBody $WrapSink)
        } catch {
            $WrapText = [Text.Encoding]::UTF8.GetBytes('the job could not be run: ' + $_.Exception.Message + "`n")
            & $WrapSink $WrapText $WrapText.Length
            return 70
        }
    } finally {
        $WrapLog.Dispose()
    }
}

function Invoke-WrapMain {
    $WrapAlive = Open-PwAlone (Get-WrapFile 'alive')
    if ($null -eq $WrapAlive) { return 71 } # another wrapper of this very job runs
    try {
        if ((Test-PwFile (Get-WrapFile 'rc')) -or (Test-PwFile (Get-WrapFile 'pid'))) { return 71 } # at most once
        Save-PwText (Get-WrapFile 'rc.tmp') "000`n" # the room for its outcome
        Save-PwText (Get-WrapFile 'pid') ('' + $PID)
        $WrapLock = Enter-WrapHost
        if ($null -eq $WrapLock) { return (Stop-WrapJob $null 75) }
        try {
            $WrapRc = Invoke-WrapLocked
        } catch {
            $WrapRc = 70
            $WrapWhy = [Text.Encoding]::UTF8.GetBytes('the job could not be run: ' + $_.Exception.Message + "`n")
            try { Write-PwThrough (Get-WrapFile 'out.log') $WrapWhy ([IO.FileMode]::Append) } catch { $WrapWhy = $null }
        }
        return (Stop-WrapJob $WrapLock $WrapRc)
    } finally {
        $WrapAlive.Dispose()
    }
}
