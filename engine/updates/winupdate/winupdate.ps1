# winupdate: the update agent. It answers SYSTEM alone; see the package comment.

function New-PwWuSession {
    $session = New-Object -ComObject Microsoft.Update.Session
    $session.ClientApplicationID = 'patchwave'
    return $session
}

function New-PwWuServices { return (New-Object -ComObject Microsoft.Update.ServiceManager) }

# New-PwWuCollection: a collection is not to be taken apart on its way.
function New-PwWuCollection { return , (New-Object -ComObject Microsoft.Update.UpdateColl) }

# Get-PwWuRebootRequired: what the agent itself says; $null if it does not.
function Get-PwWuRebootRequired {
    try { return [bool](New-Object -ComObject Microsoft.Update.SystemInfo).RebootRequired } catch { return $null }
}

# What a later try may mend: the network, a service on its way down, a server that is busy.
$winupdate_passing = '0x80072EE2', '0x80072EE7', '0x80072EFD', '0x80072EFE', '0x80072F8F', '0x8024402C', '0x80240438',
'0x8024401C', '0x80244022', '0x8024001E', '0x8024000B', '0x80244010', '0x80240009'

$winupdate_guid = '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$'
# an entry of the history may have no identity
$winupdate_entry = '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\.[0-9]+$'

# winupdate_open SOURCE CAB: how a searcher is to ask, and the service to be given back.
function winupdate_open([string]$Source, [string]$Cab) {
    if ($Source -eq 'wsus') { return @{ server = 1; service = ''; added = $false } }
    if ($Source -eq 'offline') {
        if ($Cab -cnotmatch '^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$') { throw 'the catalogue has no plain file name' }
        $file = Join-Path (Join-Path (Get-PwRoot) 'offline') $Cab
        Protect-PwWuPrivate (Join-Path (Get-PwRoot) 'offline')
        if (-not [IO.File]::Exists($file)) { throw ('the catalogue is not on the host; copy it to ' + $file) }
        $service = (New-PwWuServices).AddScanPackageService('patchwave offline', $file, 1)
        return @{ server = 3; service = [string]$service.ServiceID; added = $true }
    }
    if ($Source -eq 'microsoft') {
        $microsoft = '7971f918-a847-4430-9279-4a52d1efe18d'
        foreach ($service in (New-PwWuServices).Services) {
            if ([string]$service.ServiceID -eq $microsoft) { return @{ server = 3; service = $microsoft; added = $false } }
        }
        return @{ server = 2; service = ''; added = $false }
    }
    return @{ server = 0; service = ''; added = $false }
}

function winupdate_close($Where) {
    if (-not $Where.added) { return }
    try { [void](New-PwWuServices).RemoveService($Where.service) } catch { $Where.added = $false }
}

# winupdate_search: one search. The criteria are ours, never an operator's.
function winupdate_search($Session, [string]$Criteria, [bool]$Online, $Where, [bool]$Superseded) {
    $searcher = $Session.CreateUpdateSearcher()
    $searcher.Online = $Online
    $searcher.ServerSelection = [int]$Where.server
    if ($Where.service -ne '') { $searcher.ServiceID = $Where.service }
    $searcher.IncludePotentiallySupersededUpdates = $Superseded
    $found = $searcher.Search($Criteria)
    $code = [int]$found.ResultCode
    if ($code -ne 2 -and $code -ne 3) { throw ('the search ended with result code ' + $code) }
    return @{ code = $code; found = $found }
}

# winupdate_search_again: a search, up to three times where the reason may pass.
function winupdate_search_again($Session, [string]$Criteria, [bool]$Online, $Where, [bool]$Superseded) {
    for ($try = 1; ; $try++) {
        try {
            return (winupdate_search $Session $Criteria $Online $Where $Superseded)
        } catch {
            if ($try -ge 3 -or $winupdate_passing -notcontains (Get-PwHresult $_)) { throw }
            Wait-PwWu (20 * $try)
        }
    }
}

# winupdate_identity UPDATE: GUID.REVISION, or '' if it has none.
function winupdate_identity($Update) {
    $identity = Get-PwWuField $Update 'Identity'
    $id = [string](Get-PwWuField $identity 'UpdateID' '')
    if ($id -cnotmatch $winupdate_guid) { return '' }
    return ($id.ToLowerInvariant() + '.' + (ConvertTo-PwNumber (Get-PwWuField $identity 'RevisionNumber' 0)))
}

