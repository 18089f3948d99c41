# health: what runs and stands on the host, of the parts that are asked for; the controller judges.

# Get-PwHealthCim CLASS PROPERTIES [NAMESPACE] [FILTER]: instances of a class of CIM.
function Get-PwHealthCim([string]$Class, [string[]]$Properties, [string]$Namespace = 'root\cimv2', [string]$Filter = '') {
    if ($Filter -ne '') {
        return @(Get-CimInstance -Namespace $Namespace -ClassName $Class -Property $Properties -Filter $Filter -OperationTimeoutSec 50)
    }
    return @(Get-CimInstance -Namespace $Namespace -ClassName $Class -Property $Properties -OperationTimeoutSec 50)
}

# Get-PwHealthValue KEY NAME: a value of HKEY_LOCAL_MACHINE, or $null.
function Get-PwHealthValue([string]$Key, [string]$Name) {
    $item = Get-ItemProperty -LiteralPath ('Registry::HKEY_LOCAL_MACHINE\' + $Key) -ErrorAction SilentlyContinue
    if ($null -eq $item -or $null -eq $item.PSObject.Properties[$Name]) { return $null }
    return $item.$Name
}

# Test-PwHealthKey KEY: is there such a key.
function Test-PwHealthKey([string]$Key) { return (Test-Path -LiteralPath ('Registry::HKEY_LOCAL_MACHINE\' + $Key)) }

# Get-PwHealthPackages: NAME, STATE, ERROR of all packages of CBS. .NET: there are thousands.
function Get-PwHealthPackages {
    $rows = @()
    $key = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($HealthCbs + '\Packages')
    if ($null -eq $key) { throw 'the packages of the component store cannot be read' }
    foreach ($name in $key.GetSubKeyNames()) {
        $one = $key.OpenSubKey($name)
        if ($null -eq $one) { continue }
        $state = [int]$one.GetValue('CurrentState', 0)
        if ($HealthSettled -notcontains $state) {
            $rows += ("{0}`t0x{1:x}`t0x{2:x8}" -f $name, $state, [int]$one.GetValue('LastError', 0))
        }
        $one.Close()
    }
    $key.Close()
    return $rows
}

# Get-PwHealthCrashes SINCE: names, as they are shown, of services that ended without being told to.
function Get-PwHealthCrashes($Since) {
    try {
        $events = Get-WinEvent -FilterHashtable @{ LogName = 'System'; ProviderName = 'Service Control Manager'; Id = 7031, 7034; StartTime = $Since } -MaxEvents 1000
    } catch {
        if ($_.FullyQualifiedErrorId -like 'NoMatchingEventsFound*') { return @() }
        throw
    }
    return @($events | ForEach-Object { [string]$_.Properties[0].Value })
}

# Get-PwHealthErrors: Provider, Id and Time of the critical events and errors of the System log, newest first. Not by
# Get-WinEvent: it looks up the words of each event, too.
function Get-PwHealthErrors {
    $query = New-Object System.Diagnostics.Eventing.Reader.EventLogQuery('System', [System.Diagnostics.Eventing.Reader.PathType]::LogName, '*[System[(Level=1 or Level=2)]]')
    $query.ReverseDirection = $true
    $reader = New-Object System.Diagnostics.Eventing.Reader.EventLogReader($query)
    try {
        for ($i = 0; $i -lt $HealthEvents; $i++) {
            $one = $reader.ReadEvent()
            if ($null -eq $one) { break }
            New-Object psobject -Property @{ Provider = [string]$one.ProviderName; Id = [int]$one.Id; Time = $one.TimeCreated }
            $one.Dispose()
        }
    } finally {
        $reader.Dispose()
    }
}

# Get-PwHealthClock: what the time service says of itself. Only numbers are read of it: the words are translated.
function Get-PwHealthClock {
    $ErrorActionPreference = 'Continue'
    return @(& ([Environment]::GetFolderPath('System') + '\w32tm.exe') /query /status 2>$null)
}

$HealthCbs = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'
$HealthMost = 20000
$HealthEvents = 5000
# absent, resolved, staged, superseded, installed, permanent
$HealthSettled = 0, 0x20, 0x40, 0x50, 0x70, 0x80

# Get-HealthField VALUE: a field of a line: never empty, and without a tab.
function Get-HealthField($Value) {
    $text = ([string]$Value) -replace '[\t\r\n]', ' '
    if ($text -eq '') { return '-' }
    return $text
}

# Join-HealthRow FIELDS: a line.
function Join-HealthRow($Fields) { return (@($Fields | ForEach-Object { Get-HealthField $_ }) -join "`t") }

# Write-HealthFrame NAME BLOCK: the lines of a part, at most so many. What cannot be told is told by the status.
function Write-HealthFrame([string]$Name, $Block) {
    try {
        $rows = @(& $Block)
    } catch {
        Write-PwLines $Name @([string]$_.Exception.Message) 1
        return
    }
    if ($rows.Count -gt $HealthMost) { $rows = @($rows[0..($HealthMost - 1)]) + '@cut' }
    Write-PwLines $Name $rows
}

# Test-HealthAsks PART: is it wanted.
function Test-HealthAsks([string[]]$Parts) {
    $asked = (Get-PwArg 'parts').Split(' ')
    foreach ($part in $Parts) { if ($asked -contains $part) { return $true } }
    return $false
}

# Get-HealthKernel: the build with its revision, as "10.0.26100.1742".
function Get-HealthKernel {
    $key = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $major = Get-PwHealthValue $key 'CurrentMajorVersionNumber'
    $minor = Get-PwHealthValue $key 'CurrentMinorVersionNumber'
    $version = Get-PwHealthValue $key 'CurrentVersion'
    if ($null -ne $major -and $null -ne $minor) { $version = [string]$major + '.' + [string]$minor }
    $revision = Get-PwHealthValue $key 'UBR'
    if ($null -eq $revision) { $revision = 0 }
    return ([string]$version + '.' + [string](Get-PwHealthValue $key 'CurrentBuildNumber') + '.' + [string]$revision)
}

function Get-HealthBasics($System) {
    'boot_id=' + (Get-PwBootId)
    'kernel=' + (Get-HealthKernel)
    'init=windows'
    'manager=cbs'
    'uptime=' + [string][long]($System.LocalDateTime - $System.LastBootUpTime).TotalSeconds
}

# Get-HealthServices: NAME STATE START FLAGS EXIT PID.
function Get-HealthServices {
    foreach ($service in (Get-PwHealthCim 'Win32_Service' @('Name', 'State', 'StartMode', 'ExitCode', 'ProcessId'))) {
        $flags = @()
        if ([string](Get-PwHealthValue ('SYSTEM\CurrentControlSet\Services\' + $service.Name) 'DelayedAutostart') -eq '1') { $flags += 'delayed' }
        if (Test-PwHealthKey ('SYSTEM\CurrentControlSet\Services\' + $service.Name + '\TriggerInfo')) { $flags += 'trigger' }
        $type = Get-PwHealthValue ('SYSTEM\CurrentControlSet\Services\' + $service.Name) 'Type'
        if ($null -ne $type -and ([int]$type -band 0x40) -ne 0) { $flags += 'user' }
        $state = ([string]$service.State).ToLowerInvariant() -replace ' ', '_'
        Join-HealthRow @($service.Name, $state, ([string]$service.StartMode).ToLowerInvariant(), ($flags -join ','), $service.ExitCode, $service.ProcessId)
    }
}

# Get-HealthFailed SINCE: NAME COUNT of services that crashed.
function Get-HealthFailed($Since) {
    $names = @{}
    foreach ($service in (Get-PwHealthCim 'Win32_Service' @('Name', 'DisplayName'))) { $names[[string]$service.DisplayName] = [string]$service.Name }
    foreach ($group in @(Get-PwHealthCrashes $Since | Group-Object)) {
        $name = [string]$group.Name
        if ($names.ContainsKey($name)) { $name = $names[$name] }
        Join-HealthRow @($name, $group.Count)
    }
}

# Get-HealthErrors SINCE: PROVIDER ID COUNT COUNT of errors in the log: of all, and of those since then.
function Get-HealthErrors($Since) {
    $all = @{}
    $late = @{}
    foreach ($one in @(Get-PwHealthErrors)) {
        $key = [string]$one.Id + ' ' + [string]$one.Provider
        $all[$key] = 1 + [int]$all[$key]
        if ($null -ne $one.Time -and $one.Time -ge $Since) { $late[$key] = 1 + [int]$late[$key] }
    }
    foreach ($key in @($all.Keys)) {
        $id, $provider = $key.Split([char[]]' ', 2)
        Join-HealthRow @($provider, $id, $all[$key], [int]$late[$key])
    }
}

# Get-HealthListeners: PROTOCOL ADDRESS PORT PID.
function Get-HealthListeners {
    foreach ($one in (Get-PwHealthCim 'MSFT_NetTCPConnection' @('LocalAddress', 'LocalPort', 'OwningProcess', 'State') 'root\StandardCimv2' 'State=2')) {
        Join-HealthRow @('tcp', $one.LocalAddress, $one.LocalPort, $one.OwningProcess)
    }
    foreach ($one in (Get-PwHealthCim 'MSFT_NetUDPEndpoint' @('LocalAddress', 'LocalPort', 'OwningProcess') 'root\StandardCimv2')) {
        Join-HealthRow @('udp', $one.LocalAddress, $one.LocalPort, $one.OwningProcess)
    }
}

# Get-HealthRange: FIRST LAST of the ports from which Windows picks.
function Get-HealthRange {
    foreach ($one in (Get-PwHealthCim 'MSFT_NetTCPSetting' @('DynamicPortRangeStartPort', 'DynamicPortRangeNumberOfPorts') 'root\StandardCimv2')) {
        $first = [int]$one.DynamicPortRangeStartPort
        $count = [int]$one.DynamicPortRangeNumberOfPorts
        if ($first -gt 0 -and $count -gt 0) { return ([string]$first + ' ' + [string]($first + $count - 1)) }
    }
}

function Get-HealthMounts {
    foreach ($one in (Get-PwHealthCim 'Win32_Volume' @('Name', 'DriveType', 'FileSystem'))) { Join-HealthRow @($one.Name, $one.DriveType, $one.FileSystem) }
}

# Test-HealthPending: does servicing wait for a reboot.
function Test-HealthPending { return ((Test-PwHealthKey ($HealthCbs + '\RebootPending')) -or (Test-PwHealthKey ($HealthCbs + '\PackagesPending'))) }

function Get-HealthBroken {
    Get-PwHealthPackages
    if (Test-HealthPending) { Join-HealthRow @('component-store', 'pending', '-') }
    if (Test-PwHealthKey 'SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired') { Join-HealthRow @('windows-update', 'pending', '-') }
}

function Get-HealthKernels {
    Get-HealthKernel
    if (Test-HealthPending) { 'pending' }
}

function Get-HealthRoutes {
    foreach ($one in (Get-PwHealthCim 'MSFT_NetRoute' @('InterfaceAlias', 'DestinationPrefix', 'NextHop') 'root\StandardCimv2')) {
        Join-HealthRow @($one.InterfaceAlias, $one.DestinationPrefix, $one.NextHop)
    }
}

# Get-HealthTime: the numbers of the first lines of w32tm, which stand in the same order in all languages.
function Get-HealthTime {
    foreach ($service in (Get-PwHealthCim 'Win32_Service' @('State', 'StartMode') 'root\cimv2' "Name='w32time'")) {
        'service=' + ([string]$service.State).ToLowerInvariant()
        'start=' + ([string]$service.StartMode).ToLowerInvariant()
        if ([string]$service.State -ne 'Running') { return }
    }
    $said = @(Get-PwHealthClock | Where-Object { ([string]$_).Trim() -ne '' })
    if ($said.Count -gt 1 -and [string]$said[0] -match '[:\uff1a]\s*(\d)\s*\(') { 'leap=' + $Matches[1] } else { return }
    if ([string]$said[1] -match '[:\uff1a]\s*(\d+)') { 'stratum=' + $Matches[1] }
    foreach ($line in $said) { if ([string]$line -match '[:\uff1a]\s*(0x[0-9A-Fa-f]{8})\b') { 'reference=' + $Matches[1].ToLowerInvariant() } }
}

function Invoke-Health {
    $system = @(Get-PwHealthCim 'Win32_OperatingSystem' @('LastBootUpTime', 'LocalDateTime'))[0]
    Write-HealthFrame 'basics' { Get-HealthBasics $system }
    if (Test-HealthAsks 'services', 'failed_units', 'listeners') { Write-HealthFrame 'services' { Get-HealthServices } }
    if (Test-HealthAsks 'failed_units') { Write-HealthFrame 'failed_units' { Get-HealthFailed $system.LastBootUpTime } }
    if (Test-HealthAsks 'listeners') {
        Write-HealthFrame 'range' { Get-HealthRange }
        Write-HealthFrame 'listeners' { Get-HealthListeners }
    }
    if (Test-HealthAsks 'mounts') { Write-HealthFrame 'mounts' { Get-HealthMounts } }
    if (Test-HealthAsks 'broken_packages') { Write-HealthFrame 'broken_packages' { Get-HealthBroken } }
    if (Test-HealthAsks 'kernel') { Write-HealthFrame 'kernels' { Get-HealthKernels } }
    if (Test-HealthAsks 'routes') { Write-HealthFrame 'routes' { Get-HealthRoutes } }
    if (Test-HealthAsks 'event_errors') { Write-HealthFrame 'event_errors' { Get-HealthErrors $system.LastBootUpTime } }
    if (Test-HealthAsks 'time') { Write-HealthFrame 'time' { Get-HealthTime } }
}

Invoke-Health
