connection "w" {
  type     = "winrm"
  user     = "patch"
  password = secret("keyring:patchwave/winrm")
}

host "win" {
  connection = connection.w
}

host "pc" {
  connection = connection.w
}

baseline "b" {
  approve "all" {
    packages = ["*"]
  }
}

preparation "linux" {
  require {
    disk_free = { "/" = "2GiB" }
  }
  restore_point {}
}

preparation "both" {
  require {
    disk_free = { "/" = "2GiB", "C:" = "10GiB" }
  }
  restore_point {}
}

verification "v" {
  unchanged = ["services"]
}

window "brief" {
  schedule = "Tue 02:00"
  duration = "45m"
}

window "long" {
  schedule = "Tue 02:00"
  duration = "3h"
}

policy "hasty" { # warning: window "brief" is short for Windows hosts; It is open for 45m. # warning: policy "hasty" gives Windows hosts 10m for a reboot; Windows configures updates before it answers # warning: disk_free of policy "hasty" is not asked of its Windows hosts; It names no drive.
  hosts        = [host.win]
  baseline     = baseline.b
  preparation  = preparation.linux
  verification = verification.v
  window       = window.brief
  reboot {
    timeout = "10m"
  }
}

policy "patient" {
  hosts        = [host.pc]
  baseline     = baseline.b
  preparation  = preparation.both
  verification = verification.v
  window       = window.long
  windows_update {
    source = "wsus"
  }
}
