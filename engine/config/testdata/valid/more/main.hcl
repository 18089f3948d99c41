# What the example of the description leaves out.
patchwave {
  timezone = "Europe/Berlin"
}

connection "linux" {
  type = "ssh"
}

provider "pve" {
  type  = "proxmox"
  url   = "https://pve1.example.net:8006"
  token = secret("cred:pve")
}

provider "kvm" {
  type       = "libvirt"
  connection = connection.linux
}

provider "san" {
  type     = "command"
  create   = ["san", "create", "${host.name}"]
  check    = ["san", "check", host.name]
  rollback = ["san", "rollback", host.name]
  remove   = ["san", "remove", host.name]
}

host "vm-[1:3]" {
  connection = connection.linux
  hypervisor = { provider = provider.pve, domain = each.number + 100 }
  mac        = "52-54-00-AA-00-0${each.number}"
  timezone   = "America/New_York"
}

host "kvm-1" {
  connection = connection.linux
  hypervisor = { provider = "kvm", domain = "kvm-1" }
  timezone   = "Asia/Tokyo"
}

group "vms" {
  members = [host.vm-1, host.vm-2, host.vm-3]
}

availability "half" {
  hosts       = [group.vms, host.kvm-1]
  min_healthy = "50%"
  tcp "ssh" {
    port = 22
  }
  http "up" {
    url    = "http://localhost/"
    on     = "host"
    status = [200, 204]
  }
}

baseline "all" {
  approve "all" {
    packages = ["*"]
  }
}

window "patch-tuesday" {
  schedule = "2nd Tue +3d 02:00"
  duration = "3h"
  timezone = "host"
}

window "sundays" {
  rrule    = "FREQ=WEEKLY;BYDAY=SU;BYHOUR=3;BYMINUTE=30"
  duration = "2h"
}

calendar "always" {
  workdays = ["sun", "sat"]
  hours    = "22:00-06:00"
}

window "manned" {
  schedule   = "Sat 20:00"
  duration   = "3h"
  calendar   = calendar.always
  attended   = true
  attendance = "1h"
}

preparation "p" {
  wake {}
  restore_point {
    providers = [provider.pve, "san", "packages"]
  }
  run "list" {
    command    = ["logger", "patching", host.os.name]
    undo       = "logger done"
    on_failure = "continue"
  }
}

verification "v" {
  command "list" {
    run    = ["check", "${host.name}", host.kernel]
    become = false
  }
  command "far" {
    on  = "controller"
    run = ["check", host.address]
  }
  http "inside" {
    url = "http://127.0.0.1/${host.os.name}"
    on  = "host"
  }
  on_failure = "rollback"
}

notify "all" {
  url = secret("cred:mail")
}

policy "vms" {
  hosts        = group.vms
  baseline     = baseline.all
  window       = window.patch-tuesday
  preparation  = preparation.p
  verification = verification.v
  notify       = notify.all
  notice {
    before = "2d"
  }
  reboot {
    when   = "defer"
    window = window.sundays
  }
  windows_update {
    source      = "offline"
    cab         = "wsusscn2.cab"
    accept_eula = true
  }
}

policy "kvm" {
  hosts        = host.kvm-1
  baseline     = baseline.all
  window       = window.manned
  preparation  = preparation.p
  verification = verification.v
}

waiver "w" {
  hosts   = [group.vms, host.kvm-1]
  updates = ["*"]
  until   = "2026-11-24"
  owner   = "me"
  reason  = "today only"
}

standard "kev" {
  deadline {
    known_exploited = true
    within          = "48h"
  }
}
