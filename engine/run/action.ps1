# action: a command or a script of the preparation, or what undoes it. common.ps1 and program.ps1 stand
# before it. Windows PowerShell 5.1, ASCII only.
# what is kept of what it prints, in bytes
$ActionMost = 2097152

# Get-PwHere: the private directory of this job.
function Get-PwHere { return $PSScriptRoot }

# Get-ActionWords: the arguments of a command come as words of base64, each behind a "=", so that an
# empty one is a word too.
function Get-ActionWords {
    foreach ($ActionWord in (Get-PwArg 'argv') -split ' ') {
        $PwUtf8.GetString([Convert]::FromBase64String($ActionWord.Substring(1)))
    }
}

# New-ActionSink: prints what the program prints, up to a bound.
function New-ActionSink {
    $ActionKept = @{ bytes = [long]0; most = [long]$ActionMost }
    $ActionOut = ${function:Write-PwBytes}
    return {
        param($ActionBytes, $ActionCount)
        $ActionTake = [int][Math]::Max([long]0, [Math]::Min([long]$ActionCount, $ActionKept.most - $ActionKept.bytes))
        $ActionKept.bytes += $ActionCount
        if ($ActionTake -eq 0) { return }
        $ActionPiece = New-Object byte[] $ActionTake
        [Array]::Copy($ActionBytes, $ActionPiece, $ActionTake)
        & $ActionOut $ActionPiece
    }.GetNewClosure()
}

# Invoke-ActionProgram SINK: returns the exit code.
function Invoke-ActionProgram($Sink) {
    $ActionHere = Get-PwHere
    $ActionVars = @{ PATCHWAVE_ACTION = (Get-PwArg 'action') }
    $ActionLimit = [int](ConvertTo-PwNumber (Get-PwArg 'limit' '3600'))
    if ((Get-PwArg 'script') -ne '') {
        $ActionFile = [IO.Path]::Combine($ActionHere, 'action.ps1')
        # with a byte order mark: without one, Windows PowerShell takes a file for one of the machine's code page
        Save-PwText $ActionFile ([string][char]0xFEFF + (Get-PwArg 'script') + "`n")
        $ActionLine = ConvertTo-PwCommandLine @('-NoProfile', '-NonInteractive', '-OutputFormat', 'Text', '-ExecutionPolicy', 'Bypass', '-File', $ActionFile)
        return (Invoke-PwProgram (Get-PwPowerShell) $ActionLine $ActionVars $ActionHere $ActionLimit $Sink)
    }
    $ActionWords = @(Get-ActionWords)
    $ActionRest = @($ActionWords | Select-Object -Skip 1)
    if (-not (Test-PwBatchWords $ActionWords[0] $ActionRest)) {
        throw 'an argument of a batch file holds a character that cmd.exe would read; write a script instead'
    }
    return (Invoke-PwProgram $ActionWords[0] (ConvertTo-PwCommandLine $ActionRest) $ActionVars $ActionHere $ActionLimit $Sink)
}

function Invoke-ActionMain {
    Write-PwRaw ('@@' + $PwNonce + " BEGIN action`n")
    try {
        $ActionCode = Invoke-ActionProgram (New-ActionSink)
        $ActionRc = ConvertTo-PwStatus $ActionCode
        if ($ActionCode -ne $ActionRc) { Write-PwRaw ("`nexit code " + $ActionCode) }
    } catch {
        $ActionRc = 127
        Write-PwRaw ("`n" + ([string]$_.Exception.Message -replace "[`r`n]", ' '))
    }
    Write-PwRaw (New-PwEnd 'action' $ActionRc)
}

Invoke-ActionMain
