baseline "b" {
  approve "nothing" { # error: approve "nothing" has no criterion; It would match every update.
    after = "3d"
  }
  approve "words" {
    classification = ["secruity"] # error: "secruity" is no classification; It must be one of security, bugfix, enhancement, driver, feature, definition, other. Did you mean "security"?
    severity       = ["urgent"] # error: "urgent" is no severity
    after          = "3" # error: "3" is no duration
    until          = "2027-01-01" # error: An argument named "until" is not expected here.
  }
  approve "numbers" {
    cves            = ["CVE-26-1"] # error: "CVE-26-1" is not the number of a vulnerability
    kbs             = ["5034441"] # error: "5034441" is not the number of a knowledge base article
    known_exploited = "maybe" # error: known_exploited must be true or false
    allow_removals  = 3 # error: allow_removals must be true or false
    reason          = "" # error: reason is empty
  }
  approve "empty" {
    packages = [] # error: packages is empty; Nothing would match it
  }
  hold "until" {
    packages = ["linux-[a", ""] # error: "linux-[a" is no pattern # error: an element of packages is empty
    until    = "8.1.2027" # error: "8.1.2027" is no date
    after    = "3d" # error: An argument named "after" is not expected here.
  }
  hold "until" { # error: duplicate rule "until"
    packages = ["x"]
  }
  hold "february" {
    packages = ["x"]
    until    = "2027-02-30" # error: "2027-02-30" is no date
  }
  pin "nginx" { # error: missing argument "version"; A pin block needs version = ….
    packages = ["nginx"]
  }
  pin "glob" {
    packages = ["nginx"]
    version  = "1.[2" # error: "1.[2" is no pattern
  }
  alow "x" { # error: Blocks of type "alow" are not expected here.
  }
  approve { # error: missing name for approve
    packages = ["x"]
  }
  title = "x" # error: An argument named "title" is not expected here.
}

baseline "b" { # error: duplicate baseline "b"
  approve "x" {
    packages = [1, ["y"]] # error: each element of packages must be a string
  }
}
