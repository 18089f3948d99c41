# head: searches Windows Update as SYSTEM; started by the task \patchwave\scan.
# What prelude.ps1 gives a script, as far as it is needed here.
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
[Threading.Thread]::CurrentThread.CurrentCulture = [Globalization.CultureInfo]::InvariantCulture

function ConvertTo-PwJson($Value) {
    return ((ConvertTo-Json -InputObject $Value -Compress -Depth 8) -replace "[`r`n]", '')
}

function Get-PwHresult($Problem) {
    $inner = $Problem.Exception
    while ($null -ne $inner.InnerException) { $inner = $inner.InnerException }
    return ('0x{0:X8}' -f $inner.HResult)
}
