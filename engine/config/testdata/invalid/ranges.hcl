connection "c" {
  type = "ssh"
}

host "a-[1:2]-[1:2]" { # error: "a-[1:2]-[1:2]" is no host name; A range is written [01:50]
  connection = connection.c
}

host "b-[a:f]" { # error: A range is written [01:50]
  connection = connection.c
}

host "c-[5:1]" { # error: the first not larger than the last
  connection = connection.c
}

host "d-[1:99999999999999999999]" { # error: The numbers of the range are too large.
  connection = connection.c
}

host "e-[0:65536]" { # error: A range makes 65536 hosts at most.
  connection = connection.c
}

host "f-[1:2" { # error: is no host name
  connection = connection.c
}

host "g-1]" { # error: is no host name
  connection = connection.c
}

host "h [1:2]" { # error: Names are letters
  connection = connection.c
}

host "i-[08:12]" {
  address    = "10.0.0.${each.nummer}" # error: each has no attribute "nummer"; It has index, name, number. Did you mean "number"?
  connection = connection.c
}

host "j" {
  address    = each.name # error: each is known only inside a host with a range
  connection = connection.c
}

host "k-[1:3]" {
  address    = "10.0.0.${each.number}"
  connection = connection.nobody # error: there is no connection "nobody"
}

host "l-[1:3]" { # error: host "l-1" has no connection
  address = "10.0.1.${each.number}"
}

host "m-[1:3]" {
  address    = "10.0.2.${each.number}"
  connection = connection.c
  depends_on = [host.m-2] # error: a cycle among hosts that depend on each other; host.m-2 → host.m-2.
}

host "n-[1:3]" {
  connection = connection.c
}

host "n-2" { # error: duplicate host "n-2"
  connection = connection.c
}
