# mutex: locks of the whole machine. files.ps1 stands before it. Windows PowerShell 5.1, ASCII only.

# Open-PwMutex NAME: a mutex of SYSTEM and Administrators only. One that another has made is an error.
function Open-PwMutex([string]$Name) {
    $PwRights = New-Object Security.AccessControl.MutexSecurity
    $PwAdmins = New-Object Security.Principal.SecurityIdentifier 'S-1-5-32-544'
    $PwSystem = New-Object Security.Principal.SecurityIdentifier 'S-1-5-18'
    foreach ($PwSid in $PwAdmins, $PwSystem) {
        $PwRights.AddAccessRule((New-Object Security.AccessControl.MutexAccessRule $PwSid, 'FullControl', 'Allow'))
    }
    $PwRights.SetOwner($PwAdmins)
    $PwMade = $false
    try {
        $PwMutex = New-Object Threading.Mutex -ArgumentList $false, $Name, ([ref]$PwMade), $PwRights
    } catch [UnauthorizedAccessException] {
        throw ('pw-guard: the mutex ' + $Name + ' was made by somebody else')
    }
    if (-not $PwMade) {
        $PwOwner = $PwMutex.GetAccessControl().GetOwner([Security.Principal.SecurityIdentifier]).Value
        if (-not (Test-PwTrusted $PwOwner)) {
            $PwMutex.Dispose()
            throw ('pw-guard: the mutex ' + $Name + ' belongs to ' + $PwOwner)
        }
    }
    return $PwMutex
}

# Lock-PwMutex MUTEX MILLISECONDS: takes it; one whose holder has died is free.
function Lock-PwMutex($Mutex, [int]$Milliseconds) {
    try {
        return $Mutex.WaitOne($Milliseconds)
    } catch [Threading.AbandonedMutexException] {
        return $true
    }
}

# Unlock-PwMutex MUTEX: gives it back.
function Unlock-PwMutex($Mutex) {
    $Mutex.ReleaseMutex()
}
