host “z” { # error: invalid character; "Curly quotes" are not valid here.
  address = “10.0.0.1”
}
