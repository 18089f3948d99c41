# shutdown: asks Windows to end. program.ps1 stands before it. Windows PowerShell 5.1, ASCII only.

# Invoke-PwShutdown WORDS: shutdown.exe; its exit code and what it said.
function Invoke-PwShutdown($Words) {
    $PwSaid = New-Object IO.MemoryStream
    $PwSink = { param($PwBytes, $PwCount) $PwSaid.Write($PwBytes, 0, $PwCount) }.GetNewClosure()
    $PwSystem = [Environment]::GetFolderPath('System')
    $PwCode = Invoke-PwProgram ([IO.Path]::Combine($PwSystem, 'shutdown.exe')) (ConvertTo-PwCommandLine $Words) @{} $PwSystem 60 $PwSink
    return @{ code = $PwCode; text = [Text.Encoding]::ASCII.GetString($PwSaid.ToArray()).Trim() }
}
