locals {
  a = "café" # error: this file is not text; This is not UTF-8.
}
