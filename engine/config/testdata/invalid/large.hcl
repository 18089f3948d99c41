# Short to write, and larger than any memory.

locals {
  product    = setproduct(range(1000), range(1000), range(1000)) # error: setproduct() failed; This makes more than 65536 combinations.
  width      = format("%999999999d", 1)                          # error: format() failed; A width in a format has 4 digits at most.
  precision  = formatlist("%-.99999f", [1])                      # error: formatlist() failed; A width
  indented   = indent(999999999, "a\nb")                         # error: indent() failed; The text would be larger than 16 MiB.
  long       = indent(1000000, "a\nb")
  joined     = join(local.long, range(1000))          # error: join() failed; The text would be larger
  replaced   = replace(local.long, " ", local.long)   # error: replace() failed; The text would be larger
  power      = pow(10, 1000000000)                    # error: pow() failed; The result has more than 10000 digits.
  small      = pow(10, -1000000000)                   # error: pow() failed; The result has more than 10000 digits.
  fine       = "${pow(2, 64)} ${format("%08.3f", 1.5)} ${join("-", ["a", "b"])} ${replace("a.b", ".", "-")} ${indent(2, "a\nb")} ${length(setproduct(["a"], ["b", "c"]))}"
  empty      = replace("abc", "", "-")
  none       = join(",", [])
}

connection "c" {
  type = "ssh"
  user = local.none # error: user is empty
}
