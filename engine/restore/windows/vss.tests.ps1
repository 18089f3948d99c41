# vss.tests: tries vss.ps1 with shadow copies in memory. Any PowerShell: pwsh -File vss.tests.ps1
$TestBad = 0
$TestNotes = @{}
$TestShadows = @()
$TestCodes = @()
$TestMade = 0
$TestWaited = 0
$TestState = 12
$TestServer = 3
$TestStorage = @()
$TestHere = $PSScriptRoot
$TestGuid = '{11111111-2222-3333-4444-555555555555}'
$PwNonce = '00ff'
$PwArgs64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{"op":"none","tag":"patchwave-r1"}'))
foreach ($TestPart in 'prelude', 'boot', 'files') { . ([IO.Path]::Combine($TestHere, '..', '..', '..', 'connectors', 'powershell', $TestPart + '.ps1')) }
. ([IO.Path]::Combine($TestHere, '..', 'point.ps1'))
. ([IO.Path]::Combine($TestHere, 'common.ps1'))
function Write-PwRaw([string]$Text) { }
# there is no such operation: it stops after its functions are known
try { . ([IO.Path]::Combine($TestHere, 'vss.ps1')) } catch { $TestWaited = 0 }
# what is outside, in memory
function Get-PwBoot { return 'b1' }
function Get-PwNow { return [long]1000 }
function Wait-PwSeconds([int]$Seconds) { $script:TestWaited += $Seconds }
function Get-PwOs { return (New-Object PSObject -Property @{ ProductType = $script:TestServer; SystemDrive = 'C:' }) }
function Get-PwStartMode([string]$Service) { return 'Manual' }
function Get-PwVolume([string]$Drive) { return (New-Object PSObject -Property @{ DeviceID = 'V1'; FreeSpace = [uint64]9000000000 }) }
function Get-PwShadowStorage { return @($script:TestStorage) }
function Get-PwShadows { return @($script:TestShadows) }
function Read-PwNotes { return @($script:TestNotes.Values) }
function Write-PwNote([string]$Tag, [string]$Id, [int64]$Made) { $script:TestNotes[$Tag] = @{ tag = $Tag; id = $Id; made = $Made } }
function Remove-PwNote([string]$Tag) { $script:TestNotes.Remove($Tag) }
function Remove-PwShadow($Shadow) { $script:TestShadows = @($script:TestShadows | Where-Object { $_.ID -ne $Shadow.ID }) }
function New-TestShadow([string]$Id) { return (New-Object PSObject -Property @{ ID = $Id; State = $script:TestState; VolumeName = 'V1' }) }
function New-PwShadow([string]$Drive) {
    $script:TestMade++
    $TestCode = [int64]0
    if ($script:TestMade -le $script:TestCodes.Count) { $TestCode = [int64]$script:TestCodes[$script:TestMade - 1] }
    if ($TestCode -ne 0) { return @{ code = $TestCode; id = '' } }
    $script:TestShadows += New-TestShadow $script:TestGuid
    return @{ code = [int64]0; id = $script:TestGuid }
}

# Test-Point NAME ID BLOCK WANT: the lines of the answer, or the error.
function Test-Point([string]$Name, [string]$Id, $Block, [string]$Want) {
    $script:RpId = $Id
    $script:RpLines.Clear()
    $script:TestMade = 0
    $script:TestWaited = 0
    $TestGot = ''
    try { & $Block } catch { $TestGot = 'error: ' + $_.Exception.Message }
    $TestGot = ($script:RpLines -join '|') + $TestGot
    if ($TestGot -cne $Want) {
        $script:TestBad++
        Write-Output ($Name + ': got "' + $TestGot + '", not "' + $Want + '"')
    }
}

Test-Point 'a server' '' { Invoke-RpDetect } 'possible=yes|free=9000000000|need=2147483648'
$TestStorage = @(New-Object PSObject -Property @{ Volume = (New-Object PSObject -Property @{ DeviceID = 'V1' }); MaxSpace = [uint64]2000000000; UsedSpace = [uint64]1500000000 })
Test-Point 'no room' '' { Invoke-RpDetect } 'possible=no|code=disk|why=less than 1 GiB of the shadow storage is left, and one more shadow copy would push out the oldest'
$TestStorage = @()
$TestShadows = @(1..63 | ForEach-Object { New-TestShadow ('{' + $_ + '}') })
Test-Point 'too many' '' { Invoke-RpDetect } 'possible=no|code=disk|why=there are 63 shadow copies of the volume, and one more would push out the oldest'
$TestShadows = @()
$TestServer = 1
Test-Point 'a client' '' { Invoke-RpDetect } 'possible=no|code=unsupported|why=shadow copies that last can be made on Windows Server only'

$TestCodes = @(9, 9)
Test-Point 'one after two others' '' { Invoke-RpCreate } ('state=whole|id=' + $TestGuid)
if ($TestMade -ne 3 -or $TestWaited -ne 20) { $TestBad++; Write-Output ('another one was not waited for: ' + $TestMade) }
$TestCodes = @()
Test-Point 'the same again' '' { Invoke-RpCreate } ('state=whole|id=' + $TestGuid)
if ($TestMade -ne 0 -or $TestShadows.Count -ne 1) { $TestBad++; Write-Output 'a shadow copy that is there was made again' }
Test-Point 'a list' '' { Invoke-RpList } ("point=patchwave-r1`t" + $TestGuid + "`t1000`t0")
Test-Point 'ours' $TestGuid { Invoke-RpCheck } ('identity=b1|id=' + $TestGuid + '|state=whole')
Test-Point 'the id of another' '{x}' { Invoke-RpCheck } 'identity=b1|state=absent|why=Windows does not have the shadow copy any more'
Test-Point 'to be removed without an id' '' { Invoke-RpRemove } 'state=absent'
Test-Point 'removed' $TestGuid { Invoke-RpRemove } 'state=removed'
if ($TestShadows.Count -ne 0 -or $TestNotes.Count -ne 0) { $TestBad++; Write-Output 'something of it is still there' }
$TestCodes = @(6)
Test-Point 'refused' '' { Invoke-RpCreate } 'native=6'
$TestCodes = @(9, 9, 9, 9, 9, 9)
Test-Point 'always another one' '' { Invoke-RpCreate } 'native=9'
$TestCodes = @()
$TestState = 5
Test-Point 'one that is not complete' '' { Invoke-RpCreate } 'state=unusable|code=exit|why=Windows reported success, and the shadow copy is not there or not complete'
Test-Point 'not complete later' $TestGuid { Invoke-RpCheck } ('identity=b1|id=' + $TestGuid + '|state=unusable|why=the shadow copy is in state 5')
$TestShadows = @()
Test-Point 'gone by itself' $TestGuid { Invoke-RpRemove } 'state=absent'
$TestGuid = 'no id'
Test-Point 'no id' '' { Invoke-RpCreate } 'error: Windows did not say the id of the shadow copy'

if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
