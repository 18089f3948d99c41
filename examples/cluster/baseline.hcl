baseline "database" {
  # A new major version is a migration, never an update.
  pin "postgresql" {
    packages = ["postgresql-16", "postgresql-client-16"]
    version  = "16.*"
  }
  reject "postgresql-next" {
    packages = ["postgresql-17", "postgresql-18"]
    reason   = "a major version is migrated by hand"
  }
  hold "etcd" {
    packages = ["etcd*"]
    until    = "2027-03-31"
    reason   = "3.6 changes the storage format; the team decides by March"
  }
  approve "urgent" {
    classification = ["security"]
    severity       = ["critical", "important"]
    after          = "2d"
  }
  approve "security" {
    classification = ["security"]
    after          = "7d"
  }
  approve "bugfix" {
    classification = ["bugfix"]
    where          = !update.reboot
    after          = "21d"
  }
}
