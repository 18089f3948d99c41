# health.tests: tries health.ps1 with a Windows in memory. Any PowerShell: pwsh -File health.tests.ps1
$TestBad = 0
$TestSaid = ''
$TestCim = @{}
$TestValues = @{}
$TestKeys = @()
$TestPackages = @()
$TestReadable = $true
$TestCrashes = @()
$TestErrors = @()
$TestClock = @()
$TestBoot = New-Object DateTime 2026, 11, 29, 9, 0, 0, ([DateTimeKind]::Local)
$PwNonce = '00ff'
$PwArgs64 = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('{}'))
. ([IO.Path]::Combine($PSScriptRoot, '..', '..', 'connectors', 'powershell', 'prelude.ps1'))
# what is outside, in memory
function Write-PwRaw([string]$Text) { $script:TestSaid += $Text }
function Get-PwBootId { return 'b1' }
# it looks once by itself, at whatever there is here, and only looks
try { . ([IO.Path]::Combine($PSScriptRoot, 'health.ps1')) } catch { $TestSaid = '' }
function Get-PwHealthCim([string]$Class, [string[]]$Properties, [string]$Namespace = 'root\cimv2', [string]$Filter = '') {
    if (-not $script:TestCim.ContainsKey($Class + $Filter)) { return @() }
    return @($script:TestCim[$Class + $Filter])
}
function Get-PwHealthValue([string]$Key, [string]$Name) { return $script:TestValues[($Key -split '\\')[-1] + '!' + $Name] }
function Test-PwHealthKey([string]$Key) { return ($script:TestKeys -contains $Key) }
function Get-PwHealthPackages {
    if (-not $script:TestReadable) { throw 'the packages cannot be read' }
    return @($script:TestPackages)
}
function Get-PwHealthCrashes($Since) {
    if ($Since -ne $script:TestBoot) { throw 'not since the boot' }
    return @($script:TestCrashes)
}
function Get-PwHealthErrors { return @($script:TestErrors) }
function Get-PwHealthClock { return @($script:TestClock) }

# New-TestRow VALUES: an object of CIM.
function New-TestRow($Values) { return (New-Object PSObject -Property $Values) }

# Test-Frame PARTS FRAME WANT: status and content of a frame, when these parts are asked for.
function Test-Frame([string]$Parts, [string]$Frame, [string]$Want) {
    $PwArg = @{ parts = $Parts }
    $script:TestSaid = ''
    Invoke-Health
    $TestFound = [regex]::Match($script:TestSaid, '(?s)@@00ff BEGIN ' + $Frame + "`n(.*?)`n@@00ff END " + $Frame + ' rc=([0-9]+)')
    $TestGot = $TestFound.Groups[2].Value + ' ' + $TestFound.Groups[1].Value
    if ($TestGot -cne $Want) {
        $script:TestBad++
        Write-Output ($Parts + ', ' + $Frame + ': got "' + $TestGot + '", not "' + $Want + '"')
    }
}

$TestCim.Win32_OperatingSystem = @(New-TestRow @{ LastBootUpTime = $TestBoot; LocalDateTime = $TestBoot.AddMinutes(90) })
$TestValues = @{ 'CurrentVersion!CurrentMajorVersionNumber' = 10; 'CurrentVersion!CurrentMinorVersionNumber' = 0
    'CurrentVersion!CurrentVersion' = '6.3'; 'CurrentVersion!CurrentBuildNumber' = '26100'; 'CurrentVersion!UBR' = 1742 }
Test-Frame 'services' 'basics' "0 boot_id=b1`nkernel=10.0.26100.1742`ninit=windows`nmanager=cbs`nuptime=5400"
Test-Frame '' 'services' ' '
if ([regex]::Matches($TestSaid, 'BEGIN').Count -ne 1) {
    $TestBad++
    Write-Output ('nothing was asked for: ' + $TestSaid)
}
Test-Frame 'kernel' 'kernels' '0 10.0.26100.1742'
$TestKeys = @($HealthCbs + '\PackagesPending')
Test-Frame 'kernel' 'kernels' "0 10.0.26100.1742`npending"
$TestValues = @{ 'CurrentVersion!CurrentVersion' = '6.3'; 'CurrentVersion!CurrentBuildNumber' = '9600' }
$TestKeys = @()
Test-Frame 'kernel' 'kernels' '0 6.3.9600.0'

