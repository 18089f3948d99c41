variable "none" {} # error: variable "none" has no value; Give it with --var none=

variable "typed" {
  type    = number
  default = "many" # error: the default of variable "typed" has another type
}

variable "typo" {
  type    = strng # error: invalid type specification
  default = "x"
}

variable "a b" { # error: "a b" is no name for a variable
}

variable "twice" {
  default = 1
}

variable "twice" { # error: duplicate variable "twice"; It is first declared at variables.hcl:16.
  default = 2
}

variable "Twice" { # error: variable "Twice" differs from "twice" only in case
  default = 2
}

variable "described" {
  description = ["no"] # error: description must be a string
  default     = var.twice # error: there is nothing called "var" here
}

variable "checked" {
  type    = number
  default = 70000
  validation {
    condition     = var.checked > 0
    error_message = "A port is more than 0."
  }
  validation {
    condition     = var.checked < 65536 # error: the value of variable "checked" is refused; A port is less than 65536.
    error_message = "A port is less than 65536."
  }
  validation {
    condition     = "${var.checked} is a port" # error: the condition of variable "checked" must be true or false
    error_message = "Never."
  }
  validation {
    condition     = var.chekced > 0 # error: there is no variable "chekced"; Did you mean "checked"?
    error_message = "Never."
  }
  validation { # error: missing argument "error_message"
    condition = true
  }
}

variable "never_null" { # error: variable "never_null" has no value
  nullable = false
}

variable "null_default" {
  nullable = false
  default  = null # error: the default of variable "null_default" has another type; It is null, and nullable is false.
}

connection "c" {
  type = var.twise # error: there is no variable "twise"; Did you mean "twice"?
  user = var.none
  port = var.typed
}
