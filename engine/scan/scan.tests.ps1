# scan.tests: tries scan.ps1 with a Windows and a manager in memory. Any PowerShell: pwsh -File scan.tests.ps1
$TestBad = 0
$TestSaid = ''
$TestOs = New-Object PSObject -Property @{ Version = '10.0.26100'; Caption = ' Microsoft "Windows" Server 2025 '; ProductType = [uint32]3
    LastBootUpTime = (New-Object DateTime 2026, 11, 29, 9, 0, 0, ([DateTimeKind]::Utc)) }
$TestNow = New-Object DateTime 2026, 11, 29, 10, 30, 0, ([DateTimeKind]::Utc)
$TestBuild = New-Object PSObject -Property @{ CurrentBuild = '26100'; UBR = 1742 }
$TestModel = 'Virtual Machine'
$TestDisks = @()
$TestFlag = @()
$TestAdministrator = $true
$TestAge = ''
$TestWorks = $true
$TestAsked = @()
$PwNonce = '00ff'
$PwArgs64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{}'))
. ([IO.Path]::Combine($PSScriptRoot, '..', '..', 'connectors', 'powershell', 'prelude.ps1'))
# what is outside, in memory
function Write-PwRaw([string]$Text) { $script:TestSaid += $Text }
function Get-PwBootId { return 'b1' }
# it looks once by itself, at whatever there is here, and only looks
try { . ([IO.Path]::Combine($PSScriptRoot, 'scan.ps1')) } catch { $TestSaid = '' }
function Get-PwScanOs { return $script:TestOs }
function Get-PwScanModel { return $script:TestModel }
function Get-PwScanDisks { return @($script:TestDisks) }
function Get-PwScanBuild { return $script:TestBuild }
function Get-PwScanRebootFlag { return , $script:TestFlag }
function Get-PwScanArch { return 'x86_64' }
function Get-PwScanNow { return $script:TestNow }
function Test-PwScanAdministrator { return $script:TestAdministrator }
# the manager
function winupdate_facts { $script:TestAsked += 'facts' }
function winupdate_index_age { return $script:TestAge }
function winupdate_refresh([bool]$Online) {
    $script:TestAsked += ('refresh ' + [string]$Online)
    return $script:TestWorks
}
function winupdate_scan { $script:TestAsked += 'scan' }

# Test-Is NAME GOT WANT: they are the same text.
function Test-Is([string]$Name, [string]$Got, [string]$Want) {
    if ($Got -cne $Want) {
        $script:TestBad++
        Write-Output ($Name + ': got "' + $Got + '", not "' + $Want + '"')
    }
}

# Get-TestFrame FRAME: what stands in a frame, or a word where there is none.
function Get-TestFrame([string]$Frame) {
    $TestFound = [regex]::Match($script:TestSaid, '(?s)@@00ff BEGIN ' + $Frame + "`n(.*?)`n@@00ff END " + $Frame + ' rc=0 ')
    if (-not $TestFound.Success) { return 'no frame' }
    return $TestFound.Groups[1].Value
}

# Invoke-Test ARGS: scans once.
function Invoke-Test($Values) {
    $PwArg = $Values
    $script:TestSaid = ''
    $script:TestAsked = @()
    scan_main
}

# a server, without a manager
$TestFlag = @('cbs:RebootPending', 'wu:RebootRequired')
$TestDisks = @(
    (New-Object PSObject -Property @{ DeviceID = 'C:'; Size = [uint64]107374182400; FreeSpace = [uint64]26843545600 })
    (New-Object PSObject -Property @{ DeviceID = 'D:'; Size = $null; FreeSpace = $null })
    (New-Object PSObject -Property @{ DeviceID = 'E:'; Size = [uint64]10240; FreeSpace = [uint64]10239 })
)
Invoke-Test @{}
Test-Is 'what it is' (Get-TestFrame 'os-release') "ID=windows-server`nID_LIKE=windows`nNAME=`"Microsoft Windows`"`nVERSION_ID=10.0.26100.1742`nPRETTY_NAME=`"Microsoft Windows Server 2025`""
$TestWant = @('manager=winupdate', 'now=1795948200', 'uid=0', 'kernel=10.0.26100', 'arch=x86_64', 'boot_id=b1', 'uptime=5400', 'systemd=no',
    'virtual=microsoft', 'build=10.0.26100.1742', 'product_type=3', ('language_mode=' + [string]$ExecutionContext.SessionState.LanguageMode),
    'reboot_flag=cbs:RebootPending wu:RebootRequired')
