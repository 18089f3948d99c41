group "a" {
  where = host.name == "a" & true # error: unsupported operator
}
