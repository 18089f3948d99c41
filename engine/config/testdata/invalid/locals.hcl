locals {
  a = local.b
  b = local.c
  c = local.a # error: a cycle among locals; local.a → local.b → local.c → local.a.
  d = local.nothing # error: there is no local "nothing"
  e = nothing # error: there is nothing called "nothing" here
  f = local.e
  g = upper(1, 2) # error: too many function arguments
  h = uper("x") # error: there is no function "uper"; Did you mean "upper"?
  i = host.name # error: host is not known here; It is known in where
  j = each.name # error: each is known only inside a host with a range
  k = connection.c # error: a reference to a connection has no value
  l = 1 + "x" # error: invalid operand
  m = env("NOT_SET") # error: env() failed; Environment variable NOT_SET is not set
  n = file("/etc/passwd") # error: file() failed; Only files inside the configuration directory can be read
  o = file("../x") # error: file() failed
  p = file("none.txt") # error: file() failed
  q = cidrcontains("10.0.0.0/33", "10.0.0.1") # error: cidrcontains() failed; "10.0.0.0/33" is no prefix
  r = glob("[", "x") # error: glob() failed; A bracket [ in the pattern is not closed.
  s = env("A", "b", "c") # error: env() failed; Env takes a name and a default.
}

locals {
  a = 1 # error: duplicate local "a"
}
