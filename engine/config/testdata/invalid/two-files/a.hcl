host "x" {
  connection = connection.c
}