Test-Is 'facts' (Get-TestFrame 'facts') ($TestWant -join "`n")
$TestWant = @('Filesystem 1024-blocks Used Available Capacity Mounted on', 'C: 104857600 78643200 26214400 75% C:\', 'E: 10 1 9 10% E:\')
Test-Is 'disks' (Get-TestFrame 'df') ($TestWant -join "`n")
Test-Is 'no manager is asked' ($TestAsked -join ',') ''
Test-Is 'no index' (Get-TestFrame 'index') 'no frame'

# a client of which the registry says less, and whose clock was set back behind its boot
$TestOs.ProductType = [uint32]1
$TestOs.Caption = $null
$TestNow = New-Object DateTime 2026, 11, 29, 8, 0, 0, ([DateTimeKind]::Utc)
$TestAdministrator = $false
$TestModel = 'OptiPlex 7000'
$TestFlag = @()
$TestDisks = @()
foreach ($TestBuild in $null, (New-Object PSObject -Property @{ CurrentBuild = '26100' })) {
    Invoke-Test @{}
    Test-Is 'a client' (Get-TestFrame 'os-release') "ID=windows`nID_LIKE=windows`nNAME=`"Microsoft Windows`"`nVERSION_ID=10.0.26100`nPRETTY_NAME=`"`""
}
foreach ($TestWant in 'uid=1', 'uptime=0', 'virtual=none', 'build=10.0.26100') {
    Test-Is $TestWant ([string](@((Get-TestFrame 'facts') -split "`n") -ccontains $TestWant)) 'True'
}
Test-Is 'no reboot' ([string](Get-TestFrame 'facts').Contains('reboot_flag')) 'False'
Test-Is 'no disk' (Get-TestFrame 'df') 'Filesystem 1024-blocks Used Available Capacity Mounted on'

# with a manager: the search goes online when it must, and its own reasons for a reboot stand alone
$TestFlag = @('cbs:RebootPending')
foreach ($TestCase in @('always', '5', 'True'), @('never', '', 'False'), @('auto', '', 'True'), @('auto', '3601', 'True'), @('auto', '3600', 'False')) {
    $TestAge = $TestCase[1]
    Invoke-Test @{ managers = 'other winupdate'; refresh = $TestCase[0] }
    Test-Is ($TestCase -join ' ') ($TestAsked -join ',') ('facts,refresh ' + $TestCase[2] + ',scan')
    Test-Is 'the age' (Get-TestFrame 'index') ('age=' + $TestCase[1])
}
Test-Is 'reasons are those of the manager' ([string](Get-TestFrame 'facts').Contains('reboot_flag')) 'False'
Invoke-Test @{ managers = 'winupdate'; refresh = 'auto'; max_age = '9999' }
Test-Is 'another age' ($TestAsked -join ',') 'facts,refresh False,scan'
$TestWorks = $false
Invoke-Test @{ managers = 'winupdate' }
Test-Is 'a search that fails' ($TestAsked -join ',') 'facts,refresh False'
Test-Is 'no index of it' (Get-TestFrame 'index') 'no frame'

foreach ($TestCase in @('Virtual Machine', 'microsoft'), @('VMware7,1', 'vmware'), @('Standard PC (Q35 + ICH9, 2009)', 'qemu'), @('hvm domu', 'xen'), @('PowerEdge R660', 'none'), @('', 'none')) {
    Test-Is ('model ' + $TestCase[0]) (scan_virtual $TestCase[0]) $TestCase[1]
}
Test-Is 'the epoch' ([string](scan_seconds (New-Object DateTime 1970, 1, 1, 0, 0, 0, ([DateTimeKind]::Utc)))) '0'

if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
