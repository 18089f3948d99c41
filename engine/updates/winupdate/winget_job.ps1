# winget_job: installing by winget, in a job, as SYSTEM.

# winupdate_winget_one FILE CHANGE: one package.
function winupdate_winget_one([string]$File, $Change) {
    $accept = (Get-PwArg 'accept_eula') -eq 'true'
    $words = @('upgrade', '--id', $Change.name, '--exact', '--version', $Change.to, '--silent') + @(winupdate_winget_where $accept)
    if ($accept) { $words += '--accept-package-agreements' }
    $said = Invoke-PwWinget $File $words 5400
    foreach ($line in @($said.text.Split([char]10) | Select-Object -Last 10)) { winupdate_say (($line.TrimEnd([char]13) -split "[`r`b]")[-1]) }
    $Change.hresult = $said.code
    if ('0x00000BC2', '0x00000669', '0x8A150109', '0x8A15010B' -contains $said.code) {
        $Change.reboot = 1
        winupdate_end $Change 'installed' ''
    } elseif ($said.code -eq '0x00000000') {
        winupdate_end $Change 'installed' ''
    } elseif ($said.code -eq '0x8A15002B') {
        winupdate_end $Change 'already' ''
    } else {
        winupdate_end $Change 'failed' 'winget did not install it'
    }
}

# winupdate_winget CHANGES: what winget brings, one at a time; then it lists what is there, for the controller to compare.
function winupdate_winget($Run, $Changes) {
    $asked = @()
    foreach ($change in $Changes) {
        if ($change.agent -or $change.state -ne '' -or $change.action -ne 'upgrade' -or -not (winupdate_is_winget $change.name)) { continue }
        if ((Get-PwChocoVersion $change.name) -ne '') { continue }
        $file = Get-PwWinget
        if ($file -eq '' -or $change.to -cnotmatch '^[0-9][A-Za-z0-9._+-]{0,60}$') {
            winupdate_end $change 'failed' 'winget is not on the host any more, or knows no such version'
            continue
        }
        winupdate_say ($change.name + ' installing ' + $change.to + ' by winget')
        try {
            winupdate_winget_one $file $change
        } catch {
            $change.hresult = Get-PwHresult $_
            winupdate_end $change 'failed' ([string]$_.Exception.Message)
        }
        if ($change.state -ne 'failed' -and $change.reboot -eq 0) { $asked += 'WINGET' + "`t" + $change.name + "`t" + $change.to }
    }
    if ($asked.Count -eq 0) { return }
    $Run['verify'] = $asked
    Write-PwText 'winupdate.winget' (ConvertTo-PwJson (winupdate_winget_said $false ((Get-PwArg 'accept_eula') -eq 'true')))
}

# winupdate_winget_back CHANGES: winget knows no way back that can be relied on: nothing is tried.
function winupdate_winget_back($Changes) {
    foreach ($change in $Changes) {
        if ($change.agent -or $change.state -ne '' -or -not (winupdate_is_winget $change.name) -or (Get-PwChocoVersion $change.name) -ne '') { continue }
        winupdate_end $change 'failed' 'winget cannot take an upgrade back; it stays as it is'
    }
}
