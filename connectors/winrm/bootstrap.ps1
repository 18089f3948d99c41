# patchwave bootstrap v1
$PwNonce = '@nonce@'
$PwArgs64 = '@args@'
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
function Deny($why) { "@@$PwNonce REFUSED $why"; exit 121 }
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') { Deny 'language' }
try { [Console]::OutputEncoding = New-Object Text.UTF8Encoding $false } catch { }
$a = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($PwArgs64)) | ConvertFrom-Json
$s = New-Object Security.AccessControl.DirectorySecurity
$s.SetSecurityDescriptorSddlForm('O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)')
$own = 'S-1-5-18', 'S-1-5-32-544'
$sid = [Security.Principal.SecurityIdentifier]
$d = [Environment]::GetFolderPath('CommonApplicationData')
foreach ($n in 'patchwave', 'scripts') {
  $d = Join-Path $d $n
  [void][IO.Directory]::CreateDirectory($d, $s)
  if (([int][IO.File]::GetAttributes($d) -band 1024) -ne 0) { Deny 'link' }
  $c = [IO.Directory]::GetAccessControl($d)
  if ($own -notcontains $c.GetOwner($sid).Value) { Deny 'owner' }
  foreach ($r in $c.GetAccessRules($true, $true, $sid)) {
    if ($r.AccessControlType -eq 'Allow' -and $own -notcontains $r.IdentityReference.Value) { Deny 'access' }
  }
}
# what a lost connection left
Get-ChildItem -LiteralPath $d -Filter *.ps1 | Where-Object { $_.LastWriteTime -lt (Get-Date).AddDays(-2) } | Remove-Item -Force -ErrorAction SilentlyContinue
$f = Join-Path $d ([Guid]::NewGuid().ToString('N') + '.ps1')
$rc = 1
try {
  $h = New-Object Security.Cryptography.SHA256CryptoServiceProvider
  $w = New-Object IO.FileStream $f, 'CreateNew', 'Write', 'None'
  try {
    foreach ($l in $input) {
      if ($l) { $b = [Convert]::FromBase64String($l); [void]$h.TransformBlock($b, 0, $b.Length, $null, 0); $w.Write($b, 0, $b.Length) }
    }
  } finally { $w.Dispose() }
  [void]$h.TransformFinalBlock((New-Object byte[] 0), 0, 0)
  if (([BitConverter]::ToString($h.Hash) -replace '-') -ne $a.sha256) { Deny 'digest' }
  $global:LASTEXITCODE = 0
  & $f
  $rc = $LASTEXITCODE
} catch [Management.Automation.PSSecurityException] {
  Deny 'policy'
} catch {
  if ($_.FullyQualifiedErrorId -like 'ScriptContainedMaliciousContent*') { Deny 'antivirus' }
  [Console]::Error.WriteLine([string]$_ + $_.InvocationInfo.PositionMessage)
} finally { Remove-Item -LiteralPath $f -Force -ErrorAction SilentlyContinue }
exit $rc
