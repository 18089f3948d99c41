host "z" {
  address    = "10.0.0.1 # error: invalid multi-line string
  connection = connection.c
}
host "y" {
  address = "10.0.0.2"
}
