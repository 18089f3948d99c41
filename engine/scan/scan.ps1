# scan: the facts of the host and what is pending, in one call; "facts": the facts only.

function Get-PwScanOs { return (Get-CimInstance -ClassName Win32_OperatingSystem -Property @('Version', 'Caption', 'ProductType', 'LastBootUpTime')) }

function Get-PwScanModel { return [string](Get-CimInstance -ClassName Win32_ComputerSystem -Property Model).Model }

function Get-PwScanDisks { return @(Get-CimInstance -ClassName Win32_LogicalDisk -Filter 'DriveType = 3' -Property @('DeviceID', 'Size', 'FreeSpace')) }

# Get-PwScanBuild: what the registry says of the system's version: three numbers, or $null.
function Get-PwScanBuild {
    return (Get-ItemProperty -LiteralPath 'Registry::HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion' -ErrorAction SilentlyContinue)
}

# Get-PwScanRebootFlag: whether the system itself says, in the plainest way, that it waits for a reboot.
function Get-PwScanRebootFlag {
    $found = @()
    $base = 'Registry::HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\'
    if (Test-Path -LiteralPath ($base + 'Component Based Servicing\RebootPending')) { $found += 'cbs:RebootPending' }
    if (Test-Path -LiteralPath ($base + 'WindowsUpdate\Auto Update\RebootRequired')) { $found += 'wu:RebootRequired' }
    return , $found
}

function Get-PwScanArch {
    $arch = [string]$env:PROCESSOR_ARCHITECTURE
    if ($arch -eq 'AMD64') { return 'x86_64' }
    if ($arch -eq 'ARM64') { return 'aarch64' }
    return $arch.ToLowerInvariant()
}

function Test-PwScanAdministrator {
    $who = New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
    return $who.IsInRole((New-Object Security.Principal.SecurityIdentifier 'S-1-5-32-544'))
}

function Get-PwScanNow { return [DateTime]::UtcNow }

function scan_seconds([DateTime]$At) { return [long][Math]::Floor(($At.ToUniversalTime().Ticks - 621355968000000000) / 10000000) }

# scan_version OS: 10.0.26100.1742, or what of it can be had.
function scan_version($Os) {
    $build = Get-PwScanBuild
    $ubr = $null
    if ($null -ne $build -and $null -ne $build.PSObject.Properties['UBR']) { $ubr = $build.UBR }
    if ($null -eq $ubr) { return [string]$Os.Version }
    return ([string]$Os.Version + '.' + [string]$ubr)
}

function scan_virtual([string]$Model) {
    foreach ($pair in @('Virtual Machine', 'microsoft'), @('VMware', 'vmware'), @('KVM', 'kvm'), @('VirtualBox', 'oracle'), @('Standard PC', 'qemu'), @('HVM domU', 'xen')) {
        if ($Model.IndexOf($pair[0], [StringComparison]::OrdinalIgnoreCase) -ge 0) { return $pair[1] }
    }
    return 'none'
}

function scan_facts($Os, [string]$Manager) {
    $now = Get-PwScanNow
    $boot = [DateTime]$Os.LastBootUpTime
    $uid = 1
    if (Test-PwScanAdministrator) { $uid = 0 }
    $lines = @(
        ('manager=' + $Manager)
        ('now=' + (scan_seconds $now))
        ('uid=' + $uid)
        ('kernel=' + [string]$Os.Version)
        ('arch=' + (Get-PwScanArch))
        ('boot_id=' + (Get-PwBootId))
        ('uptime=' + [Math]::Max([long]0, (scan_seconds $now) - (scan_seconds $boot)))
        'systemd=no'
        ('virtual=' + (scan_virtual (Get-PwScanModel)))
        ('build=' + (scan_version $Os))
        ('product_type=' + [string]$Os.ProductType)
        ('language_mode=' + [string]$ExecutionContext.SessionState.LanguageMode)
    )
    # the manager says it in words where there is one to ask
    $flag = Get-PwScanRebootFlag
    if ($flag.Count -gt 0 -and (Get-PwArg 'managers') -eq '') { $lines += 'reboot_flag=' + ($flag -join ' ') }
    return , $lines
}

function scan_release($Os) {
    $id = 'windows-server'
    if ([int]$Os.ProductType -eq 1) { $id = 'windows' }
    return , @(('ID=' + $id), 'ID_LIKE=windows', 'NAME="Microsoft Windows"', ('VERSION_ID=' + (scan_version $Os)), ('PRETTY_NAME="' + ([string]$Os.Caption).Trim().Replace('"', '') + '"'))
}

# scan_disks: as df -Pk prints it.
function scan_disks {
    $lines = @('Filesystem 1024-blocks Used Available Capacity Mounted on')
    foreach ($disk in Get-PwScanDisks) {
        $size = [Math]::Floor([double]$disk.Size / 1024)
        $free = [Math]::Floor([double]$disk.FreeSpace / 1024)
        if ($size -gt 0) {
            $lines += ('{0} {1:0} {2:0} {3:0} {4:0}% {0}\' -f [string]$disk.DeviceID, $size, ($size - $free), $free, [Math]::Ceiling(100 * ($size - $free) / $size))
        }
    }
    return , $lines
}

function scan_main {
    $manager = 'winupdate'
    $os = Get-PwScanOs
    Write-PwLines 'os-release' (scan_release $os)
    Write-PwLines 'facts' (scan_facts $os $manager)
    Write-PwLines 'df' (scan_disks)
    if ((Get-PwArg 'managers').Split(' ') -notcontains $manager) { return }
    & ($manager + '_facts')
    $age = & ($manager + '_index_age')
    $refresh = Get-PwArg 'refresh' 'auto'
    $online = $refresh -eq 'always'
    if ($refresh -eq 'auto') { $online = ($age -eq '') -or ([long]$age -gt [long](Get-PwArg 'max_age' '3600')) }
    if (-not (& ($manager + '_refresh') $online)) { return }
    Write-PwLines 'index' @('age=' + (& ($manager + '_index_age')))
    & ($manager + '_scan')
}

scan_main
