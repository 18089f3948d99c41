patchwave {
  required_version = var.v # error: required_version must be a plain string
}

variable "v" {
  default = 1
}
