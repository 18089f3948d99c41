host "bastion" {
  address    = "bastion.${local.domain}"
  connection = connection.bastion
}

host "web-[01:50]" {
  address    = "10.0.1.${each.number}"
  connection = connection.linux
  labels     = { role = "web", tier = var.tier, rack = "r${floor((each.number - 1) / 10) + 1}" }
}

host "db-[1:3]" {
  address = "10.0.2.${each.number}"
  labels  = { role = "db", tier = var.tier }
}

group "web" {
  where = host.labels.role == "web"
}

# A critical group: its label says so, and it has a policy of its own.
group "db" {
  where      = host.labels.role == "db"
  labels     = { critical = "yes" }
  connection = connection.linux
}
