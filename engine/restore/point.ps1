# point: what restore points on Windows and on Hyper-V share. Windows PowerShell 5.1, ASCII only.
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

# ConvertTo-RpSeconds TIME: seconds since 1970, UTC.
function ConvertTo-RpSeconds([DateTime]$Time) {
    $RpEpoch = New-Object DateTime 1970, 1, 1, 0, 0, 0, ([DateTimeKind]::Utc)
    return [long][Math]::Floor(($Time.ToUniversalTime() - $RpEpoch).TotalSeconds)
}
