# The same kind of update, three profiles, three answers.
test "a moderate security update" {
  now = "2026-12-02T00:00:00Z"
  host "web-1" {
    os      = { family = "debian" }
    updates = [{ name = "curl", version = "8.11", classification = "security", severity = "moderate", published = "2026-12-01T00:00:00Z" }]
  }
  host "build-1" {
    os      = { family = "redhat" }
    updates = [{ name = "curl", version = "8.11", classification = "security", severity = "moderate", published = "2026-12-01T00:00:00Z" }]
  }
  host "pc-1" {
    os      = { family = "windows" }
    updates = [{ name = "curl", version = "8.11", classification = "security", severity = "moderate", published = "2026-12-01T00:00:00Z" }]
  }
  expect {
    host     = "web-1"
    update   = "curl"
    decision = "approved"
    rule     = "security"
  }
  expect {
    host     = "build-1"
    update   = "curl"
    decision = "not-matched"
  }
  expect {
    host     = "pc-1"
    update   = "curl"
    decision = "deferred"
    rule     = "security"
  }
}
