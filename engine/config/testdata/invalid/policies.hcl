connection "c" {
  type = "ssh"
}

host "h-[1:10]" {
  connection = connection.c
}

group "g" {
  where = true
}

baseline "b" {
  approve "x" {
    packages = ["*"]
  }
}

preparation "none" {}

preparation "wrong" {
  restore_point {
    providers = ["timeshift", "lmv"] # error: there is no provider "timeshift"; It must be one of snapper # error: Did you mean "lvm"?
    required  = "sure" # error: required must be true or false
    keep      = 0 # error: keep must be a whole number from 1 to 1000
    expire    = "0d" # error: expire cannot be zero
  }
  restore_point {} # error: duplicate restore_point block
}

preparation "empty" {
  restore_point {
    providers = [] # error: providers is empty
  }
}

verification "back" {
  tcp "ssh" {
    port = 22
  }
  on_failure = "rollback"
}

verification "nothing" {} # error: verification "nothing" asks nothing

verification "wrong" {
  service "a" {
    state = "up" # error: "up" is no state; It must be one of running, stopped.
  }
  service "a" {} # error: duplicate service "a"
  tcp "b" {} # error: missing argument "port"
  tcp "c" {
    port   = 0 # error: port must be a whole number from 1 to 65535
    within = "0s" # error: within cannot be zero
    on     = "moon" # error: "moon" is no value of on; It must be one of host, controller.
  }
  command "d" {} # error: missing argument "run"
  command "e" {
    run    = "" # error: run is empty
    become = 1 # error: become must be true or false
    on     = "controllr" # error: Did you mean "controller"?
  }
  on_failure = "panic" # error: "panic" is no value of on_failure
}

policy "empty" { # error: missing argument "hosts" # error: missing argument "baseline"
}

policy "gone" {
  hosts        = [group.nobody, host.h-11] # error: there is no group "nobody" # error: there is no host "h-11"; Did you mean "h-1
  baseline     = baseline.c # error: there is no baseline "c"
  preparation  = preparation.x # error: there is no preparation "x"
  verification = verification.y # error: there is no verification "y"
}

policy "back" {
  hosts        = group.g
  baseline     = baseline.b
  verification = verification.back # error: policy "back" rolls back and has no restore point; Give the policy a preparation with a restore_point
}

policy "back2" {
  hosts        = group.g
  baseline     = baseline.b
  preparation  = preparation.none
  verification = verification.back # error: policy "back2" rolls back and has no restore point; Preparation "none" has no restore_point
}

preparation "files" {
  restore_point {
    providers = ["vss"]
  }
}

policy "back3" {
  hosts        = group.g
  baseline     = baseline.b
  preparation  = preparation.files
  verification = verification.back # error: policy "back3" rolls back and has no restore point that can be gone back to; Shadow copies (vss) hold files only. Add another provider, or use on_failure = "stop".
}

policy "wrong" {
  hosts    = [] # error: hosts is empty
  baseline = "b" # error: a reference is needed here
  priority = -1 # error: priority must be a whole number from 0 to
  updates  = "none" # error: "none" is no value of updates; It must be one of all, no-reboot, reboot.
  window   = window.w # error: there is no window "w"; No window is declared.
  reboot {
    when    = "defer" # error: a deferred reboot needs a window; Add window = window.NAME to the reboot block
    timeout = "0s" # error: timeout cannot be zero
    cycles  = 0 # error: cycles must be a whole number from 1 to 100
    stagger = "soon" # error: "soon" is no duration
  }
  reboot {} # error: duplicate reboot block
  rollout {
    max_failures = "101%" # error: max_failures must be a number or a percentage; Write a number, or a percentage from "1%" to "100%".
    counts       = ["faild"] # error: Did you mean "failed"?
    wave "a" {
      count   = "one" # error: count must be a whole number from 1 to
      percent = 10    # error: wave "a" has count and percent
    }
  }
}

policy "waves" {
  hosts    = group.g
  baseline = baseline.b
  reboot {
    when = "sometimes" # error: "sometimes" is no value of when; It must be one of required, always, never, defer.
  }
  rollout {
    max_failures = -1 # error: max_failures must be at least 0
    counts       = [] # error: counts is empty
    wave "both" {
      count   = 1
      percent = 10 # error: wave "both" has count and percent; Give one of them
    }
    wave "zero" {
      count           = 0 # error: count must be a whole number from 1 to
      batch           = 0 # error: batch must be at least 1
      max_unavailable = "0%" # error: max_unavailable must be a number or a percentage
      soak            = 3 # error: soak must be a duration
    }
    wave "all" { # error: wave "all" takes all hosts that are left and is not the last; Give it count or percent, or move it to the end.
    }
    wave "over" {
      percent = 200 # error: percent must be a whole number from 1 to 100
      batch   = "+5%" # error: batch must be a number or a percentage
    }
    wave "over" {} # error: duplicate wave "over"
  }
}
