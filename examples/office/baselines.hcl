baseline "linux" {
  approve "security" {
    classification = ["security"]
    after          = "2d"
  }
  approve "rest" {
    packages = ["*"]
    after    = "10d"
  }
}

baseline "windows" {
  reject "recovery" {
    kbs    = ["KB5034441"]
    reason = "fails on small recovery partitions"
  }
  reject "drivers" {
    classification = ["driver"]
    reason         = "the vendor's tool does these"
  }
  hold "feature" {
    classification = ["feature"]
    until          = "2027-06-30"
    reason         = "the accounting program is not certified for the next one"
  }
  approve "definitions" {
    classification = ["definition"]
  }
  approve "security" {
    classification = ["security"]
    after          = "2d"
  }
  approve "rest" {
    where = update.classification == "bugfix" || update.classification == "enhancement"
    after = "14d"
  }
}
