package config

import (
	"fmt"

	"patchwave/connectors"
	"patchwave/engine/config/language"
)

func describeConnection() *language.Block {
	return describe(connectionShape(), language.Block{
		Name: "connection", Group: inventoryGroup,
		Doc: "A way to reach hosts: SSH, WinRM, or none because it is this machine.",
		Notes: []string{
			"Only for `ssh`: " + codeList(sshArguments) + ". Only for `winrm`: " + codeList(winrmArguments) + ". For both: " + codeList(loginArguments) + ". A `local` connection takes none of these.",
			"A host whose key is not known, or has changed, is not entered. There is no way to switch that off.",
		},
		Example: `connection "linux" {
  type           = "ssh"
  user           = "patch"
  identity_files = ["~/.ssh/patch_ed25519"]
  jump           = [host.bastion]
  become {
    method   = "sudo"
    password = secret("cred:sudo")
  }
}`,
		Arguments: append([]language.Argument{
			language.Arg("type", language.Word(connectionTypes()), "How hosts are reached."),
			language.Arg("user", language.Text(), "Who logs in. For `winrm` also `DOMAIN\\NAME` or `NAME@REALM`.").Like("patch").OrSays("that of `ssh_config`, else the running user"),
			language.Arg("port", language.Number(1, 65535), "The port.").Like(22).OrSays(fmt.Sprintf("22 for `ssh`, %d for `winrm`, %d without `https`", connectors.WinRMPortHTTPS, connectors.WinRMPortHTTP)),
			language.Arg("password", language.Secret(), "The password of the login. A literal one is an error."),
			language.Arg("certificate", language.Text(), "A file: for `ssh` the certificate that belongs to the key, for `winrm` that of `auth = \"certificate\"`.").Like("~/.ssh/patch_ed25519-cert.pub"),
			language.Arg("identity_files", language.ListOrNone(language.Text()), "Files with private keys, tried in order.").Like([]string{"~/.ssh/patch_ed25519"}),
			language.Arg("agent", language.Flag(), "Use the keys of the SSH agent.").Or(false),
			language.Arg("passphrase", language.Secret(), "Opens the private keys."),
			language.Arg("host_key", language.Text(), "The only key that is accepted, as `ssh-keyscan` prints it without the host.").Like("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"),
			language.Arg("jump", language.ListOrNone(language.Ref("host")), "Hosts on the way, the first one first. A jump host is reached without the chain that names it.").Like([]any{"host.bastion"}),
			language.Arg("ssh_config", language.Flag(), "What is not set here comes from `~/.ssh/config`.").Or(false),
			language.Arg("host_keys", language.Word(hostKeyPolicies()), "`strict` accepts known keys only, `accept-new` also that of a host that is seen for the first time.").Or(string(connectors.HostKeysStrict)),
		}, winrmDescriptions()...),
		Blocks: []*language.Block{describeBecome(), describeTimeouts(), describeRetry(), describeKerberos()},
	})
}

func winrmDescriptions() []language.Argument {
	return []language.Argument{
		language.Arg("https", language.Flag(), "Use TLS. Without it only `auth = \"ntlm\"` is allowed, which then encrypts.").Or(true),
		language.Arg("auth", language.Word(winrmLogins()), "How the login is proven.").Or(string(connectors.WinRMNTLM)),
		language.Arg("ca_file", language.Text(), "A file with the authority that signed the server's certificate.").Like("corp-ca.pem"),
		language.Arg("server_fingerprint", language.Text(), "`sha256:` and the 64 hex digits of the server's certificate, instead of an authority.").Like("sha256:0000000000000000000000000000000000000000000000000000000000000000"),
		language.Arg("private_key", language.Text(), "The file with the key of `certificate`.").Like("patch.key"),
	}
}

func describeBecome() *language.Block {
	return describe(becomeShape(), language.Block{
		Name:  "become",
		Doc:   "How commands on the host get their privilege. Without the block the login is privileged enough.",
		Notes: []string{"`sudo` is tried without a password first; the password is typed only after a prompt that this run chose. `doas` cannot be given one."},
		Example: `connection "linux" {
  type = "ssh"
  become {
    method   = "sudo"
    user     = "root"
    password = secret("cred:sudo")
  }
}`,
		Arguments: []language.Argument{
			language.Arg("method", language.Word(becomeMethods()), "The program that gives it.").Or(string(connectors.BecomeSudo)),
			language.Arg("user", language.Text(), "Who the commands run as.").Or("root"),
			language.Arg("password", language.Secret(), "What it asks for: for `sudo` and `su` only."),
		},
	})
}

func describeTimeouts() *language.Block {
	return describe(timeoutsShape(), language.Block{
		Name: "timeouts",
		Doc:  "How long is waited.",
		Example: `connection "linux" {
  type = "ssh"
  timeouts {
    connect = "10s"
    command = "2h"
    idle    = "5m"
  }
}`,
		Arguments: []language.Argument{
			language.Arg("connect", language.Duration(), "For the connection and the login.").Or(connectors.DefaultConnectTimeout),
			language.Arg("command", language.Duration(), "For a command to end.").Or(connectors.DefaultCommandTimeout),
			language.Arg("idle", language.Duration(), "For a sign of life of a command.").Or(connectors.DefaultIdleTimeout),
		},
	})
}

func describeRetry() *language.Block {
	return describe(retryShape(), language.Block{
		Name: "retry",
		Doc:  "How often a connection is tried. A command that may have begun is never repeated.",
		Example: `connection "linux" {
  type = "ssh"
  retry {
    attempts = 5
    backoff  = "2s"
  }
}`,
		Arguments: []language.Argument{
			language.Arg("attempts", language.Number(1, maxAttempts), "Tries, the first one included.").Or(connectors.DefaultRetryAttempts),
			language.Arg("backoff", language.Duration(), "The pause before the second try; it doubles after each.").Or(connectors.DefaultRetryBackoff),
		},
	})
}

func describeKerberos() *language.Block {
	return describe(kerberosShape(), language.Block{
		Name: "kerberos",
		Doc:  "Where tickets come from, for `auth = \"kerberos\"`. Without `keytab` and `ccache` the connection needs user and password.",
		Example: `connection "windows" {
  type = "winrm"
  auth = "kerberos"
  user = "patch"
  kerberos {
    realm  = "CORP.EXAMPLE.NET"
    keytab = "/etc/patchwave/patch.keytab"
  }
}`,
		Arguments: []language.Argument{
			language.Arg("realm", language.Text(), "The realm.").Like("CORP.EXAMPLE.NET").OrSays("that of `krb5_conf`"),
			language.Arg("keytab", language.Text(), "A file with the keys of the user.").Like("/etc/patchwave/patch.keytab"),
			language.Arg("ccache", language.Text(), "A file with tickets that are there already.").Like("/run/patchwave/ccache"),
			language.Arg("krb5_conf", language.Text(), "The configuration of Kerberos.").Like("/etc/krb5.conf").OrSays("`/etc/krb5.conf`"),
		},
		Rules: []language.Rule{language.AtMostOne("keytab", "ccache")},
	})
}