function winupdate_text($Value, [int]$Limit) {
    $text = ([string]$Value) -replace '[\x00-\x1f\x7f]', ' '
    if ($text.Length -gt $Limit) { return $text.Substring(0, $Limit) }
    return $text
}

function winupdate_first($List, [int]$Most) { return , @($List | Select-Object -First $Most) }

# winupdate_read UPDATE: the fields that ParseScan wants; $null for an object without content.
function winupdate_read($Update) {
    $identity = winupdate_identity $Update
    $behaviour = Get-PwWuField $Update 'InstallationBehavior'
    $title = winupdate_text (Get-PwWuField $Update 'Title' '') 300
    if ($identity -eq '' -or $title -eq '' -or $null -eq $behaviour) { return $null }
    $cats = @()
    foreach ($category in $Update.Categories) {
        if ($cats.Count -lt 20) {
            $cats += @{ id = (winupdate_text (Get-PwWuField $category 'CategoryID' '') 40); type = (winupdate_text (Get-PwWuField $category 'Type' '') 40) }
        }
    }
    $when = ''
    $changed = Get-PwWuField $Update 'LastDeploymentChangeTime'
    if ($null -ne $changed) { $when = ([datetime]$changed).ToString('yyyy-MM-ddTHH:mm:ssZ') }
    $at = $identity.LastIndexOf('.')
    return [ordered]@{
        id = $identity.Substring(0, $at)
        rev = [long]$identity.Substring($at + 1)
        title = $title
        kb = (winupdate_first (Get-PwWuList $Update 'KBArticleIDs') 20)
        cve = (winupdate_first (Get-PwWuList $Update 'CveIDs') 300)
        severity = (winupdate_text (Get-PwWuField $Update 'MsrcSeverity' '') 40)
        cats = $cats
        size = [string](Get-PwWuField $Update 'MaxDownloadSize' 0)
        published = $when
        type = [int](Get-PwWuField $Update 'Type' 1)
        downloaded = [bool](Get-PwWuField $Update 'IsDownloaded' $false)
        hidden = [bool](Get-PwWuField $Update 'IsHidden' $false)
        optional = [bool](Get-PwWuField $Update 'BrowseOnly' $false)
        beta = [bool](Get-PwWuField $Update 'IsBeta' $false)
        uninstallable = [bool](Get-PwWuField $Update 'IsUninstallable' $false)
        eula = [bool](Get-PwWuField $Update 'EulaAccepted' $true)
        reboot = [int](Get-PwWuField $behaviour 'RebootBehavior' 0)
        impact = [int](Get-PwWuField $behaviour 'Impact' 0)
        input = [bool](Get-PwWuField $behaviour 'CanRequestUserInput' $false)
        supersedes = (winupdate_first (Get-PwWuList $Update 'SupersededUpdateIDs') 300)
        awaiting_reboot = [bool](Get-PwWuField $Update 'RebootRequired' $false)
    }
}

# winupdate_history SESSION: what came of the last attempts, by identity, the newest of each.
function winupdate_history($Session) {
    $last = @{}
    try {
        $searcher = $Session.CreateUpdateSearcher()
        $count = [int]$searcher.GetTotalHistoryCount()
        if ($count -le 0) { return $last }
        foreach ($entry in $searcher.QueryHistory(0, [Math]::Min($count, 200))) {
            $identity = Get-PwWuField $entry 'UpdateIdentity'
            $key = ([string](Get-PwWuField $identity 'UpdateID' '')).ToLowerInvariant() + '.' + (ConvertTo-PwNumber (Get-PwWuField $identity 'RevisionNumber' 0))
            if ($key -match $winupdate_entry -and -not $last.ContainsKey($key)) {
                $last[$key] = @{ operation = [int](Get-PwWuField $entry 'Operation' 0); code = [int](Get-PwWuField $entry 'ResultCode' 0)
                    title = (winupdate_text (Get-PwWuField $entry 'Title' '') 300)
                }
            }
        }
    } catch {
        return $last
    }
    return $last
}
