# program: native programs, started without a shell. Windows PowerShell 5.1, ASCII only.
# It stands before whatever wants it, and needs nothing of the prelude.

# ConvertTo-PwCommandLine WORDS: one string that a C runtime splits into these words again.
function ConvertTo-PwCommandLine($Words) {
    $PwQuoted = @()
    foreach ($PwWord in @($Words)) {
        $PwText = [string]$PwWord
        if ($PwText -ne '' -and $PwText -notmatch '[\s"]') {
            $PwQuoted += $PwText
            continue
        }
        $PwText = $PwText -replace '(\\*)"', '$1$1\"'
        $PwText = $PwText -replace '(\\+)$', '$1$1'
        $PwQuoted += '"' + $PwText + '"'
    }
    return ($PwQuoted -join ' ')
}

# Test-PwBatchWords PATH WORDS: false where cmd.exe, which runs batch files, would read more than a
# word in one of the words.
function Test-PwBatchWords([string]$Path, $Words) {
    if ($Path -notmatch '\.(bat|cmd)[. ]*$') { return $true }
    foreach ($PwWord in @($Words)) {
        if ([string]$PwWord -match '[%"&|<>^!()\r\n]') { return $false }
    }
    return $true
}

# Start-PwProcess PATH ARGUMENTS ENVIRONMENT DIRECTORY: a process whose three streams are pipes.
function Start-PwProcess([string]$Path, [string]$Arguments, $Environment, [string]$Directory) {
    $PwInfo = New-Object Diagnostics.ProcessStartInfo
    $PwInfo.FileName = $Path
    $PwInfo.Arguments = $Arguments
    $PwInfo.WorkingDirectory = $Directory
    $PwInfo.UseShellExecute = $false
    $PwInfo.RedirectStandardInput = $true
    $PwInfo.RedirectStandardOutput = $true
    $PwInfo.RedirectStandardError = $true
    foreach ($PwName in $Environment.Keys) { $PwInfo.EnvironmentVariables[$PwName] = [string]$Environment[$PwName] }
    $PwProcess = New-Object Diagnostics.Process
    $PwProcess.StartInfo = $PwInfo
    [void]$PwProcess.Start()
    return $PwProcess
}

# Stop-PwTree PROCESS: ends a process and what it has started. What taskkill prints must not get into the
# output, which is frames.
function Stop-PwTree($Process) {
    $PwKill = New-Object Diagnostics.ProcessStartInfo
    $PwKill.FileName = [IO.Path]::Combine([Environment]::GetFolderPath('System'), 'taskkill.exe')
    $PwKill.Arguments = '/T /F /PID ' + $Process.Id
    $PwKill.UseShellExecute = $false
    $PwKill.RedirectStandardOutput = $true
    $PwKill.RedirectStandardError = $true
    try {
        $PwKiller = [Diagnostics.Process]::Start($PwKill)
        [void]$PwKiller.StandardOutput.BaseStream.CopyToAsync([IO.Stream]::Null)
        [void]$PwKiller.StandardError.BaseStream.CopyToAsync([IO.Stream]::Null)
        [void]$PwKiller.WaitForExit(20000)
    } finally {
        # one that is on its way out refuses to be ended
        if (-not $Process.WaitForExit(2000)) {
            try { $Process.Kill() } catch { [void]$Process.WaitForExit(5000) }
        }
    }
}

# Send-PwHeld MERGE ALL: hands over what standard error has said in whole lines, or all of it.
function Send-PwHeld($Merge, [bool]$All) {
    $PwBytes = $Merge.held.ToArray()
    $PwEnd = $PwBytes.Length
    if (-not $All) {
        $PwEnd = [Array]::LastIndexOf($PwBytes, [byte]10) + 1
    }
    if ($PwEnd -le 0) { return }
    if (-not $Merge.atstart) { & $Merge.sink ([byte[]]@(10)) 1 }
    & $Merge.sink $PwBytes $PwEnd
    $Merge.atstart = ($PwBytes[$PwEnd - 1] -eq 10)
    $Merge.held.SetLength(0)
    if ($PwEnd -lt $PwBytes.Length) { $Merge.held.Write($PwBytes, $PwEnd, $PwBytes.Length - $PwEnd) }
}

