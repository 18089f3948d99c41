test "the update that breaks small recovery partitions is rejected" {
  now = "2026-12-10T19:00:00+01:00"
  host "pc-01" {
    os = { family = "windows" }
    updates = [
      { name = "2024-01 Security Update (KB5034441)", version = "1", kbs = ["KB5034441"], classification = "security", published = "2024-01-09T18:00:00Z" },
      { name = "2026-12 Cumulative Update (KB5072033)", version = "1", kbs = ["KB5072033"], classification = "security", reboot = true, published = "2026-12-08T18:00:00Z" },
    ]
  }
  expect {
    host     = "pc-01"
    update   = "2024-01 Security Update (KB5034441)"
    decision = "rejected"
    rule     = "recovery"
  }
  # Two days after Patch Tuesday it is 48 hours old at 19:00, and due.
  expect {
    host     = "pc-01"
    update   = "2026-12 Cumulative Update (KB5072033)"
    decision = "approved"
    rule     = "security"
  }
}

test "an hour too early it waits" {
  now = "2026-12-10T18:00:00+01:00"
  host "pc-01" {
    os = { family = "windows" }
    updates = [
      { name = "2026-12 Cumulative Update (KB5072033)", version = "1", kbs = ["KB5072033"], classification = "security", reboot = true, published = "2026-12-08T18:00:00Z" },
    ]
  }
  expect {
    host     = "pc-01"
    update   = "2026-12 Cumulative Update (KB5072033)"
    decision = "deferred"
    rule     = "security"
  }
}

test "drivers never, the next Windows not before summer, definitions at once" {
  now = "2027-02-17T02:00:00+01:00"
  host "app-1" {
    os = { family = "windows" }
    updates = [
      { name = "Intel - net - 1.2.3", version = "1", classification = "driver", published = "2026-10-01T00:00:00Z" },
      { name = "Windows Server 2028", version = "1", classification = "feature", published = "2026-11-01T00:00:00Z" },
      { name = "Defender definitions", version = "1.443.12", classification = "definition", published = "2027-02-17T00:30:00Z" },
    ]
  }
  expect {
    host     = "app-1"
    update   = "Intel - net - 1.2.3"
    decision = "rejected"
    rule     = "drivers"
  }
  expect {
    host     = "app-1"
    update   = "Windows Server 2028"
    decision = "held"
    rule     = "feature"
  }
  expect {
    host     = "app-1"
    update   = "Defender definitions"
    decision = "approved"
    rule     = "definitions"
  }
}

test "linux servers have rules of their own" {
  now = "2026-12-08T02:00:00+01:00"
  host "files" {
    os = { family = "debian" }
    updates = [
      { name = "samba", version = "2:4.17.12+dfsg-0+deb12u3", classification = "security", published = "2026-12-05T00:00:00Z" },
      { name = "cups", version = "2.4.2-3+deb12u9", classification = "bugfix", published = "2026-12-01T00:00:00Z" },
    ]
  }
  expect {
    host     = "files"
    policy   = "linux"
    update   = "samba"
    decision = "approved"
    rule     = "security"
  }
  expect {
    host     = "files"
    policy   = "linux"
    update   = "cups"
    decision = "deferred"
    rule     = "rest"
  }
}
