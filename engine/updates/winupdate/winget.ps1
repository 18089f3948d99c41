# winget: the Windows Package Manager, where a host has it. SYSTEM has no alias for it: it is called by its path.

$winupdate_winget_id = '^[A-Za-z0-9][A-Za-z0-9_+-]*(\.[A-Za-z0-9_+-]+)+$'

# Get-PwWinget: the newest winget.exe of the machine, or ''.
function Get-PwWinget {
    $arch = 'x64'
    if ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64') { $arch = 'arm64' }
    $best = ''
    $newest = New-Object Version '0.0'
    try {
        foreach ($dir in [IO.Directory]::GetDirectories((Join-Path $env:ProgramFiles 'WindowsApps'), 'Microsoft.DesktopAppInstaller_*')) {
            if ([IO.Path]::GetFileName($dir) -notmatch ('^Microsoft\.DesktopAppInstaller_([0-9]{1,5}(\.[0-9]{1,6}){1,3})_' + $arch + '__8wekyb3d8bbwe$')) { continue }
            $version = New-Object Version $Matches[1]
            $file = Join-Path $dir 'winget.exe'
            if ($version -gt $newest -and [IO.File]::Exists($file)) {
                $newest = $version
                $best = $file
            }
        }
    } catch {
        return ''
    }
    return $best
}

# Invoke-PwWinget FILE WORDS SECONDS: what it prints, which is UTF-8, and its exit status. No word has a blank.
function Invoke-PwWinget([string]$File, [string[]]$Words, [int]$Seconds) {
    $info = New-Object Diagnostics.ProcessStartInfo
    $info.FileName = $File
    $info.Arguments = $Words -join ' '
    $info.UseShellExecute = $false
    $info.RedirectStandardInput = $true
    $info.RedirectStandardOutput = $true
    $info.RedirectStandardError = $true
    $info.StandardOutputEncoding = $winupdate_utf8
    $process = [Diagnostics.Process]::Start($info)
    try {
        $process.StandardInput.Close()
        $said = $process.StandardOutput.ReadToEndAsync()
        $rest = $process.StandardError.ReadToEndAsync()
        if (-not $process.WaitForExit(1000 * $Seconds)) {
            $process.Kill()
            throw ('winget did not end within ' + $Seconds + ' seconds; what it started may still run')
        }
        # what it started may hold the pipe open
        $text = ''
        if ($said.Wait(15000)) { $text = [string]$said.Result }
        [void]$rest.Wait(1000)
        if ($text.Length -gt 262144) { $text = $text.Substring(0, 262144) }
        return @{ code = ('0x{0:X8}' -f [int]$process.ExitCode); text = $text }
    } finally {
        $process.Dispose()
    }
}

# winupdate_winget_where ACCEPT: where winget looks. Terms of a source, should that one ever have any, are accepted only
# where the policy says so; without that winget ends with 0x8A150046 then, and asks nobody.
function winupdate_winget_where([bool]$Accept) {
    $words = @('--source', 'winget', '--scope', 'machine', '--disable-interactivity')
    if ($Accept) { $words += '--accept-source-agreements' }
    return $words
}

# winupdate_winget_said UPGRADES ACCEPT: what is installed, and what can be upgraded, as winget prints it; $null without a
# winget.
function winupdate_winget_said([bool]$Upgrades, [bool]$Accept) {
    $file = Get-PwWinget
    if ($file -eq '') { return $null }
    $where = @(winupdate_winget_where $Accept)
    $answer = @{ list = ''; list_code = ''; upgrades = ''; upgrades_code = ''; error = '' }
    try {
        $said = Invoke-PwWinget $file (@('list') + $where) 300
        $answer.list = $said.text
        $answer.list_code = $said.code
        if ($Upgrades) {
            $said = Invoke-PwWinget $file (@('list', '--upgrade-available') + $where) 300
            $answer.upgrades = $said.text
            $answer.upgrades_code = $said.code
        }
    } catch {
        $answer.error = [string]$_.Exception.Message
    }
    return $answer
}

# winupdate_is_winget NAME: whether it may be a package of winget; what Chocolatey has installed is none.
function winupdate_is_winget([string]$Name) { return ($Name.Length -le 200 -and $Name -cmatch $winupdate_winget_id) }
