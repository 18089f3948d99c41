connection "c" {
  type = "ssh"
}

provider "zfs" { # error: provider "zfs" is built in; A restore point could not tell them apart
  type  = "proxmox"
  url   = "https://pve:8006"
  token = secret("cred:pve")
}

provider "none" {} # error: missing argument "type"

provider "type" {
  type = "vmware" # error: "vmware" is no type; It must be one of proxmox, hyperv, libvirt, command.
}

provider "way" { # error: a provider of type hyperv needs a way to it; Give it url, connection or both.
  type = "hyperv"
}

provider "url" {
  type   = "proxmox"
  url    = "pve1" # error: "pve1" is no URL; Write it with its scheme
  token  = "hunter2" # error: token is written out: (sensitive)
  create = ["x"] # error: create has no meaning for a provider of type proxmox
}

provider "password" { # error: a provider of type proxmox needs token; It is secret("cred:NAME") of a token
  type       = "proxmox"
  url        = "https://root:hunter2@pve1/" # error: a password stands in the URL
  connection = connection.d # error: there is no connection "d"
}

provider "plain" {
  type               = "proxmox"
  url                = "http://pve1.example.net:8006" # error: the API of Proxmox VE is spoken to over https only; Write "https://
  token              = secret("cred:pve")
  server_fingerprint = "sha256:12" # error: this is no fingerprint
}

provider "api" { # error: a provider of type proxmox needs url; Its API is not reached by a connection
  type       = "proxmox"
  connection = connection.c
  token      = secret("cred:pve")
}

provider "pinned" {
  type               = "libvirt"
  url                = "qemu+ssh://kvm1/system"
  server_fingerprint = "sha256:0000000000000000000000000000000000000000000000000000000000000000" # error: server_fingerprint has no meaning
}

provider "command" { # error: a provider of type command needs remove # error: provider "command" is built in
  type     = "command"
  create   = ["point", "create", "${host.name}"]
  check    = ["point", "check", host.kernel] # error: host.kernel cannot be used here; It comes from the hosts, and a provider runs on the controller
  rollback = ["sh", "-c", host.name] # error: an attribute of the host cannot stand inside a script
}

host "list" {
  connection = connection.c
  hypervisor = ["libvirt"] # error: hypervisor must be an object
}

host "keys" {
  connection = connection.c
  hypervisor = { typ = "libvirt", uri = "" } # error: It has type, provider, uri, domain. Did you mean "type"? # error: uri of hypervisor is empty
}

host "neither" {
  connection = connection.c
  hypervisor = { domain = "x" } # error: hypervisor has neither type nor provider
}

host "both" {
  connection = connection.c
  hypervisor = { type = "proxmox", provider = provider.url } # error: hypervisor has both type and provider
}

host "gone" {
  connection = connection.c
  hypervisor = { provider = "urll", domain = "x" } # error: there is no provider "urll"; Did you mean "url"?
}

host "word" {
  connection = connection.c
  hypervisor = { type = "libvrt" } # error: Did you mean "libvirt"?
  mac        = "52:54:00:00:00" # error: "52:54:00:00:00" is no hardware address; Write six bytes in hex
  site       = site.fra # error: there is no site "fra"
}

host "mac" {
  connection = connection.c
  mac        = "52:54:00:00:00:0g" # error: is no hardware address
}

preparation "p" {
  restore_point {
    providers = [provider.urll] # error: Did you mean "url"?
  }
}

preparation "q" {
  restore_point {
    providers = "packages" # error: providers must be a list
  }
}
