connection "c" {
  type = "ssh"
}

host "h" {
  connection = connection.c
}

baseline "b" {
  approve "all" {
    packages = ["*"]
  }
}

window "w" {
  schedule = "Tue 02:00"
  duration = "4h"
}

notify "ops" {
  url = secret("cred:slack")
}

policy "bare" {
  hosts    = host.h
  baseline = baseline.b
  gap      = "1h" # error: gap has no meaning without a window
  stage { # error: stage has no meaning without a window
    before = "1h"
  }
  notice { # error: notice has no meaning without a window # error: nobody gets this notice
    before = "1h"
  }
}

policy "words" {
  hosts    = host.h
  baseline = baseline.b
  window   = window.ww # error: there is no window "ww"
  after    = [policy.barr] # error: there is no policy "barr"; Did you mean "bare"?
  gap      = "soon" # error: "soon" is no duration
  notify   = [notify.opps] # error: there is no notify "opps"; Did you mean "ops"?
  stage {} # error: missing argument "before"
  notice {
    before = "0h" # error: before cannot be zero
    to     = [notify.dev] # error: there is no notify "dev"
  }
  reboot {
    when   = "required"
    window = window.w # error: window has no meaning here; It belongs to when = "defer"
  }
  rollout {
    split = "both" # error: "both" is no value of split; It must be one of reboot.
  }
}

policy "defer" {
  hosts    = host.h
  baseline = baseline.b
  reboot {
    when   = "defer"
    window = window.www # error: there is no window "www"
  }
}

policy "one" {
  hosts    = host.h
  baseline = baseline.b
  after    = [policy.three]
}

policy "two" {
  hosts    = host.h
  baseline = baseline.b
  after    = policy.one
}

policy "three" {
  hosts    = host.h
  baseline = baseline.b
  after    = [policy.two] # error: a cycle among policies that come after each other; policy.one → policy.three → policy.two → policy.one.
}

policy "self" {
  hosts    = host.h
  baseline = baseline.b
  after    = [policy.self] # error: a cycle among policies that come after each other; policy.self → policy.self.
}

policy "windows" {
  hosts    = host.h
  baseline = baseline.b
  windows_update {
    source      = "offline" # error: source = "offline" needs cab
    accept_eula = "yes" # error: accept_eula must be true or false
  }
}

policy "cab" {
  hosts    = host.h
  baseline = baseline.b
  windows_update {
    cab = "none.cab" # error: cab has no meaning here; It belongs to source = "offline".
  }
  windows_update { # error: duplicate windows_update block
    source = "wsuss"
  }
}

policy "source" {
  hosts    = host.h
  baseline = baseline.b
  windows_update {
    source = "wsuss" # error: Did you mean "wsus"?
  }
}
