# restore-point: what both kinds of Windows share. point.ps1 stands before it, the body of a kind follows.

function Get-PwOs { return (Get-CimInstance -ClassName Win32_OperatingSystem -Property @('ProductType', 'SystemDrive')) }
function Get-PwStartMode([string]$Service) {
    $RpService = Get-CimInstance -ClassName Win32_Service -Filter ("Name='" + $Service + "'") -Property StartMode
    if ($null -eq $RpService) { return 'Missing' }
    return [string]$RpService.StartMode
}
function Get-PwVolume([string]$Drive) { return (Get-CimInstance -ClassName Win32_Volume -Filter ("DriveLetter='" + $Drive + "'")) }
function Get-PwShadowStorage { return @(Get-CimInstance -ClassName Win32_ShadowStorage) }
function Get-PwShadows { return @(Get-CimInstance -ClassName Win32_ShadowCopy) }

# Get-RpStorage VOLUME: where the shadow copies of a volume are kept, or nothing.
function Get-RpStorage($Volume) {
    foreach ($RpOne in @(Get-PwShadowStorage)) {
        if ($RpOne.Volume.DeviceID -eq $Volume.DeviceID) { return $RpOne }
    }
    return $null
}

# Get-RpServiceFault: why shadow copies cannot be made, or ''.
function Get-RpServiceFault {
    foreach ($RpName in @('VSS', 'swprv')) {
        $RpMode = Get-PwStartMode $RpName
        if ($RpMode -eq 'Disabled' -or $RpMode -eq 'Missing') { return ('the service ' + $RpName + ' is ' + $RpMode.ToLowerInvariant()) }
    }
    return ''
}
