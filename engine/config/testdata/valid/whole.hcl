# One of every block and argument, as an operator writes them.
patchwave {
  required_version = ">= 0.1.0"
  database         = "/var/lib/patchwave/patchwave.db"
  timezone         = "Europe/Berlin"
  parallelism      = 200
}

variable "tier" {
  type    = string
  default = "prod"
}

locals {
  domain = "example.net"
  full   = "x.${local.domain}"
}

connection "linux" {
  type           = "ssh"
  user           = "patch"
  port           = 22
  identity_files = ["~/.ssh/patch_ed25519"]
  jump           = [host.bastion]
  ssh_config     = true
  host_keys      = "strict"
  become {
    method   = "sudo"
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

connection "bastion" {
  type = "ssh"
  user = "jump"
}

host "bastion" {
  address    = "bastion.example.net"
  connection = connection.bastion
}

host "web-[01:50]" {
  address    = "10.0.1.${each.number}"
  connection = connection.linux
  labels     = { role = "web", tier = var.tier }
  timezone   = "Europe/Berlin"
  depends_on = [host.db-01]
  vars       = { owner = "web team" }
}

host "db-01" {
  address = "10.0.2.1"
  labels  = { role = "db" }
}

group "web" {
  where = host.labels.role == "web"
}

group "db" {
  members    = [host.db-01]
  labels     = { critical = "yes" }
  connection = connection.linux
}
baseline "monthly" {
  hold "kernel-freeze" {
    packages = ["linux-image-*", "kernel*"]
    until    = "2027-01-08"
    reason   = "driver certification"
  }
  reject "bad-winre" {
    kbs    = ["KB5034441"]
    reason = "fails on small recovery partitions"
  }
  pin "nginx" {
    packages = ["nginx"]
    version  = "1.24.*"
  }
  approve "exploited" {
    known_exploited = true
  }
  approve "critical" {
    classification = ["security"]
    severity       = ["critical", "important"]
    after          = "3d"
  }
  approve "quiet" {
    where = !update.reboot && update.classification != "driver"
    after = "14d"
  }
}
preparation "standard" {
  restore_point {
    providers = ["packages"]
    required  = true
    keep      = 3
    expire    = "14d"
  }
}
verification "web" {
  service "nginx" {
    state = "running"
  }
  tcp "https" {
    port   = 443
    within = "2m"
  }
  command "selftest" {
    run = "/usr/local/bin/selftest"
  }
  on_failure = "rollback"
}
policy "web-prod" {
  hosts        = group.web
  baseline     = baseline.monthly
  preparation  = preparation.standard
  verification = verification.web
  priority     = 50
  updates      = "all"
  reboot {
    when    = "required"
    timeout = "20m"
    cycles  = 5
    stagger = "2m"
  }
  rollout {
    max_failures = "5%"
    counts       = ["failed", "rolled-back", "unreachable"]
    wave "canary" {
      count = 2
      soak  = "24h"
    }
    wave "early" {
      percent = 10
      batch   = 20
    }
    wave "rest" {
      batch           = "25%"
      max_unavailable = "30%"
    }
  }
}

policy "db-prod" {
  hosts        = [group.db]
  baseline     = baseline.monthly
  preparation  = preparation.standard
  verification = verification.web
}
