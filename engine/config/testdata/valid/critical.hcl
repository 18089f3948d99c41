# A critical group with a policy of its own is what is asked for.
connection "c" {
  type = "ssh"
}

host "db-[1:3]" {
  connection = connection.c
}

host "web" {
  connection = connection.c
}

group "db" {
  members = [host.db-1, host.db-2, host.db-3]
  labels  = { critical = "yes" }
}

baseline "b" {
  approve "all" {
    packages = ["*"]
  }
}

preparation "p" {
  restore_point {}
}

verification "v" {
  tcp "ssh" {
    port = 22
  }
}

policy "db" {
  hosts        = group.db
  baseline     = baseline.b
  preparation  = preparation.p
  verification = verification.v
  rollout {
    wave "one" {
      count = 1
      soak  = "0s"
    }
    wave "two" {
      percent = 100
    }
  }
}

policy "web" {
  hosts        = host.web
  baseline     = baseline.b
  preparation  = preparation.p
  verification = verification.v
}
