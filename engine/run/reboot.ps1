# reboot: asks for a reboot a few seconds from now, so that this job can end first. program.ps1,
# windows.ps1 and shutdown.ps1 stand before it. Windows PowerShell 5.1, ASCII only.

# Write-RebootSaid CODE TEXT: the answer; returns the status.
function Write-RebootSaid([int]$Code, [string]$Text) {
    $RebootRc = ConvertTo-PwStatus $Code
    if ($RebootRc -ne 0 -and $Code -ne $RebootRc) { $Text = $Text + ' (exit code ' + $Code + ')' }
    Write-PwText 'reboot' $Text $RebootRc
    return $RebootRc
}

# Invoke-RebootAsk: 1190 is a shutdown that somebody has scheduled, 1115 one that is under way.
function Invoke-RebootAsk {
    $RebootWords = @('/r', '/t', '5', '/f', '/d', 'p:2:17', '/c', 'patchwave: reboot after updates')
    $RebootSaid = Invoke-PwShutdown $RebootWords
    if ($RebootSaid.code -eq 1190) {
        [void](Invoke-PwShutdown @('/a'))
        $RebootSaid = Invoke-PwShutdown $RebootWords
    }
    if ($RebootSaid.code -eq 1115) { return @{ code = 0; text = 'a shutdown is under way already' } }
    return $RebootSaid
}

function Invoke-RebootMain {
    if ((Get-PwArg 'bitlocker' 'refuse') -ne 'ignore') {
        $RebootLock = Get-WindowsLock
        if ($RebootLock -ne '') { return (Write-RebootSaid 20 $RebootLock) }
    }
    # the logon screen makes it again: that Windows has come so far is known by it
    Remove-PwKey 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked'
    $RebootDone = Invoke-RebootAsk
    return (Write-RebootSaid $RebootDone.code $RebootDone.text)
}

$PwStatus = Invoke-RebootMain