# Add-PwPiece MERGE STREAM BYTES COUNT: one piece of a stream; 0 is standard output. The two become
# one: standard error stands between lines of standard output, never within one.
function Add-PwPiece($Merge, [int]$Stream, $Bytes, [int]$Count) {
    if ($Stream -eq 0) {
        & $Merge.sink $Bytes $Count
        $Merge.atstart = ($Bytes[$Count - 1] -eq 10)
    } elseif ($Merge.held.Length -lt 262144) {
        $Merge.held.Write($Bytes, 0, $Count)
    }
    if ($Merge.atstart) { Send-PwHeld $Merge $false }
}

# New-PwMerge SINK: the sink gets an array of bytes, and how many of them count.
function New-PwMerge($Sink) {
    return @{ sink = $Sink; atstart = $true; held = (New-Object IO.MemoryStream) }
}

# Wait-PwStreams PROCESS LIMIT MERGE: reads both streams until they end, five seconds after the
# process has, or until LIMIT seconds are over (0: never), and reports whether they were.
function Wait-PwStreams($Process, [int]$Limit, $Merge) {
    $PwStreams = @($Process.StandardOutput.BaseStream, $Process.StandardError.BaseStream)
    $PwBuffers = @((New-Object byte[] 32768), (New-Object byte[] 32768))
    $PwReads = @($PwStreams[0].ReadAsync($PwBuffers[0], 0, 32768), $PwStreams[1].ReadAsync($PwBuffers[1], 0, 32768))
    $PwClock = [Diagnostics.Stopwatch]::StartNew()
    $PwGone = [long]-1
    while ($true) {
        $PwOpen = @($PwReads | Where-Object { $null -ne $_ })
        if ($PwOpen.Count -eq 0) {
            if ($Process.WaitForExit(500)) { return $false }
        } else {
            [void][Threading.Tasks.Task]::WaitAny([Threading.Tasks.Task[]]$PwOpen, 500)
        }
        foreach ($PwStream in 0, 1) {
            if ($null -eq $PwReads[$PwStream] -or -not $PwReads[$PwStream].IsCompleted) { continue }
            $PwCount = 0
            if (-not $PwReads[$PwStream].IsFaulted) { $PwCount = $PwReads[$PwStream].Result }
            if ($PwCount -le 0) {
                $PwReads[$PwStream] = $null
                continue
            }
            Add-PwPiece $Merge $PwStream $PwBuffers[$PwStream] $PwCount
            $PwReads[$PwStream] = $PwStreams[$PwStream].ReadAsync($PwBuffers[$PwStream], 0, 32768)
        }
        if ($PwGone -lt 0 -and $Process.HasExited) { $PwGone = $PwClock.ElapsedMilliseconds }
        if ($PwGone -ge 0 -and $PwClock.ElapsedMilliseconds - $PwGone -gt 5000) { return $false }
        if ($Limit -gt 0 -and $PwGone -lt 0 -and $PwClock.Elapsed.TotalSeconds -gt $Limit) { return $true }
    }
}

# Invoke-PwProgram PATH ARGUMENTS ENVIRONMENT DIRECTORY LIMIT SINK: runs a program to its end, at most
# LIMIT seconds, and returns its exit code; 124 if it was ended for the time.
function Invoke-PwProgram([string]$Path, [string]$Arguments, $Environment, [string]$Directory, [int]$Limit, $Sink) {
    $PwMerge = New-PwMerge $Sink
    $PwProcess = Start-PwProcess $Path $Arguments $Environment $Directory
    $PwProcess.StandardInput.Close()
    $PwLate = Wait-PwStreams $PwProcess $Limit $PwMerge
    if ($PwLate) { Stop-PwTree $PwProcess }
    Send-PwHeld $PwMerge $true
    if ($PwLate) { return 124 }
    return [int]$PwProcess.ExitCode
}

# ConvertTo-PwStatus CODE: an exit code as a status of one byte: 0 only for 0, 1 for what is no byte.
function ConvertTo-PwStatus([int]$Code) {
    if ($Code -ge 0 -and $Code -le 255) { return $Code }
    return 1
}
