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

connection "c" {
  type = var.twise # error: there is no variable "twise"; Did you mean "twice"?
  user = var.none
  port = var.typed
}
