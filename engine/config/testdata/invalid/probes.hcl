connection "c" {
  type = "ssh"
}

host "h" {
  connection = connection.c
}

verification "http" {
  unchanged = ["services", "listners"] # error: Did you mean "listeners"?
  http "none" {} # error: missing argument "url"
  http "ftp" {
    url = "ftp://x/" # error: url begins with neither http:// nor https://
  }
  http "empty" {
    url    = "https:///x" # error: "https:///x" is no URL
    status = [] # error: status is empty
  }
  http "words" {
    url    = "${host.address}/healthz"
    status = [200, "ok", 700] # error: each element of status must be a status code # error: each element of status must be a status code
    body   = "" # error: body is empty
    on     = "cloud" # error: "cloud" is no value of on
    within = "0s" # error: within cannot be zero
  }
  http "password" {
    url = "https://op:hunter2@x/" # error: a password stands in the URL
  }
  http "facts" {
    url = "https://${host.os.name}/" # error: host.os cannot be used here; It comes from the hosts, and this request runs on the controller
  }
  http "none" { # error: duplicate http "none"
    url = "" # error: url is empty
  }
  command "far" {
    on     = "controller"
    run    = ["check", "${host.kernel}"] # error: host.kernel cannot be used here
    become = false # error: become has no meaning on the controller
  }
  command "script" {
    on  = "controller"
    run = "check ${host.name}" # error: an attribute of the host cannot stand inside a script
  }
  command "here" {
    run = "check ${host.name}" # error: an attribute of the host cannot stand inside a script
  }
  command "program" {
    run = ["", "x"] # error: run names no program
  }
}

availability "both" {
  hosts           = host.h
  max_unavailable = 1
  min_healthy     = 2 # error: availability "both" has max_unavailable and min_healthy; Give exactly one of them.
}

availability "none" { # error: missing argument "hosts" # error: availability "none" bounds nothing
}

availability "wrong" {
  hosts           = [] # error: hosts is empty
  max_unavailable = 0 # error: max_unavailable must be at least 1
  command "quorum" {
    run = 5
    on  = "hosts" # error: Did you mean "host"?
  }
  service "etcd" {
    state = "running"
  }
}

availability "gone" {
  hosts       = group.g # error: there is no group "g"
  min_healthy = "0%" # error: min_healthy must be a number or a percentage
}
