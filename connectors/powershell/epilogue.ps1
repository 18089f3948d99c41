# epilogue: ends what the program began; what went wrong is told.
Write-PwRaw ('@@' + $PwNonce + ' DONE frames=' + $script:PwFrames + "`n")
} catch {
    $PwStatus = 1
    try { Write-PwError $_ } catch { [Console]::Error.WriteLine([string]$_) }
}
exit $PwStatus
