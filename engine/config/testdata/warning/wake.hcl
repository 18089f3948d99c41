connection "c" {
  type = "ssh"
}

host "h-[1:12]" {
  connection = connection.c
}

host "m-[1:2]" {
  connection = connection.c
  mac        = "52:54:00:00:00:01" # warning: every host of this range has the same mac; Waking one would wake another.
}

host "v" {
  connection = connection.c
  hypervisor = { type = "libvirt", domain = "v" }
  timezone   = "Asia/Tokyo"
}

group "all" {
  where = true
}

baseline "b" {
  approve "all" {
    packages = ["*"]
  }
}

preparation "p" {
  wake {}
  restore_point {}
}

verification "v" {
  unchanged = ["services"]
}

window "w" {
  schedule = "Tue 02:00"
  duration = "4h"
  timezone = "host"
}

policy "p" { # warning: policy "p" wakes hosts that have neither mac nor hypervisor; h-1, h-10, h-11, h-12, h-2, h-3, h-4, h-5, h-6, h-7 and 2 more cannot be woken. # warning: policy "p" opens in the local time of hosts that have no timezone; h-1, h-10, h-11, h-12, h-2, h-3, h-4, h-5, h-6, h-7 and 4 more: UTC is taken.
  hosts        = group.all
  baseline     = baseline.b
  preparation  = preparation.p
  verification = verification.v
  window       = window.w
}

site "lonely" {} # warning: this site has no limits

waiver "over" {
  hosts   = host.v
  updates = ["openssl*"]
  until   = "2026-11-01" # warning: waiver "over" ended on 2026-11-01; It excuses nothing any more.
  owner   = "me"
  reason  = "x"
}
