patchwave {
  required_version = ">= 0.1.0"
  database         = "/var/lib/patchwave/patchwave.db"
  timezone         = "Europe/Berlin"
  parallelism      = 50
}

variable "tier" {
  description = "which of the tiers this controller serves"
  type        = string
  default     = "prod"
}

locals {
  domain = "${var.tier}.example.net"
}
