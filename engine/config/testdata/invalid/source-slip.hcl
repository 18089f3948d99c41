# What a source would have had is not reported as missing.

source "csv" "s" {
  pth = "hosts.csv" # error: Did you mean "path"?
}

group "g" {
  members = [host.of-the-source]
}
