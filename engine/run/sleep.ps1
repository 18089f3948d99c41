# sleep: the machine goes back to sleep, or off, a few seconds from now, so that this answer arrives
# first; not while a run works on it. common.ps1, program.ps1, windows.ps1 and
# shutdown.ps1 stand before it.
# Windows PowerShell 5.1, ASCII only.

# Start-PwHibernation: in three seconds, by a program that outlives this session.
function Start-PwHibernation {
    $PwSystem = [Environment]::GetFolderPath('System')
    $PwLine = '"' + $PwSystem + '\cmd.exe" /d /c "' + $PwSystem + '\ping.exe -n 4 127.0.0.1 & ' + $PwSystem + '\shutdown.exe /h"'
    return [int](Invoke-CimMethod -ClassName Win32_Process -MethodName Create -Arguments @{ CommandLine = $PwLine; CurrentDirectory = $PwSystem }).ReturnValue
}

# Test-SleepClaimed: a claim stands and has not expired.
function Test-SleepClaimed {
    $SleepClaim = Read-PwClaim ([IO.Path]::Combine((Get-PwArg 'root' (Get-PwRoot)), 'claim.json'))
    return ($SleepClaim.controller -ne '' -and $SleepClaim.expires -gt (Get-PwNow))
}

# Invoke-SleepAsk: returns an exit code and words.
function Invoke-SleepAsk {
    if (Test-SleepClaimed) { return @{ code = 75; text = 'another run works on this host' } }
    if ((Get-PwArg 'how') -ne 'asleep') {
        return (Invoke-PwShutdown @('/s', '/t', '3', '/f', '/d', 'p:0:0', '/c', 'patchwave: off again, as it was'))
    }
    if ((Get-PwValue 'SYSTEM\CurrentControlSet\Control\Power' 'HibernateEnabled') -ne 1) {
        return @{ code = 1; text = 'this host cannot be put back to sleep: hibernation is off (powercfg /hibernate on)' }
    }
    $SleepCode = Start-PwHibernation
    return @{ code = $SleepCode; text = '' }
}

function Write-SleepMain {
    $SleepSaid = Invoke-SleepAsk
    Write-PwText 'sleep' $SleepSaid.text (ConvertTo-PwStatus $SleepSaid.code)
}

Write-SleepMain
