# error: unclosed configuration block
host "a" {
  address = "10.0.0.1"
