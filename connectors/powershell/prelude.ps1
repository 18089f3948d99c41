# prelude: what every script can use. Windows PowerShell 5.1, ASCII only.
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
$VerbosePreference = 'SilentlyContinue'
[Threading.Thread]::CurrentThread.CurrentCulture = [Globalization.CultureInfo]::InvariantCulture
[Threading.Thread]::CurrentThread.CurrentUICulture = [Globalization.CultureInfo]::InvariantCulture
$PwStatus = 0
$PwArg = @{}
$PwUtf8 = New-Object Text.UTF8Encoding $false
foreach ($PwPair in ($PwUtf8.GetString([Convert]::FromBase64String($PwArgs64)) | ConvertFrom-Json).PSObject.Properties) {
    $PwArg[$PwPair.Name] = ([string]$PwPair.Value).TrimEnd([char]10)
}

# Get-PwArg NAME [DEFAULT]: an argument, or the default where it is absent or empty.
function Get-PwArg([string]$Name, [string]$Default = '') {
    if ($PwArg.ContainsKey($Name) -and $PwArg[$Name] -ne '') { return $PwArg[$Name] }
    return $Default
}

# Write-PwRaw TEXT: text as UTF-8 to standard output, whatever the console's code page is.
# A test, and a job (whose output is a file), put their own in its place.
function Write-PwRaw([string]$Text) {
    if ($null -eq $script:PwOut) { $script:PwOut = [Console]::OpenStandardOutput() }
    $PwBytes = $PwUtf8.GetBytes($Text)
    $script:PwOut.Write($PwBytes, 0, $PwBytes.Length)
    $script:PwOut.Flush()
}
$script:PwOut = $null

# New-PwEnd NAME RC [LENGTH]: the end mark of a frame, which it counts. LENGTH is that of the content in
# bytes, where it is known: a piece that was lost on its way is missed. The line feed before the mark is
# not content.
function New-PwEnd([string]$Name, [int]$Rc, [long]$Length = -1) {
    $script:PwFrames++
    $PwMark = "`n@@" + $PwNonce + ' END ' + $Name + ' rc=' + ($Rc -band 255)
    if ($Length -ge 0) { $PwMark += ' len=' + $Length }
    return ($PwMark + "`n")
}
$script:PwFrames = 0

# Write-PwText NAME TEXT [RC]: a frame that holds TEXT.
function Write-PwText([string]$Name, [string]$Text, [int]$Rc = 0) {
    Write-PwRaw ('@@' + $PwNonce + ' BEGIN ' + $Name + "`n" + $Text + (New-PwEnd $Name $Rc $PwUtf8.GetByteCount($Text)))
}

# Write-PwLines NAME LINES [RC]: a frame of lines.
function Write-PwLines([string]$Name, $Lines, [int]$Rc = 0) {
    Write-PwText $Name ((@($Lines) | ForEach-Object { ([string]$_) -replace "[`r`n]", ' ' }) -join "`n") $Rc
}

# Wait-PwSeconds SECONDS: it does nothing for so long. A test puts its own in its place.
function Wait-PwSeconds([int]$Seconds) { Start-Sleep -Seconds $Seconds }

# ConvertTo-PwJson VALUE: one line of JSON.
function ConvertTo-PwJson($Value) {
    return ((ConvertTo-Json -InputObject $Value -Compress -Depth 8) -replace "[`r`n]", '')
}

# Write-PwJson NAME VALUE [RC]: a frame that holds one line of JSON.
function Write-PwJson([string]$Name, $Value, [int]$Rc = 0) {
    Write-PwText $Name (ConvertTo-PwJson $Value) $Rc
}

# Get-PwHresult ERROR: the HRESULT of the innermost exception as 0x8 hex digits.
function Get-PwHresult($Problem) {
    $PwInner = $Problem.Exception
    while ($null -ne $PwInner.InnerException) { $PwInner = $PwInner.InnerException }
    return ('0x{0:X8}' -f $PwInner.HResult)
}

# Write-PwError ERROR: frame "error".
function Write-PwError($Problem) {
    Write-PwJson 'error' @{
        message = [string]$Problem.Exception.Message
        hresult = (Get-PwHresult $Problem)
        line = [int]$Problem.InvocationInfo.ScriptLineNumber
        id = [string]$Problem.FullyQualifiedErrorId
    } 1
}
