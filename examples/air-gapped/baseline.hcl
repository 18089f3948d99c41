# What is known about an update comes from files that were carried in: the
# catalogue of exploited flaws, the scores, and the severities of Debian and OSV.
# `patchwave feeds status` says how old they are.

baseline "plant" {
  reject "frozen-parts" {
    classification = ["driver", "feature"]
    reason         = "changed by the machine builder only"
  }
  hold "certified" {
    packages = ["linux-image-*-rt-*", "codesys*"]
    until    = "2027-09-30"
    reason   = "part of the machine's certificate"
  }
  # Somebody attacks with it already: the next window.
  approve "exploited" {
    known_exploited = true
  }
  # Somebody soon will.
  approve "likely" {
    where = update.epss >= 0.5
    after = "7d"
  }
  approve "severe" {
    classification = ["security"]
    severity       = ["critical", "important"]
    after          = "14d"
  }
  # Everything else has been seen to work elsewhere for a quarter of a year. What
  # no feed knows is unknown, not harmless, and no reason to hurry either.
  approve "security" {
    classification = ["security"]
    after          = "60d"
  }
  approve "rest" {
    packages = ["*"]
    after    = "90d"
  }
}

# Thirty days for what is attacked, ninety for every other security update.
standard "plant" {
  deadline {
    known_exploited = true
    within          = "30d"
  }
  deadline {
    classification = ["security"]
    within         = "90d"
  }
}

waiver "rt-kernel" {
  hosts   = group.gateways
  updates = ["linux-image-*-rt-*"]
  until   = "2027-09-30"
  owner   = "control engineering"
  reason  = "certified together with the machine; the network is closed"
}
