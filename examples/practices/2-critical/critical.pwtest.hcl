# db-1 is claimed by two policies. The baseline approves a kernel for both; only
# the one that is there for reboots takes it.
test "what needs a reboot is the other policy's" {
  now = "2026-12-08T02:00:00+01:00"
  host "db-1" {
    os = { family = "debian" }
    updates = [
      { name = "linux-image-amd64", version = "6.1.119-1", classification = "security", reboot = true },
      { name = "openssl", version = "3.0.18-1~deb12u1", classification = "security" },
    ]
  }
  expect {
    host     = "db-1"
    policy   = "db"
    update   = "linux-image-amd64"
    decision = "not-matched"
  }
  expect {
    host     = "db-1"
    policy   = "db"
    update   = "openssl"
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
  expect {
    host     = "db-1"
    policy   = "db-reboot"
    update   = "openssl"
    decision = "not-matched"
  }
}
