locals {
  rack = "r1"
}

host "web-[8:12].example.net" {
  address    = "fe80::${each.number}%eth0"
  connection = connection.linux
  labels     = { role = "web", index = each.index, rack = local.rack, weight = 5, spare = false }
  vars       = { rack = { row = 1, slots = [1, 2] }, note = null, name = upper(each.name) }
}

host "10-db.example.net" {
  connection = connection["linux"]
}

group "web" {
  where = glob("web-*.example.net", host.name) && host.vars.rack.row == 1 && host.vars.nothing.here == null
}
