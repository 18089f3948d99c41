test "what is exploited does not wait" {
  now = "2027-01-20T06:00:00+01:00"
  host "gw-1" {
    os = { family = "debian" }
    updates = [
      { name = "openssl", version = "3.0.20-1~deb12u1", classification = "security", severity = "important", known_exploited = true, published = "2027-01-19T00:00:00Z" },
      { name = "curl", version = "7.88.1-10+deb12u14", classification = "security", severity = "important", published = "2027-01-19T00:00:00Z" },
    ]
  }
  expect {
    host     = "gw-1"
    update   = "openssl"
    decision = "approved"
    rule     = "exploited"
  }
  expect {
    host     = "gw-1"
    update   = "curl"
    decision = "deferred"
    rule     = "severe"
  }
}

test "a security update that no feed knows waits two months" {
  now = "2027-01-20T06:00:00+01:00"
  host "gw-2" {
    os = { family = "debian" }
    updates = [
      { name = "libxml2", version = "2.9.14+dfsg-1.3~deb12u2", classification = "security", severity = "unknown", published = "2026-12-10T00:00:00Z" },
      { name = "expat", version = "2.5.0-1+deb12u2", classification = "security", severity = "unknown", published = "2026-11-10T00:00:00Z" },
    ]
  }
  expect {
    host     = "gw-2"
    update   = "libxml2"
    decision = "deferred"
    rule     = "security"
  }
  expect {
    host     = "gw-2"
    update   = "expat"
    decision = "approved"
    rule     = "security"
  }
}

test "the certified kernel stays, even if it is exploited" {
  now = "2027-01-20T06:00:00+01:00"
  host "gw-3" {
    os = { family = "debian" }
    updates = [
      { name = "linux-image-6.1.0-40-rt-amd64", version = "6.1.153-1", classification = "security", severity = "critical", known_exploited = true, published = "2026-10-01T00:00:00Z" },
    ]
  }
  expect {
    host     = "gw-3"
    update   = "linux-image-6.1.0-40-rt-amd64"
    decision = "held"
    rule     = "certified"
  }
}

test "drivers of the panel are the machine builder's" {
  now = "2027-01-20T06:00:00+01:00"
  host "hmi-1" {
    os = { family = "windows" }
    updates = [
      { name = "Siemens - net - 9.0.1", version = "1", classification = "driver", published = "2025-01-01T00:00:00Z" },
    ]
  }
  expect {
    host     = "hmi-1"
    update   = "Siemens - net - 9.0.1"
    decision = "rejected"
    rule     = "frozen-parts"
  }
}

test "everything else waits a quarter of a year" {
  now = "2027-01-20T06:00:00+01:00"
  host "hist-2" {
    os = { family = "debian" }
    updates = [
      { name = "vim", version = "2:9.0.1378-2+deb12u3", classification = "bugfix", published = "2026-10-01T00:00:00Z" },
      { name = "git", version = "1:2.39.5-0+deb12u4", classification = "bugfix", first_seen = "2026-11-20T00:00:00Z" },
    ]
  }
  expect {
    host     = "hist-2"
    update   = "vim"
    decision = "approved"
    rule     = "rest"
  }
  expect {
    host     = "hist-2"
    update   = "git"
    decision = "deferred"
    rule     = "rest"
    until    = "2027-02-18T00:00:00Z"
  }
}
