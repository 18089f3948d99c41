# restore-point: what both kinds of Windows share. The body of a kind follows.
$RpOp = Get-PwArg 'op'
$RpTag = Get-PwArg 'tag'
$RpId = Get-PwArg 'id'
$RpLines = New-Object Collections.ArrayList
$RpGiB = 1073741824

function Add-RpLine([string]$Key, $Value) {
    [void]$RpLines.Add($Key + '=' + (([string]$Value) -replace "[`r`n]", ' '))
}

# Add-RpNo CODE WHY: no point of this kind can be had here.
function Add-RpNo([string]$Code, [string]$Why) {
    Add-RpLine 'possible' 'no'
    Add-RpLine 'code' $Code
    Add-RpLine 'why' $Why
}

function Test-RpTag([string]$Text) { return ($Text -cmatch '^patchwave-[A-Za-z0-9_-]{1,30}$') }

function Get-PwOs { return (Get-CimInstance -ClassName Win32_OperatingSystem -Property @('ProductType', 'SystemDrive')) }
function Get-PwStartMode([string]$Service) {
    $RpService = Get-CimInstance -ClassName Win32_Service -Filter ("Name='" + $Service + "'") -Property StartMode
    if ($null -eq $RpService) { return 'Missing' }
    return [string]$RpService.StartMode
}
function Get-PwVolume([string]$Drive) { return (Get-CimInstance -ClassName Win32_Volume -Filter ("DriveLetter='" + $Drive + "'")) }
function Get-PwShadowStorage { return @(Get-CimInstance -ClassName Win32_ShadowStorage) }
function Get-PwShadows { return @(Get-CimInstance -ClassName Win32_ShadowCopy) }
function Wait-PwSeconds([int]$Seconds) { Start-Sleep -Seconds $Seconds }
function Get-PwNow { return [DateTime]::UtcNow }

# ConvertTo-RpSeconds TIME: seconds since 1970, UTC.
function ConvertTo-RpSeconds([DateTime]$Time) {
    $RpEpoch = New-Object DateTime 1970, 1, 1, 0, 0, 0, ([DateTimeKind]::Utc)
    return [long][Math]::Floor(($Time.ToUniversalTime() - $RpEpoch).TotalSeconds)
}

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
