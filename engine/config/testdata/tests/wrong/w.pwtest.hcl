test "" { # error: a test without a name # error: expects nothing; Give it at least one expect block. # error: missing argument "now"
}

test "times" {
  now = "2026-12-20" # error: "2026-12-20" is no time; Write it with its offset
  host "web-1" { # error: there is no host "web-1"; Did you mean "web-01"?
    updates = [{ name = "x", version = "1", published = "yesterday" }] # error: "yesterday" is neither a time nor a date
  }
  host "web-01" {
    os = { famliy = "debian" } # error: It has family, name, version. Did you mean "family"?
    updates = [
      "x", # error: each element of updates must be an object
      { name = "x" }, # error: an update needs a name and a version
      { name = "x", version = "1", sevreity = "low" }, # error: an update of a test has no "sevreity" # error: Did you mean "severity"?
      { name = "x", version = "1", size = "big" }, # error: size must be a size
      { name = "x", version = "1", cves = "CVE-1" }, # error: cves must be a list
      { name = "x", version = "1", reboot = "often" }, # error: reboot must be true or false
      { name = "x", version = "1", severity = "high", classification = "all" }, # error: "high" is no severity # error: "all" is no classification
      { name = "y", version = "1" },
    ]
  }
  host "web-01" {} # error: duplicate host "web-01"
  expect { # error: missing argument "decision"
    host   = "web-02" # error: this test has no host "web-02"; Add a host block to it. Did you mean "web-01"?
    update = "y"
  }
  expect {
    host     = "web-01"
    update   = "z" # error: host "web-01" of this test has no update "z"
    decision = "hold" # error: Did you mean "held"?
    rule     = "kernel-frost" # error: there is no rule "kernel-frost"; Did you mean "kernel-freeze"?
    policy   = "wbe" # error: there is no policy "wbe"; Did you mean "web"?
    until    = "2027" # error: "2027" is neither a time nor a date
  }
}

test "times" { # error: duplicate test "times"; It is first declared at w.pwtest.hcl:4.
  now = "2026-12-20T02:00:00Z"
  host "web-02" {
    updates = [{ name = "y", version = "1" }]
  }
  expect {
    host     = "web-02"
    update   = "y"
    version  = "2" # error: no
    decision = "held"
  }
}

tset "x" {} # error: Did you mean "test"?
