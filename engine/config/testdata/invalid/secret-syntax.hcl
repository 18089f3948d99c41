# A line with a password is never shown, even if it cannot be read.
connection "c" {
  type = "ssh"
  password = "hunter2" "hunter2" # error: missing newline after argument
}
