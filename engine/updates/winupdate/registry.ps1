# registry: what the registry tells, in the session: reasons for a reboot, and the agent's policies.

# Test-PwWuManaged: whether the client of Configuration Manager waits for a reboot; false where there is none.
function Test-PwWuManaged {
    try {
        $answer = Invoke-CimMethod -Namespace 'root\ccm\ClientSDK' -ClassName CCM_ClientUtilities -MethodName DetermineIfRebootPending -OperationTimeoutSec 20
    } catch {
        return $false
    }
    return ([bool](Get-PwWuField $answer 'RebootPending' $false) -or [bool](Get-PwWuField $answer 'IsHardRebootPending' $false))
}

function Test-PwWuKey([string]$Key) { return (Test-Path -LiteralPath ('Registry::HKEY_LOCAL_MACHINE\' + $Key)) }

# Get-PwWuKeys KEY: how many keys are below it.
function Get-PwWuKeys([string]$Key) {
    return @(Get-ChildItem -LiteralPath ('Registry::HKEY_LOCAL_MACHINE\' + $Key) -ErrorAction SilentlyContinue).Count
}

# Get-PwWuValue KEY NAME: a value, or $null.
function Get-PwWuValue([string]$Key, [string]$Name) {
    $item = Get-ItemProperty -LiteralPath ('Registry::HKEY_LOCAL_MACHINE\' + $Key) -ErrorAction SilentlyContinue
    if ($null -ne $item -and $null -ne $item.PSObject.Properties[$Name]) { return $item.$Name }
    return $null
}

# winupdate_reboot: lines STRENGTH, REASON.
function winupdate_reboot {
    $servicing = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'
    $agent = 'SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate'
    $names = 'SYSTEM\CurrentControlSet\Control\ComputerName\'
    $lines = @()
    foreach ($key in 'RebootPending', 'RebootInProgress') {
        if (Test-PwWuKey ($servicing + '\' + $key)) { $lines += "strong`tcbs:" + $key }
    }
    if ((Get-PwWuKeys ($servicing + '\PackagesPending')) -gt 0) { $lines += "strong`tcbs:PackagesPending" }
    if (Test-PwWuKey ($agent + '\Auto Update\RebootRequired')) { $lines += "strong`twu:RebootRequired" }
    if ((ConvertTo-PwNumber (Get-PwWuValue ($servicing + '\Interface') 'ServicingInProgress')) -eq 2) { $lines += "weak`tcbs:Busy" }
    if ((Get-PwWuKeys ($agent + '\Services\Pending')) -gt 0) { $lines += "weak`twu:ServicesPending" }
    if (Test-PwWuKey ($agent + '\Auto Update\PostRebootReporting')) { $lines += "weak`twu:PostRebootReporting" }
    if (Test-PwWuKey 'SOFTWARE\Microsoft\ServerManager\CurrentRebootAttempts') { $lines += "medium`tserver-manager" }
    if ($null -ne (Get-PwWuValue 'SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce' 'DVDRebootSignal')) { $lines += "medium`tdvd" }
    if ((ConvertTo-PwNumber (Get-PwWuValue 'SOFTWARE\Microsoft\Updates' 'UpdateExeVolatile')) -ne 0) { $lines += "medium`tupdate-exe" }
    if ((Get-PwWuValue ($names + 'ActiveComputerName') 'ComputerName') -ne (Get-PwWuValue ($names + 'ComputerName') 'ComputerName')) { $lines += "medium`trename" }
    foreach ($value in 'JoinDomain', 'AvoidSpnSet') {
        if ($null -ne (Get-PwWuValue 'SYSTEM\CurrentControlSet\Services\Netlogon' $value) -and $lines -notcontains "medium`tdomain-join") { $lines += "medium`tdomain-join" }
    }
    if (Test-PwWuManaged) { $lines += "medium`tsccm" }
    $renames = @(Get-PwWuValue 'SYSTEM\CurrentControlSet\Control\Session Manager' 'PendingFileRenameOperations' | Where-Object { $_ })
    if ($renames.Count -gt 0) { $lines += "weak`tfile-rename" }
    return , $lines
}

# winupdate_policy: KEY=VALUE of what is set.
function winupdate_policy {
    $policy = 'SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate'
    $lines = @()
    foreach ($pair in @(
            @('wu_server', $policy, 'WUServer'), @('wu_status_server', $policy, 'WUStatusServer'), @('disable_access', $policy, 'DisableWindowsUpdateAccess'),
            @('no_internet', $policy, 'DoNotConnectToWindowsUpdateInternetLocations'), @('use_wu_server', ($policy + '\AU'), 'UseWUServer'),
            @('no_auto_update', ($policy + '\AU'), 'NoAutoUpdate'), @('au_options', ($policy + '\AU'), 'AUOptions'), @('service', 'SYSTEM\CurrentControlSet\Services\wuauserv', 'Start'))) {
        $value = Get-PwWuValue $pair[1] $pair[2]
        if ($null -ne $value) { $lines += $pair[0] + '=' + [string]$value }
    }
    return , $lines
}
