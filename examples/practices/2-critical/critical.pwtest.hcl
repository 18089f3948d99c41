# db-1 is claimed by two policies, whose baseline is one.
test "both policies of a database server decide alike" {
  now = "2026-12-08T02:00:00+01:00"
  host "db-1" {
    os      = { family = "debian" }
    updates = [{ name = "linux-image-amd64", version = "6.1.119-1", classification = "security", reboot = true }]
  }
  expect {
    host     = "db-1"
    policy   = "db"
    update   = "linux-image-amd64"
    decision = "approved"
    rule     = "security"
  }
  expect {
    host     = "db-1"
    policy   = "db-reboot"
    update   = "linux-image-amd64"
    decision = "approved"
    rule     = "security"
  }
}
