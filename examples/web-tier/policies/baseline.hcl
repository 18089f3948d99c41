baseline "monthly" {
  hold "kernel-freeze" {
    packages = ["linux-image-*", "kernel", "kernel-core"]
    until    = "2027-01-08"
    reason   = "the storage driver is being certified"
  }
  pin "nginx" {
    packages = ["nginx", "nginx-*"]
    version  = "1.2[46].*"
    reason   = "configuration is written for these"
  }
  reject "telemetry" {
    packages = ["*-telemetry"]
  }
  approve "urgent" {
    classification = ["security"]
    severity       = ["critical", "important"]
  }
  approve "security" {
    classification = ["security"]
    after          = "3d"
  }
  approve "quiet" {
    where = !update.reboot && !update.held
    after = "14d"
  }
}
