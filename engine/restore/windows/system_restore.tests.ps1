# system_restore.tests: tries system_restore.ps1 with System Restore in memory. Any PowerShell: pwsh -File system_restore.tests.ps1
$TestBad = 0
$TestPoints = @()
$TestSettings = @{}
$TestMakes = $true
$TestReturn = [int64]0
$TestDone = @()
$TestBoot = 'b1'
$TestLast = [int64]1
$TestMode = 'Manual'
$TestServer = 1
$TestStorage = @()
$TestFree = [decimal]9000000000
$TestHere = $PSScriptRoot
$PwNonce = '00ff'
$PwArgs64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{"op":"remove","tag":"patchwave-r1"}'))
foreach ($TestPart in 'prelude', 'boot', 'files') { . ([IO.Path]::Combine($TestHere, '..', '..', '..', 'connectors', 'powershell', $TestPart + '.ps1')) }
. ([IO.Path]::Combine($TestHere, '..', 'point.ps1'))
. ([IO.Path]::Combine($TestHere, 'common.ps1'))
# what is outside, in memory
function Write-PwRaw([string]$Text) { }
. ([IO.Path]::Combine($TestHere, 'system_restore.ps1'))
function Get-PwBoot { return $script:TestBoot }
function Wait-PwSeconds([int]$Seconds) { $script:TestDone += 'wait' }
function Get-PwOs { return (New-Object PSObject -Property @{ ProductType = $script:TestServer; SystemDrive = 'C:' }) }
function Get-PwStartMode([string]$Service) { return $script:TestMode }
function Get-PwVolume([string]$Drive) { return (New-Object PSObject -Property @{ DeviceID = 'V1'; FreeSpace = $script:TestFree }) }
function Get-PwShadowStorage { return @($script:TestStorage) }
function Get-PwRestorePoints { return @($script:TestPoints) }
function Get-PwSetting([string]$Key, [string]$Name) { return $script:TestSettings[$Name] }
function Set-PwFrequency([int]$Minutes) { $script:TestSettings['SystemRestorePointCreationFrequency'] = $Minutes; $script:TestDone += 'set ' + $Minutes }
function Remove-PwFrequency { $script:TestSettings.Remove('SystemRestorePointCreationFrequency') }
function ConvertTo-PwTime([string]$Cim) { return [DateTime]::FromFileTimeUtc(133000000000000000) }
function Start-PwRestore([int]$Number) { $script:TestDone += 'restore ' + $Number }
function Get-PwLastRestoreStatus { return $script:TestLast }
function New-PwRestorePoint([string]$Description) {
    if ($script:TestMakes) { $script:TestPoints += New-TestPoint $Description (7 + $script:TestPoints.Count) }
    return $script:TestReturn
}
function New-TestPoint([string]$Description, [int]$Number) {
    return (New-Object PSObject -Property @{ Description = $Description; SequenceNumber = [uint32]$Number; CreationTime = 'x' })
}

# Test-Point NAME ID BLOCK WANT: the lines of the answer.
function Test-Point([string]$Name, [string]$Id, $Block, [string]$Want) {
    $script:RpId = $Id
    $script:RpLines.Clear()
    $script:TestDone = @()
    & $Block
    $TestGot = $script:RpLines -join '|'
    if ($TestGot -cne $Want) {
        $script:TestBad++
        Write-Output ($Name + ': got "' + $TestGot + '", not "' + $Want + '"')
    }
}

$TestOn = @{ RPSessionInterval = 1 }
$TestRoom = New-Object PSObject -Property @{ Volume = (New-Object PSObject -Property @{ DeviceID = 'V1' }); MaxSpace = [uint64]1000000000 }
Test-Point 'off' '' { Invoke-RpDetect } 'possible=no|code=unsupported|why=System Restore is off; turn it on with Enable-ComputerRestore -Drive C:\'
$TestSettings = $TestOn.Clone()
Test-Point 'no room' '' { Invoke-RpDetect } ('possible=no|code=disk|why=there is no shadow storage for C:; give it some: ' +
    'vssadmin resize shadowstorage /for=C: /on=C: /maxsize=10%')
$TestStorage = @($TestRoom)
Test-Point 'on' '' { Invoke-RpDetect } 'possible=yes|free=9000000000|need=1073741824'
$TestFree = [decimal]1000
Test-Point 'a full disk' '' { Invoke-RpDetect } 'possible=no|code=disk|why=less than 1 GiB is free on C:'
$TestMode = 'Disabled'
Test-Point 'a service' '' { Invoke-RpDetect } 'possible=no|code=unsupported|why=the service VSS is disabled'
$TestServer = 3
Test-Point 'a server' '' { Invoke-RpDetect } 'possible=no|code=unsupported|why=System Restore is not part of Windows Server'

Test-Point 'a point' '' { Invoke-RpCreate } 'state=whole|id=7'
if (($TestDone -join '|') -ne 'set 0' -or $null -ne $TestSettings['SystemRestorePointCreationFrequency']) { $TestBad++; Write-Output ('the frequency: ' + ($TestDone -join '|')) }
Test-Point 'the same again' '' { Invoke-RpCreate } 'state=whole|id=7'
if ($TestDone.Count -ne 0) { $TestBad++; Write-Output 'a point that is there was made again' }
$TestPoints = @()
$TestMakes = $false
$TestSettings['SystemRestorePointCreationFrequency'] = 1440
Test-Point 'one that Windows skips' '' { Invoke-RpCreate } 'state=unusable|code=exit|why=Windows reported success and made no restore point'
if ($TestDone.Count -ne 14 -or $TestSettings['SystemRestorePointCreationFrequency'] -ne 1440) {
    $TestBad++
    Write-Output ('it was not waited for, or the frequency has not come back: ' + $TestDone.Count)
}
$TestReturn = [int64]1058
Test-Point 'one that is refused' '' { Invoke-RpCreate } 'native=1058'

Test-Point 'no point' '7' { Invoke-RpCheck } 'identity=b1|state=absent|why=Windows does not have the restore point any more'
$TestPoints = @((New-TestPoint 'patchwave-r1' 8), (New-TestPoint 'by hand' 9))
Test-Point 'the number of another' '7' { Invoke-RpCheck } 'identity=b1|state=absent|why=Windows does not have the restore point any more'
Test-Point 'ours' '8' { Invoke-RpCheck } 'identity=b1|state=whole|id=8'
Test-Point 'a list' '' { Invoke-RpList } "point=patchwave-r1`t8`t1655526400`t0"
Test-Point 'back' '8' { Invoke-RpRollback } 'state=pending'
if (($TestDone -join '|') -ne 'restore 8') { $TestBad++; Write-Output ('back: ' + ($TestDone -join '|')) }
Test-Point 'back without a number' '' { Invoke-RpRollback } 'state=not-restored|why=Windows does not have the restore point any more'
$PwArg['before'] = 'b1'
Test-Point 'not yet' '8' { Invoke-RpProve } 'identity=b1|state=pending'
$TestBoot = 'b2'
Test-Point 'restored' '8' { Invoke-RpProve } 'identity=b2|state=restored'
$TestLast = [int64]2
Test-Point 'interrupted' '8' { Invoke-RpProve } 'identity=b2|state=not-restored|why=the restore was interrupted'
$TestLast = [int64]0
Test-Point 'failed' '8' { Invoke-RpProve } 'identity=b2|state=not-restored|why=Windows says that the restore failed'

if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
