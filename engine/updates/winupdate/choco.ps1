# choco: Chocolatey, where a host has it.

# Get-PwChoco: choco.exe of the machine, or ''.
function Get-PwChoco {
    $root = [Environment]::GetEnvironmentVariable('ChocolateyInstall', 'Machine')
    if ([string]$root -eq '') { $root = Join-Path $env:ProgramData 'chocolatey' }
    $file = Join-Path $root 'bin\choco.exe'
    if ([IO.File]::Exists($file)) { return $file }
    return ''
}

# Invoke-PwChoco FILE ARGUMENTS: its lines and its exit status. Its standard error is no failure by itself.
function Invoke-PwChoco([string]$File, [string[]]$Arguments) {
    $ErrorActionPreference = 'Continue'
    $lines = @(& $File @Arguments 2>&1 | ForEach-Object { [string]$_ })
    return @{ code = [int]$LASTEXITCODE; lines = $lines }
}

# Get-PwChocoVersion NAME: the version that is installed, or ''. The name is a plain one.
function Get-PwChocoVersion([string]$Name) {
    $choco = Get-PwChoco
    if ($choco -eq '' -or $Name -cnotmatch $winupdate_package) { return '' }
    $root = Split-Path -Parent (Split-Path -Parent $choco)
    $file = Join-Path $root ('lib\' + $Name + '\' + $Name + '.nuspec')
    try {
        if (-not [IO.File]::Exists($file)) { return '' }
        $settings = New-Object Xml.XmlReaderSettings
        $settings.DtdProcessing = [Xml.DtdProcessing]::Prohibit
        $reader = [Xml.XmlReader]::Create($file, $settings)
        try {
            if ($reader.ReadToFollowing('version')) { return [string]$reader.ReadElementContentAsString() }
        } finally {
            $reader.Close()
        }
    } catch {
        return ''
    }
    return ''
}

$winupdate_package = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'

# winupdate_choco_outdated: @{list; error}.
function winupdate_choco_outdated {
    $answer = @{ list = @(); error = '' }
    $choco = Get-PwChoco
    if ($choco -eq '') { return $answer }
    $said = Invoke-PwChoco $choco @('outdated', '-r', '--no-progress')
    foreach ($line in $said.lines) {
        $field = $line.Split('|')
        if ($field.Count -eq 4 -and $field[0] -cmatch $winupdate_package -and $field[1] -ne $field[2] -and $answer.list.Count -lt 500) {
            $answer.list += @{ name = $field[0]; from = $field[1]; to = $field[2]; pinned = ($field[3] -eq 'true') }
        }
    }
    if ($said.code -ne 0 -and $said.code -ne 2) {
        $answer.error = 'choco outdated ended with ' + $said.code + ': ' + (@($said.lines | Select-Object -Last 3) -join ' ')
    }
    return $answer
}