# services; a field that is empty, and one with a tab
Test-Frame 'services' 'services' '0 '
$TestCim.Win32_Service = @(
    (New-TestRow @{ Name = 'Spooler'; DisplayName = 'Print Spooler'; State = 'Running'; StartMode = 'Auto'; ExitCode = 0; ProcessId = 7 })
    (New-TestRow @{ Name = 'cbdhsvc_1a'; DisplayName = "Clip`tboard"; State = 'Start Pending'; StartMode = 'Manual'; ExitCode = 1077; ProcessId = 0 })
)
$TestValues = @{ 'Spooler!DelayedAutostart' = 1; 'Spooler!Type' = 272; 'cbdhsvc_1a!Type' = 224 }
$TestKeys = @('SYSTEM\CurrentControlSet\Services\Spooler\TriggerInfo')
Test-Frame 'services' 'services' "0 Spooler`trunning`tauto`tdelayed,trigger`t0`t7`ncbdhsvc_1a`tstart_pending`tmanual`tuser`t1077`t0"
$TestValues = @{}
$TestKeys = @()
Test-Frame 'listeners' 'services' "0 Spooler`trunning`tauto`t-`t0`t7`ncbdhsvc_1a`tstart_pending`tmanual`t-`t1077`t0"
$TestMost = $HealthMost
$HealthMost = 1
Test-Frame 'services' 'services' "0 Spooler`trunning`tauto`t-`t0`t7`n@cut"
$HealthMost = $TestMost

# services that crashed, by the names that are shown
Test-Frame 'failed_units' 'failed_units' '0 '
$TestCrashes = @('Print Spooler', 'Print Spooler', 'Uninstalled Thing')
Test-Frame 'failed_units' 'failed_units' "0 Spooler`t2`nUninstalled Thing`t1"

# errors of the log: all, and those since the boot
Test-Frame 'event_errors' 'event_errors' '0 '
foreach ($TestWhen in $TestBoot.AddDays(-1), $TestBoot, $TestBoot.AddMinutes(5), $null) {
    $TestErrors += New-TestRow @{ Provider = 'Service Control Manager'; Id = 7031; Time = $TestWhen }
}
Test-Frame 'event_errors' 'event_errors' "0 Service Control Manager`t7031`t4`t2"

# listeners
Test-Frame 'listeners' 'range' '0 '
$TestCim.MSFT_NetTCPSetting = @(
    (New-TestRow @{ DynamicPortRangeStartPort = 0; DynamicPortRangeNumberOfPorts = 0 })
    (New-TestRow @{ DynamicPortRangeStartPort = 49152; DynamicPortRangeNumberOfPorts = 16384 })
    (New-TestRow @{ DynamicPortRangeStartPort = 1024; DynamicPortRangeNumberOfPorts = 5 })
)
Test-Frame 'listeners' 'range' '0 49152 65535'
$TestCim['MSFT_NetTCPConnectionState=2'] = @(New-TestRow @{ LocalAddress = '::'; LocalPort = 445; OwningProcess = 4; State = 2 })
$TestCim.MSFT_NetUDPEndpoint = @(New-TestRow @{ LocalAddress = '0.0.0.0'; LocalPort = 123; OwningProcess = 900 })
Test-Frame 'listeners' 'listeners' "0 tcp`t::`t445`t4`nudp`t0.0.0.0`t123`t900"

# volumes, routes
$TestCim.Win32_Volume = @(
    (New-TestRow @{ Name = 'C:\'; DriveType = 3; FileSystem = 'NTFS' })
    (New-TestRow @{ Name = 'D:\'; DriveType = 5; FileSystem = $null })
)
Test-Frame 'mounts' 'mounts' "0 C:\`t3`tNTFS`nD:\`t5`t-"
$TestCim.MSFT_NetRoute = @(New-TestRow @{ InterfaceAlias = 'Ether net'; DestinationPrefix = '0.0.0.0/0'; NextHop = '10.0.0.1' })
Test-Frame 'routes' 'routes' "0 Ether net`t0.0.0.0/0`t10.0.0.1"

# packages
Test-Frame 'broken_packages' 'broken_packages' '0 '
$TestPackages = @("Package_for_X`t0x30`t0x800f0922")
$TestKeys = @(($HealthCbs + '\RebootPending'), 'SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired')
Test-Frame 'broken_packages' 'broken_packages' "0 Package_for_X`t0x30`t0x800f0922`ncomponent-store`tpending`t-`nwindows-update`tpending`t-"
$TestReadable = $false
Test-Frame 'broken_packages' 'broken_packages' '1 the packages cannot be read'

# the clock, in any language; the words are not looked at
Test-Frame 'time' 'time' '0 '
$TestService = New-TestRow @{ State = 'Stopped'; StartMode = 'Manual' }
$TestCim["Win32_ServiceName='w32time'"] = @($TestService)
$TestClock = @('', 'Leap Indicator: 0(no warning)', 'Stratum: 3 (secondary reference)', 'ReferenceId: 0xC0A80001 (source IP:  192.168.0.1)')
Test-Frame 'time' 'time' "0 service=stopped`nstart=manual"
$TestService.State = 'Running'
Test-Frame 'time' 'time' "0 service=running`nstart=manual`nleap=0`nstratum=3`nreference=0xc0a80001"
$TestClock = @(('x' + [char]0xff1a + ' 3 (y)'), ('z' + [char]0xff1a + '0'))
Test-Frame 'time' 'time' "0 service=running`nstart=manual`nleap=3`nstratum=0"
$TestClock = @('The following error occurred: Access is denied. (0x80070005)')
Test-Frame 'time' 'time' "0 service=running`nstart=manual"

if ($TestBad -gt 0) { exit 1 }
Write-Output 'ok'
