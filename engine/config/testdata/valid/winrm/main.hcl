# Every way to log in over WinRM.
connection "default" {
  type     = "winrm"
  user     = "CORP\\patch"
  password = secret("keyring:patchwave/winrm")
}

connection "plain" {
  type     = "winrm"
  https    = false
  auth     = "ntlm"
  port     = 5985
  user     = "patch@corp.example.net"
  password = secret("vault:kv/data/winrm#password")
}

connection "basic" {
  type     = "winrm"
  auth     = "basic"
  user     = "patch"
  password = secret("exec:pass show 'corp winrm'")
  ca_file  = "corp-ca.pem"
}

connection "certificate" {
  type               = "winrm"
  auth               = "certificate"
  certificate        = "~/me.pem"
  private_key        = "me.key"
  server_fingerprint = "sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"
}

connection "kerberos" {
  type = "winrm"
  auth = "kerberos"
  kerberos {
    realm     = "CORP.EXAMPLE.NET"
    keytab    = "patch.keytab"
    krb5_conf = "/etc/krb5.conf"
  }
  timeouts {
    connect = "20s"
  }
}

connection "password" {
  type     = "winrm"
  auth     = "kerberos"
  user     = "patch"
  password = secret("age:winrm.age")
}

host "a" {
  connection = connection.default
}

host "b" {
  connection = connection.plain
}

host "c" {
  connection = connection.certificate
}

host "d" {
  connection = connection.kerberos
}

preparation "office" {
  require {
    disk_free = { "C:" = "10GiB", "D:" = "1GB" }
  }
}
