# Nothing else is looked at: what looks wrong here may be right for that version.
patchwave {
  required_version = ">= 7.0" # error: this configuration needs patchwave >= 7.0; This is patchwave 0.1.0
}

something "new" {}
