# boot: which boot this is. Windows PowerShell 5.1, ASCII only.

# Get-PwWininit: the processes that are wininit.exe of this Windows; those of its containers are in
# sessions of their own.
function Get-PwWininit {
    $PwFilter = "Name='wininit.exe' AND SessionId=0"
    return @(Get-CimInstance -ClassName Win32_Process -Property @('Handle', 'Name', 'SessionId', 'CreationDate') -Filter $PwFilter -OperationTimeoutSec 50)
}

# Wait-PwWininit: a moment.
function Wait-PwWininit { Start-Sleep -Milliseconds 500 }

# Get-PwBoot: the boot in 16 hex digits: when wininit.exe was started, as a FILETIME. It is started once a
# boot, and that time stays when the clock is set; the boot time that Windows tells moves with the clock.
# The service that knows may need a moment. There is no second source: it would look like another boot.
function Get-PwBoot {
    for ($PwTry = 1; ; $PwTry++) {
        try {
            $PwFound = @(Get-PwWininit)
            if ($PwFound.Count -eq 1 -and $PwFound[0].CreationDate -is [DateTime]) {
                return ('{0:x16}' -f [long]$PwFound[0].CreationDate.ToFileTimeUtc())
            }
            if ($PwFound.Count -eq 1) { throw 'Windows does not say when wininit.exe was started, by which boots are told apart' }
            throw ('boots are told apart by the process wininit.exe of session 0, and there are ' + $PwFound.Count)
        } catch {
            if ($PwTry -ge 3) { throw }
        }
        Wait-PwWininit
    }
}

# Get-PwBootId: the boot in the shape of a UUID.
function Get-PwBootId {
    $PwHex = Get-PwBoot
    return ('00000000-0000-0000-' + $PwHex.Substring(0, 4) + '-' + $PwHex.Substring(4))
}
