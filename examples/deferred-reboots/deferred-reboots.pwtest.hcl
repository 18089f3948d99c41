test "security updates are two days old, a kernel too: only its reboot waits" {
  now = "2026-12-08T02:00:00+01:00"
  host "app-1" {
    os = { family = "debian" }
    updates = [
      { name = "openssl", version = "3.0.18-1~deb12u1", classification = "security", published = "2026-12-05T00:00:00Z" },
      { name = "linux-image-amd64", version = "6.1.159-1", classification = "security", reboot = true, published = "2026-12-05T00:00:00Z" },
    ]
  }
  expect {
    host     = "app-1"
    update   = "openssl"
    decision = "approved"
    rule     = "security"
  }
  expect {
    host     = "app-1"
    update   = "linux-image-amd64"
    decision = "approved"
    rule     = "security"
  }
}

test "the rest waits for ten" {
  now = "2026-12-08T02:00:00+01:00"
  host "app-2" {
    os = { family = "debian" }
    updates = [
      { name = "vim", version = "2:9.0.1378-2+deb12u3", classification = "bugfix", published = "2026-12-01T00:00:00Z" },
    ]
  }
  expect {
    host     = "app-2"
    update   = "vim"
    decision = "deferred"
    rule     = "rest"
  }
}
