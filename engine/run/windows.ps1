# windows: what the scripts of this directory ask of Windows. Windows PowerShell 5.1, ASCII only.

# Test-PwKey KEY: there is such a key below HKEY_LOCAL_MACHINE.
function Test-PwKey([string]$Key) {
    return (Test-Path -LiteralPath ('Registry::HKEY_LOCAL_MACHINE\' + $Key))
}

# Get-PwValue KEY NAME: a value of a key, or nothing.
function Get-PwValue([string]$Key, [string]$Name) {
    $PwItem = Get-ItemProperty -LiteralPath ('Registry::HKEY_LOCAL_MACHINE\' + $Key) -ErrorAction SilentlyContinue
    if ($null -eq $PwItem) { return $null }
    $PwFound = $PwItem.PSObject.Properties[$Name]
    if ($null -eq $PwFound) { return $null }
    return $PwFound.Value
}

# Remove-PwKey KEY: a key that may not be there.
function Remove-PwKey([string]$Key) {
    if (Test-PwKey $Key) { Remove-Item -LiteralPath ('Registry::HKEY_LOCAL_MACHINE\' + $Key) -Recurse -Force }
}

# Get-PwSystemDrive: "C:".
function Get-PwSystemDrive { return [IO.Path]::GetPathRoot([Environment]::GetFolderPath('System')).TrimEnd('\') }

# Get-PwOut ANSWER NAME: what a method of CIM gave out; nothing if it gave nothing of that name.
function Get-PwOut($Answer, [string]$Name) {
    $PwFound = $Answer.PSObject.Properties[$Name]
    if ($null -eq $PwFound) { return $null }
    return $PwFound.Value
}

# Get-PwVolumeLock DRIVE: whether BitLocker protects a drive, and by which kinds of keys.
function Get-PwVolumeLock([string]$Drive) {
    $PwLock = @{ on = $false; kinds = @() }
    try {
        $PwVolumes = @(Get-CimInstance -Namespace 'root\CIMV2\Security\MicrosoftVolumeEncryption' -ClassName Win32_EncryptableVolume -Filter ("DriveLetter='" + $Drive + "'"))
    } catch {
        return $PwLock # there is no BitLocker on this machine
    }
    if ($PwVolumes.Count -eq 0) { return $PwLock }
    $PwLock.on = ((Get-PwOut (Invoke-CimMethod -InputObject $PwVolumes[0] -MethodName GetProtectionStatus) 'ProtectionStatus') -eq 1)
    foreach ($PwKind in 1, 2, 4, 5, 6, 8) {
        $PwKeys = Invoke-CimMethod -InputObject $PwVolumes[0] -MethodName GetKeyProtectors -Arguments @{ KeyProtectorType = [uint32]$PwKind }
        if (@(Get-PwOut $PwKeys 'VolumeKeyProtectorID' | Where-Object { $_ }).Count -gt 0) { $PwLock.kinds += $PwKind }
    }
    return $PwLock
}

# Get-WindowsLock: why the machine would not start without somebody in front of it; '' if it would. 1 is
# the TPM alone; 2 a key, 4 a PIN, 5 a startup key, 6 both, 8 words besides.
function Get-WindowsLock {
    $WindowsDrive = Get-PwSystemDrive
    $WindowsFound = Get-PwVolumeLock $WindowsDrive
    if (-not $WindowsFound.on -or @($WindowsFound.kinds) -contains 1 -or @($WindowsFound.kinds).Count -eq 0) { return '' }
    return ($WindowsDrive + ' would ask for a PIN or a key at start (BitLocker); suspend it for one reboot: Suspend-BitLocker -MountPoint ' + $WindowsDrive + ' -RebootCount 1')
}

# Get-WindowsServicing: what Windows is at, as WORD TAB TEXT: installing parts of itself, or rebooting.
function Get-WindowsServicing {
    $WindowsParts = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'
    $WindowsFound = @()
    if ((Get-PwValue ($WindowsParts + '\Interface') 'ServicingInProgress') -eq 2) {
        $WindowsFound += "servicing`tWindows is installing parts of itself (ServicingInProgress)"
    }
    if (Test-PwKey ($WindowsParts + '\RebootInProgress')) {
        $WindowsFound += "reboot`tWindows is in the middle of a reboot (RebootInProgress)"
    }
    return $WindowsFound
}
