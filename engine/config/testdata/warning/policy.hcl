patchwave {
  timezone    = "Europe/Berlin"
  known_hosts = ["none/known_hosts"] # warning: none/known_hosts does not exist; No host key in it is known
}

connection "c" {
  type     = "ssh"
  password = secret("env:SSH_PASSWORD") # warning: password comes from the environment; Other processes of the user can read it there
  jump     = [host.jump, host.jump] # warning: host.jump stands twice in jump
}

connection "plain" {
  type = "ssh"
}

host "jump" {
  connection = connection.plain
}

host "web-[1:2]" {
  address    = "10.0.0.1" # warning: every host of this range has the same address
  connection = connection.c
}

host "db" {
  connection = connection.c
}

group "db" {
  members = [host.db]
  labels  = { critical = "yes" }
}

group "nobody" {
  members = []
}

group "never" {
  where = host.name == 5 # warning: this condition is always false
}

group "always" {
  where = host.name != true # warning: this condition is always true
}

baseline "b" {
  hold "over" {
    packages = ["x"]
    until    = "2026-11-23" # warning: hold "over" ended on 2026-11-23; The rule is dead
  }
  hold "today" {
    packages = ["x"]
    until    = "2026-11-24"
  }
  approve "twice" {
    severity = ["low", "low"] # warning: "low" stands twice in severity
  }
}

baseline "nothing" {} # warning: baseline "nothing" approves nothing

preparation "p" {}

preparation "later" {
  restore_point {
    providers = ["snapper", "packages"]
  }
}

preparation "absent" {
  restore_point {
    providers = ["snapper", "zfs", "snapper"] # warning: none of these providers is available in this version; Nothing can be applied with it. Add one of btrfs, lvm, packages, hypervisor, system_restore, vss. # warning: "snapper" stands twice in providers
  }
}

verification "v" {
  service "sshd" {}
}

policy "bare" { # warning: policy "bare" has no restore point; What goes wrong cannot be undone. # warning: policy "bare" has no verification # warning: policy "bare" claims no host
  hosts    = group.nobody
  baseline = baseline.nothing
}

policy "mixed" { # warning: policy "mixed" has no restore point # warning: critical group "db" shares waves with other hosts in policy "mixed"; Give it a policy of its own
  hosts        = [group.db, host.web-1]
  baseline     = baseline.b
  preparation  = preparation.p
  verification = verification.v
}
