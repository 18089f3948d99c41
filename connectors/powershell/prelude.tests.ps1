# prelude.tests: tries prelude.ps1 with its output in memory. Any PowerShell: pwsh -File prelude.tests.ps1
$TestBad = 0
$TestSaid = ''
$PwNonce = '00ff'
$PwArgs64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{"name":"value","lines":"a\nb\n\n","empty":"","umlaut":"\u00e4","number":"7"}'))
. ([IO.Path]::Combine($PSScriptRoot, 'prelude.ps1'))
# what is outside, in memory
function Write-PwRaw([string]$Text) { $script:TestSaid += $Text }

# Test-Is NAME GOT WANT: they are the same text.
function Test-Is([string]$Name, [string]$Got, [string]$Want) {
    if ($Got -cne $Want) {
        $script:TestBad++
        Write-Output ($Name + ': got "' + $Got + '", not "' + $Want + '"')
    }
}

# Test-Said NAME WANT: it was said since the last time.
function Test-Said([string]$Name, [string]$Want) {
    Test-Is $Name $script:TestSaid $Want
    $script:TestSaid = ''
}

Test-Is 'an argument' (Get-PwArg 'name') 'value'
Test-Is 'the line feeds at its end' (Get-PwArg 'lines') "a`nb"
Test-Is 'an argument that is empty' (Get-PwArg 'empty' 'other') 'other'
Test-Is 'an argument that is absent' (Get-PwArg 'absent' 'other') 'other'
Test-Is 'no default' (Get-PwArg 'absent') ''

Write-PwText 'a' 'hello' 3
Test-Said 'a frame' "@@00ff BEGIN a`nhello`n@@00ff END a rc=3 len=5`n"
Write-PwText 'a' ''
Test-Said 'an empty frame' "@@00ff BEGIN a`n`n@@00ff END a rc=0 len=0`n"
Write-PwText 'a' (Get-PwArg 'umlaut')
Test-Said 'a length in bytes' ("@@00ff BEGIN a`n" + [char]0xe4 + "`n@@00ff END a rc=0 len=2`n")
Write-PwText 'a' ([string][char]0xd800)
if (-not $TestSaid.EndsWith("`n@@00ff END a rc=0 len=3`n")) { Test-Is 'half a character' $TestSaid 'three bytes' }
$TestSaid = ''
Write-PwText 'a' '' 256
Test-Said 'a status of more than a byte' "@@00ff BEGIN a`n`n@@00ff END a rc=0 len=0`n"
Write-PwLines 'l' @("x`r`ny", '', 7)
Test-Said 'lines' "@@00ff BEGIN l`nx  y`n`n7`n@@00ff END l rc=0 len=7`n"
Write-PwLines 'l' 'one'
Test-Said 'one line' "@@00ff BEGIN l`none`n@@00ff END l rc=0 len=3`n"
Write-PwJson 'j' @{ a = @('x') }
Test-Said 'json' "@@00ff BEGIN j`n{`"a`":[`"x`"]}`n@@00ff END j rc=0 len=11`n"
Test-Is 'an end without a length' (New-PwEnd 'e' 1) "`n@@00ff END e rc=1`n"
Test-Is 'the number of frames' ([string]$PwFrames) '9'

try { throw 'it went wrong' } catch { Write-PwError $_ }
foreach ($TestPart in '"message":"it went wrong"', '"hresult":"0x', "`n@@00ff END error rc=1 len=") {
    if (-not $TestSaid.Contains($TestPart)) {
        $TestBad++
        Write-Output ('the error does not say ' + $TestPart + ': ' + $TestSaid)
    }
}
if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
