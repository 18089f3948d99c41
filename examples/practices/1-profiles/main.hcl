# Practice 1: a profile of its own for each type of device and operating system.

patchwave {
  timezone = "Europe/Berlin"
}

connection "linux" {
  type = "ssh"
  user = "patch"
  become {
    method = "sudo"
  }
}

connection "windows" {
  type     = "winrm"
  user     = "CORP\\patch"
  password = secret("cred:winrm")
}

host "web-[1:2]" {
  connection = connection.linux
  labels     = { os = "debian", device = "server" }
}

host "build-[1:2]" {
  connection = connection.linux
  labels     = { os = "redhat", device = "server" }
}

host "pc-[1:3]" {
  connection = connection.windows
  labels     = { os = "windows", device = "desktop" }
}

group "debian-servers" {
  where = host.labels.os == "debian" && host.labels.device == "server"
}

group "redhat-servers" {
  where = host.labels.os == "redhat" && host.labels.device == "server"
}

# A fact does as well as a label: where = host.os.family == "windows"
group "desktops" {
  where = host.labels.os == "windows"
}

baseline "debian" {
  approve "security" {
    classification = ["security"]
  }
}

baseline "redhat" {
  approve "severe" {
    classification = ["security"]
    severity       = ["critical", "important"]
  }
}

baseline "windows" {
  reject "drivers" {
    classification = ["driver"]
  }
  approve "security" {
    classification = ["security"]
    after          = "2d"
  }
}

window "servers" {
  schedule = "Tue 02:00"
  duration = "3h"
}

window "desktops" {
  schedule = "2nd Tue +2d 12:15"
  duration = "2h"
}

provider "image" {
  type     = "command"
  create   = ["/usr/local/bin/image", "create", "${host.name}"]
  check    = ["/usr/local/bin/image", "verify", "${host.name}"]
  rollback = ["/usr/local/bin/image", "restore", "${host.name}"]
  remove   = ["/usr/local/bin/image", "remove", "${host.name}"]
}

preparation "linux" {
  restore_point {
    providers = ["packages"]
  }
}

preparation "windows" {
  restore_point {
    providers = [provider.image]
  }
}

verification "linux" {
  tcp "ssh" {
    port = 22
  }
}

verification "windows" {
  tcp "remote" {
    port = 5986
  }
}

policy "debian-servers" {
  hosts        = group.debian-servers
  baseline     = baseline.debian
  window       = window.servers
  preparation  = preparation.linux
  verification = verification.linux
}

policy "redhat-servers" {
  hosts        = group.redhat-servers
  baseline     = baseline.redhat
  window       = window.servers
  preparation  = preparation.linux
  verification = verification.linux
  gap          = "60m"
}

policy "desktops" {
  hosts        = group.desktops
  baseline     = baseline.windows
  window       = window.desktops
  preparation  = preparation.windows
  verification = verification.windows
}
