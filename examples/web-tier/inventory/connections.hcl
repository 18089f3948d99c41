connection "bastion" {
  type           = "ssh"
  user           = "jump"
  identity_files = ["~/.ssh/patch_ed25519"]
}

connection "linux" {
  type           = "ssh"
  user           = "patch"
  identity_files = ["~/.ssh/patch_ed25519"]
  jump           = [host.bastion]
  become {
    method   = "sudo"
    password = secret("cred:sudo")
  }
  timeouts {
    connect = "15s"
  }
}
