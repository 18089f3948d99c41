# simulate: what an installation would do, from the last result; the agent is not asked.

$winupdate_version = '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\.[0-9]{1,10}$'

# winupdate_offers: the result's updates by identity, and its packages by name.
function winupdate_offers {
    $result = winupdate_json (Read-PwWuFile (Join-Path (Get-PwWuDir) 'result.json'))
    $offers = @{ known = ($null -ne $result); updates = @{}; packages = @{}; winget = (Get-PwWuField $result 'winget') }
    foreach ($update in @(Get-PwWuField $result 'updates' @())) {
        $key = ([string](Get-PwWuField $update 'id' '')).ToLowerInvariant() + '.' + [string](Get-PwWuField $update 'rev' '')
        $offers.updates[$key] = $update
    }
    foreach ($package in @(Get-PwWuField $result 'choco' @())) {
        $offers.packages[[string](Get-PwWuField $package 'name' '')] = $package
    }
    return $offers
}

# winupdate_answer OFFERS WANTS: lines of a frame, and whether there is a solution.
function winupdate_answer($Offers, $Wants) {
    $answer = @{ lines = @(); undo = @(); ok = $true }
    $bytes = [double]0
    if (-not $Offers.known) {
        $answer.lines = @("PROBLEM`tinterrupted`tthere is no result of a search on the host; scan it first")
        $answer.ok = $false
        return $answer
    }
    foreach ($want in $Wants) {
        $key = $want.version.ToLowerInvariant()
        $package = $Offers.packages[$want.name]
        if ($want.version -match $winupdate_version -and $Offers.updates.ContainsKey($key)) {
            $update = $Offers.updates[$key]
            $answer.lines += "CHANGE`tinstall`t" + $want.name + "`t" + $want.arch + "`t-`t" + $want.version
            $bytes += [double](ConvertTo-PwNumber (Get-PwWuField $update 'size' 0))
            $undo = 'no'
            if ([bool](Get-PwWuField $update 'uninstallable' $false)) { $undo = 'yes' }
            $answer.undo += $want.name + "`t" + $want.arch + "`t" + $want.version + "`t" + $undo
        } elseif ($want.version -notmatch $winupdate_version -and $null -ne $package -and [string](Get-PwWuField $package 'to' '') -eq $want.version) {
            $from = [string](Get-PwWuField $package 'from' '')
            $answer.lines += "CHANGE`tupgrade`t" + $want.name + "`t" + $want.arch + "`t" + $from + "`t" + $want.version
            $answer.undo += $want.name + "`t" + $want.arch + "`t" + $from + "`tno"
        } elseif ($null -ne (Get-PwWuField $Offers 'winget') -and $null -eq $package -and (winupdate_is_winget $want.name)) {
            # the controller reads winget's table
            $answer.lines += "WINGET`t" + $want.name + "`t" + $want.arch + "`t" + $want.version
        } else {
            $answer.lines = @("PROBLEM`texit`t" + $want.name + ' ' + $want.version + ' is not offered to the host any more')
            $answer.undo = @()
            $answer.ok = $false
            return $answer
        }
    }
    $answer.lines += "DOWNLOAD`t" + ('{0:0}' -f $bytes)
    return $answer
}

function winupdate_simulate {
    $wants = @()
    foreach ($line in (Get-PwArg 'want').Split([char]10)) {
        $field = $line.TrimEnd([char]13).Split([char]9)
        if ($field.Count -eq 3) { $wants += @{ name = $field[0]; arch = $field[1]; version = $field[2] } }
    }
    $offers = winupdate_offers
    if ($null -ne $offers.winget) { Write-PwText 'winupdate.winget' (ConvertTo-PwJson $offers.winget) }
    if ((Get-PwArg 'mode') -eq 'each') {
        for ($i = 0; $i -lt $wants.Count; $i++) {
            $answer = winupdate_answer $offers @($wants[$i])
            Write-PwLines ('winupdate.sim.' + ($i + 1)) $answer.lines ([int](-not $answer.ok))
        }
        return
    }
    $answer = winupdate_answer $offers $wants
    Write-PwLines 'winupdate.sim' $answer.lines ([int](-not $answer.ok))
    Write-PwLines 'winupdate.undo' $answer.undo
}
