patchwave {
  required_version = ">= 0.1.0"
  database         = "/var/lib/patchwave/patchwave.db"
  timezone         = "Europe/Berlin"              # default for windows and calendars
  parallelism      = 200                          # connections at once, whole controller
  known_hosts      = ["/etc/patchwave/known_hosts"] # warning: the file /etc/patchwave/known_hosts does not exist
}

variable "tier" {                                 # --var, --var-file, PATCHWAVE_VAR_tier
  type    = string
  default = "prod"
}

locals {
  domain = "example.net"
}

connection "linux" {
  type           = "ssh"                          # ssh | winrm | local
  user           = "patch"
  port           = 22
  identity_files = ["~/.ssh/patch_ed25519"]       # also: agent = true, certificate = "…", password = secret("…"), host_key = "ssh-ed25519 AAAA…"
  jump           = [host.bastion]                 # ProxyJump chain
  ssh_config     = true                           # ~/.ssh/config fills in what is not set here
  host_keys      = "strict"                       # strict (default) | accept-new; there is no "ignore"
  become {
    method   = "sudo"                             # sudo | doas | su | none
    user     = "root"
    password = secret("cred:sudo")
  }
  timeouts {
    connect = "10s"
    command = "2h"
    idle    = "5m"
  }
  retry {
    attempts = 3
    backoff  = "2s"
  }
}

connection "windows" {
  type     = "winrm"
  port     = 5986
  https    = true                                 # plain http only with message encryption on
  auth     = "ntlm"                               # basic (https only) | ntlm | kerberos (https only) | certificate
  user     = "CORP\\patch"
  password = secret("cred:winrm")
  ca_file  = "corp-ca.pem"                        # or server_fingerprint = "sha256:…"
}

connection "bastion" {
  type = "ssh"
  user = "jump"
}

host "bastion" {
  address    = "bastion.example.net"
  connection = connection.bastion
}

host "web-[01:50]" {                              # a range makes fifty hosts; each.name, each.index ("01"), each.number (1) inside
  address    = "10.0.1.${each.number}"
  connection = connection.linux
  labels     = { role = "web", tier = var.tier }
  site       = site.fra1                          # sites carry their own limits
  mac        = "52:54:00:00:00:${each.index}"     # Wake-on-LAN
  timezone   = "Europe/Berlin"
  depends_on = [host.db-01]                       # patched after
  hypervisor = { type = "libvirt", uri = "qemu+ssh://kvm1/system", domain = each.name }
  vars       = { owner = "web team" }
}

host "db-01" {
  address = "10.0.2.1"
  labels  = { role = "db" }
}

host "win-01" {
  address    = "10.0.3.1"
  connection = connection.windows
}

group "web" {
  where = host.labels.role == "web"
}

group "windows" {
  where = host.os.family == "windows"             # facts work too
}

group "db" {
  members    = [host.db-01]                       # hosts, other groups; members and where add up
  labels     = { critical = "yes" }               # inherited by members; the host's own value wins, a conflict between groups is an error
  connection = connection.linux
}

source "ansible" "legacy" {                       # ansible (ini, yaml, --list json) | csv | json | command | terraform_state | ssh_config
  path       = "hosts.ini"
  connection = connection.linux
}

site "fra1" {
  parallelism  = 50
  connect_rate = 20                               # new connections a second
}

availability "db-quorum" {                        # holds across every policy and every run; probed uncached before, during and after each member
  hosts           = group.db
  max_unavailable = 1                             # or min_healthy = 2
  command "quorum" {
    run = "etcdctl endpoint health --cluster"
  }
}
