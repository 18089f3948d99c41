# winupdate.tests: the logic of the scripts against an update agent that is made up.
$ErrorActionPreference = 'Stop'
foreach ($name in 'boot', 'files') { . ([IO.Path]::Combine($PSScriptRoot, '..', '..', '..', 'connectors', 'powershell', $name + '.ps1')) }
foreach ($name in 'head', 'files', 'winupdate', 'choco', 'winget', 'registry', 'simulate') { . (Join-Path $PSScriptRoot ($name + '.ps1')) }

$winupdate_failed = 0

function Test-PwEqual([string]$What, $Want, $Got) {
    $left = ConvertTo-PwJson @{ value = $Want }
    $right = ConvertTo-PwJson @{ value = $Got }
    if ($left -cne $right) {
        $script:winupdate_failed++
        [Console]::Error.WriteLine($What + ': ' + $right + ', want ' + $left)
    }
}

function New-PwUpdate([string]$Id, [int]$Revision, [string]$Title) {
    return [pscustomobject]@{
        Identity = [pscustomobject]@{ UpdateID = $Id; RevisionNumber = $Revision }
        Title = $Title; KBArticleIDs = @('5044281'); Categories = @([pscustomobject]@{ CategoryID = 'x'; Type = 'Product' })
        InstallationBehavior = [pscustomobject]@{ RebootBehavior = 2; Impact = 0; CanRequestUserInput = $false }
        MaxDownloadSize = 5; LastDeploymentChangeTime = [datetime]'2026-11-10T18:00:00'; IsUninstallable = $true; EulaAccepted = $false
    }
}

function Wait-PwWu([int]$Seconds) { $script:winupdate_waited += $Seconds }
$winupdate_waited = 0

$id = 'A0000001-0000-4000-8000-000000000001'
$read = winupdate_read (New-PwUpdate $id 200 "Two`tlines")
Test-PwEqual 'id' $id.ToLowerInvariant() $read.id
Test-PwEqual 'title' 'Two lines' $read.title
Test-PwEqual 'one KB is a list' 1 $read.kb.Count
Test-PwEqual 'no CVE is a list' 0 $read.cve.Count
Test-PwEqual 'published' '2026-11-10T18:00:00Z' $read.published
Test-PwEqual 'terms' $false $read.eula
Test-PwEqual 'hollow' $null (winupdate_read ([pscustomobject]@{ Identity = $null }))
Test-PwEqual 'name by KB' 'KB5044281' (winupdate_name $id 'x' @('5044281'))
Test-PwEqual 'name by title' 'Contoso-Net-1.0' (winupdate_name $id 'Contoso - Net - (1.0)' @())
Test-PwEqual 'name of no letters' 'update-A0000001' (winupdate_name $id '---' @())
Test-PwEqual 'source' 'default' (winupdate_source 'x; y')

# a search that fails twice for a reason that passes
$winupdate_tries = 0
$searcher = New-Object psobject -Property @{ Online = $true; ServerSelection = 0; ServiceID = ''; IncludePotentiallySupersededUpdates = $false }
$searcher | Add-Member -MemberType ScriptMethod -Name Search -Value {
    $script:winupdate_tries++
    if ($script:winupdate_tries -lt 3) { throw (New-Object Runtime.InteropServices.COMException 'busy', -2145107934) }
    return [pscustomobject]@{ ResultCode = 3; Updates = @() }
}
$session = New-Object psobject
$session | Add-Member -MemberType ScriptMethod -Name CreateUpdateSearcher -Value { return $script:searcher }
$nowhere = @{ server = 0; service = ''; added = $false }
Test-PwEqual 'warnings are no failure' 3 (winupdate_search_again $session 'IsInstalled=0' $true $nowhere $false).code
Test-PwEqual 'tries' 3 $winupdate_tries
Test-PwEqual 'pauses' 60 $winupdate_waited

# a simulation, from the last result
$offers = @{ known = $true; updates = @{ ($id.ToLowerInvariant() + '.200') = [pscustomobject]@{ size = '5'; uninstallable = $true } }; packages = @{} }
$want = @{ name = 'KB5044281'; arch = ''; version = ($id.ToLowerInvariant() + '.200') }
$answer = winupdate_answer $offers @($want)
Test-PwEqual 'offered' $true $answer.ok
Test-PwEqual 'bytes' "DOWNLOAD`t5" $answer.lines[1]
$want.version = $id.ToLowerInvariant() + '.201'
Test-PwEqual 'another revision' $false (winupdate_answer $offers @($want)).ok

# a package of winget: the controller reads the table
$offers['winget'] = [pscustomobject]@{ list = 'x' }
$want = @{ name = 'Notepad++.Notepad++'; arch = ''; version = '8.7.1' }
Test-PwEqual 'winget' "WINGET`tNotepad++.Notepad++`t`t8.7.1" (winupdate_answer $offers @($want)).lines[0]
Test-PwEqual 'an Id' $false (winupdate_is_winget 'git')

