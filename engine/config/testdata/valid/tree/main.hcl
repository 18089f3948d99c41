# Files in folders are one body; references go both ways.
connection "linux" {
  type = "ssh"
}

group "all" {
  members = [group.web, host["10-db.example.net"], host.mail]
}

policy "all" {
  hosts        = group.all
  baseline     = baseline.all
  preparation  = preparation.p
  verification = verification.v
}
