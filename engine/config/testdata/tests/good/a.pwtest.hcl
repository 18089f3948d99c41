test "a kernel waits for the new year" {
  now = "2026-12-20T02:00:00+01:00"
  host "web-01" {
    os = { family = "debian" }
    updates = [
      { name = "linux-image-amd64", version = local.version, classification = "security", severity = "critical" },
      {
        name            = "nginx"
        to              = "1.24.1"
        from            = "1.24.0"
        arch            = "amd64"
        source          = "nginx"
        cves            = ["CVE-2026-12345", "CVE-2026-12344"]
        kbs             = []
        advisories      = ["DSA-1"]
        size            = "2MiB"
        reboot          = true
        held            = true
        published       = "2026-12-19"
        first_seen      = "2026-12-19T03:00:00Z"
        known_exploited = true
      },
    ]
    kernel          = "6.1.0"
    package_manager = "apt"
    reboot_required = true
    virtual         = "kvm"
    labels          = { role = "web" }
  }
  host "web-02" {}
  expect {
    host     = "web-01"
    update   = "linux-image-amd64"
    decision = "held"
    rule     = "kernel-freeze"
    until    = "2027-01-08"
    policy   = "web"
  }
  expect {
    host     = "web-01"
    update   = "nginx"
    version  = "1.24.1"
    decision = "blocked"
    until    = "2026-12-22T00:00:00+01:00"
  }
}
