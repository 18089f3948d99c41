patchwave {
  timezone = "Europe/Berlin"
}

locals {
  version = "6.1.99"
}

connection "c" {
  type = "ssh"
}

host "web-[01:02]" {
  connection = connection.c
}

baseline "b" {
  hold "kernel-freeze" {
    packages = ["linux-image-*"]
    until    = "2027-01-08"
  }
  approve "all" {
    packages = ["*"]
    after    = "3d"
  }
}

preparation "p" {
  restore_point {}
}

verification "v" {
  unchanged = ["services"]
}

policy "web" {
  hosts        = [host.web-01, host.web-02]
  baseline     = baseline.b
  preparation  = preparation.p
  verification = verification.v
}
