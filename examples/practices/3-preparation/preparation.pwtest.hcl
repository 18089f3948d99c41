test "security updates at once, the rest after a week" {
  now = "2026-12-08T02:00:00+01:00"
  host "web-1" {
    os = { family = "debian" }
    updates = [
      { name = "openssl", version = "3.0.18-1~deb12u1", classification = "security", published = "2026-12-07T00:00:00Z" },
      { name = "tzdata", version = "2026c-0+deb12u1", classification = "bugfix", published = "2026-12-07T00:00:00Z" },
    ]
  }
  expect {
    host     = "web-1"
    update   = "openssl"
    decision = "approved"
    rule     = "security"
  }
  expect {
    host     = "web-1"
    update   = "tzdata"
    decision = "deferred"
    rule     = "rest"
  }
}