# terms of a source are accepted where the policy says so, and by nothing else
$winupdate_words = @()
function Get-PwWinget { return $script:winupdate_program }
function Invoke-PwWinget([string]$File, [string[]]$Words, [int]$Seconds) {
    $script:winupdate_words += ($Words -join ' ')
    return @{ code = '0x00000000'; text = 'x' }
}
$winupdate_program = ''
Test-PwEqual 'no winget' $null (winupdate_winget_said $true $true)
$winupdate_program = 'C:\x\winget.exe'
$said = winupdate_winget_said $true $false
Test-PwEqual 'asked' 'list --source winget --scope machine --disable-interactivity,list --upgrade-available --source winget --scope machine --disable-interactivity' ($winupdate_words -join ',')
Test-PwEqual 'said' 'x0x00000000' ($said.upgrades + $said.upgrades_code)
$winupdate_words = @()
$said = winupdate_winget_said $false $true
Test-PwEqual 'with terms' 'list --source winget --scope machine --disable-interactivity --accept-source-agreements' ($winupdate_words -join ',')
Test-PwEqual 'no upgrades' '' $said.upgrades_code

# a catalogue in a file: a service of its own, for as long as it is asked
$winupdate_root = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'pwtest-' + [Guid]::NewGuid().ToString('N'))
$winupdate_asked = ''
$winupdate_removed = ''
function Get-PwRoot { return $script:winupdate_root }
function Protect-PwWuPrivate([string]$Path) { [void][IO.Directory]::CreateDirectory($Path) }
$services = New-Object psobject
$services | Add-Member -MemberType ScriptMethod -Name AddScanPackageService -Value {
    param($Name, $File, $Flags)
    $script:winupdate_asked = $Name + ', ' + [IO.Path]::GetFileName($File) + ', ' + $Flags
    return [pscustomobject]@{ ServiceID = 'S1' }
}
$services | Add-Member -MemberType ScriptMethod -Name RemoveService -Value {
    param($Id)
    $script:winupdate_removed = $Id
}
function New-PwWuServices { return $script:services }
$why = @()
foreach ($name in '..\x.cab', '', 'x.cab') {
    try { [void](winupdate_open 'offline' $name) } catch { $why += ([string]$_.Exception.Message).Substring(0, 24) }
}
Test-PwEqual 'no catalogue' 'the catalogue has no pla,the catalogue has no pla,the catalogue is not on ' ($why -join ',')
[IO.File]::WriteAllText([IO.Path]::Combine($winupdate_root, 'offline', 'x.cab'), 'x')
$where = winupdate_open 'offline' 'x.cab'
Test-PwEqual 'a catalogue' '3 S1 True patchwave offline, x.cab, 1' ([string]$where.server + ' ' + $where.service + ' ' + $where.added + ' ' + $winupdate_asked)
winupdate_close $where
Test-PwEqual 'it is given back' 'S1' $winupdate_removed
[IO.Directory]::Delete($winupdate_root, $true)
$where = winupdate_open 'wsus' ''
Test-PwEqual 'a server' '1  False' ([string]$where.server + ' ' + $where.service + ' ' + $where.added)

# reasons for a reboot
$winupdate_keys = @()
$winupdate_values = @{}
$winupdate_managed = $false
function Test-PwWuKey([string]$Key) { return ($script:winupdate_keys -contains ($Key -split '\\')[-1]) }
function Get-PwWuKeys([string]$Key) { return @($script:winupdate_keys | Where-Object { $_ -eq ($Key -split '\\')[-1] }).Count }
function Get-PwWuValue([string]$Key, [string]$Name) { return $script:winupdate_values[($Key -split '\\')[-1] + '!' + $Name] }
function Test-PwWuManaged { return $script:winupdate_managed }
Test-PwEqual 'no reason' '' ((winupdate_reboot) -join ',')
$winupdate_keys = @('RebootPending', 'PackagesPending', 'RebootRequired', 'PostRebootReporting', 'CurrentRebootAttempts')
$winupdate_values = @{ 'Interface!ServicingInProgress' = 2; 'ActiveComputerName!ComputerName' = 'OLD'; 'ComputerName!ComputerName' = 'NEW'
    'Netlogon!JoinDomain' = 1; 'Netlogon!AvoidSpnSet' = 1; 'Session Manager!PendingFileRenameOperations' = @('', '\??\C:\x') }
$winupdate_managed = $true
$want = "strong`tcbs:RebootPending,strong`tcbs:PackagesPending,strong`twu:RebootRequired,weak`tcbs:Busy,weak`twu:PostRebootReporting," +
"medium`tserver-manager,medium`trename,medium`tdomain-join,medium`tsccm,weak`tfile-rename"
Test-PwEqual 'every reason' $want ((winupdate_reboot) -join ',')

if ($winupdate_failed -gt 0) { exit 1 }
[Console]::Out.WriteLine('ok')
