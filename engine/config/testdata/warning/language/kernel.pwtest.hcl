test "a kernel waits for the new year" {
  now = "2026-12-20T02:00:00+01:00"
  host "web-01" {
    os = { family = "debian" }
    updates = [
      { name = "linux-image-amd64", version = "6.1.99", classification = "security", severity = "critical" },
    ]
  }
  expect {
    host     = "web-01"
    update   = "linux-image-amd64"
    decision = "held"
    rule     = "kernel-freeze"
  }
}
