connection "c" {
  type = "ssh"
}

host "h" {
  connection = connection.c
}

preparation "wake" {
  wake {
    timeout = "0s" # error: timeout cannot be zero
    via     = host.hh # error: there is no host "hh"
    then    = "sleep" # error: "sleep" is no value of then; It must be one of restore, stay.
  }
  wake {} # error: duplicate wake block
}

preparation "require" {
  require {
    disk_free = {
      "/"     = "2 GiB" # error: "2 GiB" is no size; Write a whole number with KB, MB, GB
      "/boot" = 200 # error: disk_free of "/boot" must be a size; A bare number has no unit
      "var"   = "1GB" # error: "var" is no mount point; Write it from the root
      "c:"    = "1GB" # error: "c:" is no mount point; Write it from the root: "/boot"; a drive of Windows is "C:"
      "/big"  = "9999999999TB" # error: "9999999999TB" is no size; This is more than any disk holds.
    }
    clock_skew = "0s" # error: clock_skew cannot be zero
    no_process = ["/usr/bin/x", ""] # error: "/usr/bin/x" is no name of a program # error: an element of no_process is empty
    no_users   = "nobody" # error: no_users must be true or false
  }
  require {} # error: duplicate require block
}

preparation "nothing" {
  require {} # error: require asks for nothing; Give it at least one of
}

preparation "list" {
  require {
    disk_free = ["2GiB"] # error: disk_free must be an object; Write it in braces: { "/" = "2GiB" }.
  }
}

preparation "run" {
  run "both" {
    command = ["true"]
    script  = "true" # error: run "both" has command and script
  }
  run "none" {} # error: run "none" does nothing
  run "facts" {
    on      = "controller"
    command = ["amtool", "add", "os=${host.os.name}"] # error: host.os cannot be used here; It comes from the hosts, and this command runs on the controller. Declared attributes can be used: address, labels, name, site, timezone, vars.
    undo    = ["amtool", "del", "${host.groups[0]}"] # error: host.groups cannot be used here
  }
  run "inside" {
    on      = "controller"
    command = ["sh", "-c", "echo ${host.name}"] # error: an attribute of the host cannot stand inside a script; Hand it over as an argument of its own
    undo    = "echo ${host.name}" # error: an attribute of the host cannot stand inside a script; Use a command with separate arguments
  }
  run "sudo" {
    command = ["sudo", "/bin/bash", "-ec", "echo ${host.name}"] # error: an attribute of the host cannot stand inside a script
  }
  run "program" {
    command = [host.name, "x"] # error: the program cannot depend on the host
    undo    = [] # error: undo names no program; Write the program and its arguments
  }
  run "unknown" {
    command = ["x", "${host.nam}"] # error: Did you mean "name"?
    undo    = ["x", update.name] # error: update is not known here
  }
  run "types" {
    on         = "moon" # error: "moon" is no value of on; It must be one of host, controller.
    command    = ["x", host.vars, ["y"]] # error: each element of command must be a string
    undo       = ["x", host.labels] # error: each element of undo must be a string
    on_failure = "rollback" # error: "rollback" is no value of on_failure; It must be one of stop, continue.
  }
  run "zero" {
    script = "a\u0000b" # error: script cannot contain a zero byte
    undo   = ["a", "b\u0000"] # error: each element of undo cannot contain a zero byte
  }
  run "secret" {
    command = ["x", secret("cred:x")] # error: a secret cannot be used here
    undo    = ["x", "${host.name}${secret("cred:x")}"] # error: there is no function "secret"
  }
  run "secret" { # error: duplicate run "secret"
    script = "" # error: script is empty
  }
  run "text" {
    command = "systemctl stop x" # error: command must be a list; Write it in brackets
  }
}
