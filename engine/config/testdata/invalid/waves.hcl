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

policy "p" { # warning: policy "p" has no restore point # warning: policy "p" has no verification
  hosts    = group.g
  baseline = baseline.b
  rollout { # error: the waves of policy "p" leave hosts over; 3 of 10 hosts are in no wave.
    wave "one" {
      count = 2
    }
    wave "two" {
      percent = 55
    }
  }
}
