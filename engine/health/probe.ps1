# probe: one question about the health of the host.

# Get-PwProbeService NAME: the state of a service and its exit code, or $null.
function Get-PwProbeService([string]$Name) {
    $filter = "Name='" + (($Name -replace '\\', '\\') -replace "'", "\'") + "'"
    $found = @(Get-CimInstance -ClassName Win32_Service -Property @('Name', 'State') -Filter $filter -OperationTimeoutSec 50)
    if ($found.Count -eq 0) { return $null }
    return ([string]$found[0].State).ToLowerInvariant() -replace ' ', '_'
}

# Test-PwProbePort PORT: does anybody listen on it, in either family.
function Test-PwProbePort([int]$Port) {
    foreach ($one in [Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties().GetActiveTcpListeners()) {
        if ($one.Port -eq $Port) { return $true }
    }
    return $false
}

# Get-PwProbeValue KEY NAME: a value of HKEY_LOCAL_MACHINE, or $null.
function Get-PwProbeValue([string]$Key, [string]$Name) {
    $item = Get-ItemProperty -LiteralPath ('Registry::HKEY_LOCAL_MACHINE\' + $Key) -ErrorAction SilentlyContinue
    if ($null -eq $item -or $null -eq $item.PSObject.Properties[$Name]) { return $null }
    return $item.$Name
}

# Test-PwProbeKey KEY: is there such a key.
function Test-PwProbeKey([string]$Key) { return (Test-Path -LiteralPath ('Registry::HKEY_LOCAL_MACHINE\' + $Key)) }

# Get-PwProbeUptime: seconds since the boot.
function Get-PwProbeUptime {
    $system = @(Get-CimInstance -ClassName Win32_OperatingSystem -Property @('LastBootUpTime', 'LocalDateTime') -OperationTimeoutSec 50)[0]
    return [long]($system.LocalDateTime - $system.LastBootUpTime).TotalSeconds
}

# New-PwProbeRequest URL: a request that goes to this address and to no other: no proxy, no redirect.
function New-PwProbeRequest([string]$Url) {
    # what 5.1 speaks by itself may be older than any server: 3072 is TLS 1.2
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor 3072
    $request = [Net.WebRequest]::Create($Url)
    if ($request -isnot [Net.HttpWebRequest]) { throw 'only http and https are asked' }
    $request.Proxy = $null
    $request.AllowAutoRedirect = $false
    $request.KeepAlive = $false
    $request.Timeout = 20000
    $request.ReadWriteTimeout = 20000
    $request.UserAgent = 'patchwave'
    return $request
}

# Get-PwProbeResponse REQUEST: the answer, also one that is an error of the page.
function Get-PwProbeResponse($Request) {
    try {
        return $Request.GetResponse()
    } catch {
        $inner = $_.Exception
        while ($null -ne $inner.InnerException -and $inner -isnot [Net.WebException]) { $inner = $inner.InnerException }
        if ($inner -is [Net.WebException] -and $null -ne $inner.Response) { return $inner.Response }
        throw $inner
    }
}

# Get-PwProbeShell: the PowerShell that runs what the configuration says.
function Get-PwProbeShell { return ([Environment]::GetFolderPath('System') + '\WindowsPowerShell\v1.0\powershell.exe') }

# Get-PwProbeDirectory: where programs start, and where a script of a probe may lie: nobody else can write there.
function Get-PwProbeDirectory { return ([Environment]::GetFolderPath('CommonApplicationData') + '\patchwave\scripts') }

$ProbeMost = 4000
$ProbePage = 1114112

# Write-ProbeAnswer RC TEXT: the frame.
function Write-ProbeAnswer([int]$Rc, [string]$Text) { Write-PwText 'probe' $Text $Rc }

# Get-ProbeService: 0 runs, 3 does not, 4 is not there; all others say nothing.
function Get-ProbeService {
    $state = Get-PwProbeService (Get-PwArg 'name')
    if ($null -eq $state) { return @(4, 'not there') }
    if ($state -eq 'running') { return @(0, $state) }
    if ($state -eq 'paused') { return @(8, $state) }
    return @(3, $state)
}

# Invoke-ProbeProgram PATH WORDS: runs it for at most 50 seconds; what it prints is cut, so that a chatty one still
# ends in an answer.
function Invoke-ProbeProgram([string]$Path, $Words) {
    if (-not (Test-PwBatchWords $Path $Words)) { return @(126, 'a batch file cannot be given such words: cmd.exe would read more in them') }
    $said = New-Object IO.MemoryStream
    $most = $ProbeMost
    $sink = {
        param($Bytes, [int]$Count)
        if ($said.Length -lt $most) { $said.Write($Bytes, 0, [Math]::Min($Count, $most - $said.Length)) }
    }.GetNewClosure()
    try {
        $rc = Invoke-PwProgram $Path (ConvertTo-PwCommandLine $Words) @{} (Get-PwProbeDirectory) 50 $sink
    } catch {
        return @(127, [string]$_.Exception.Message)
    }
    return @((ConvertTo-PwStatus $rc), $PwUtf8.GetString($said.ToArray()))
}

# Invoke-ProbeScript TEXT: a script of the configuration, in a PowerShell of its own.
function Invoke-ProbeScript([string]$Text) {
    $file = [IO.Path]::Combine((Get-PwProbeDirectory), 'probe-' + [Guid]::NewGuid().ToString('N') + '.ps1')
    # with a mark: without one 5.1 takes a file for text in the code page of the machine
    [IO.File]::WriteAllText($file, $Text, (New-Object Text.UTF8Encoding $true))
    try {
        return (Invoke-ProbeProgram (Get-PwProbeShell) @('-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', $file))
    } finally {
        [IO.File]::Delete($file)
    }
}

# Read-ProbePage RESPONSE: what a page says, so much of it as is looked at, within 20 seconds.
function Read-ProbePage($Response) {
    $stream = $Response.GetResponseStream()
    $said = New-Object IO.MemoryStream
    $buffer = New-Object byte[] 32768
    $clock = [Diagnostics.Stopwatch]::StartNew()
    while ($said.Length -lt $ProbePage) {
        $count = $stream.Read($buffer, 0, $buffer.Length)
        if ($count -le 0) { break }
        $said.Write($buffer, 0, [Math]::Min($count, $ProbePage - $said.Length))
        if ($clock.Elapsed.TotalSeconds -gt 20) { throw 'the page did not end within 20 seconds' }
    }
    return $PwUtf8.GetString($said.ToArray())
}

# Get-ProbePage: a page with its head, or what went wrong.
function Get-ProbePage {
    try {
        $response = Get-PwProbeResponse (New-PwProbeRequest (Get-PwArg 'url'))
        $code = [int]$response.StatusCode
        $page = Read-ProbePage $response
        $response.Close()
        return @(0, ('HTTP/1.1 {0:000}' -f $code + "`r`n`r`n" + $page))
    } catch {
        return @(1, [string]$_.Exception.Message)
    }
}

# Get-ProbeBoot: has the machine finished booting. The screen for logins comes last; a host that never shows one is
# waited for five minutes.
function Get-ProbeBoot {
    $cbs = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'
    if ([string](Get-PwProbeValue 'SYSTEM\Setup' 'SystemSetupInProgress') -eq '1') { return @(1, 'setup goes on') }
    if (Test-PwProbeKey ($cbs + '\RebootInProgress')) { return @(1, 'servicing goes on') }
    if ([string](Get-PwProbeValue ($cbs + '\Interface') 'ServicingInProgress') -eq '2') { return @(1, 'servicing goes on') }
    if (-not (Test-PwProbeKey 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked') -and (Get-PwProbeUptime) -lt 300) {
        return @(1, 'the screen for logins is not there yet')
    }
    return @(0, '')
}

function Invoke-Probe {
    switch (Get-PwArg 'kind') {
        'service' { $answer = Get-ProbeService }
        'tcp' { if (Test-PwProbePort ([int](Get-PwArg 'port'))) { $answer = @(0, '') } else { $answer = @(1, '') } }
        'command' { $answer = Invoke-ProbeScript (Get-PwArg 'run') }
        'program' {
            $words = @((Get-PwArg 'words').Split(' ') | ForEach-Object { Get-PwArg $_ })
            $answer = Invoke-ProbeProgram $words[0] @($words | Select-Object -Skip 1)
        }
        'http' { $answer = Get-ProbePage }
        'boot' { $answer = Get-ProbeBoot }
        default { return }
    }
    Write-ProbeAnswer $answer[0] $answer[1]
}

Invoke-Probe
