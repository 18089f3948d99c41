package config

import (
	"patchwave/engine/config/language"
	"patchwave/policies"
)

func describePreparation() *language.Block {
	return describe(preparationShape(), language.Block{
		Name: "preparation", Group: policiesGroup,
		Doc: "What is done on a host before anything is changed, in this order: waking, requirements, restore point, actions.",
		Notes: []string{
			"The host is claimed between the requirements and the restore point. At the end, whatever happened, the actions are undone, last first, and a host that was woken goes back to sleep.",
			"A rollback by hand wakes the host, and neither asks for requirements nor runs actions.",
		},
		Example: `preparation "standard" {
  restore_point {
    required = true
  }
}`,
		Blocks: []*language.Block{describeWake(), describeRequire(), describeRestorePoint(), describeAction()},
	})
}

func describeWake() *language.Block {
	return describe(wakeShape(), language.Block{
		Name: "wake",
		Doc:  "Wakes hosts that are off or asleep, by their `mac`; hosts without one are left alone.",
		Notes: []string{
			"`apply` wakes a host that does not answer, before it plans and again before it begins; `plan` and `ping` do with `--wake`. The packet is sent until the host answers.",
			"`restore` sends a host only back that patchwave has woken: to sleep if it was asleep, off if it was off; never while a run works on it.",
			"The neighbour sends with python3, perl, wakeonlan, socat or etherwake, whichever it has.",
		},
		Example: `preparation "standard" {
  wake {
    timeout = "5m"
    via     = host.bastion
    then    = "restore"
  }
}`,
		Arguments: []language.Argument{
			language.Arg("timeout", language.Duration(), "How long a host is waited for.").Or(policies.DefaultWakeTimeout),
			language.Arg("via", language.Ref("host"), "An awake neighbour that sends the packet.").Like("host.bastion").OrSays("the controller sends it"),
			language.Arg("then", language.Word(wakeEnds()), "What happens at the end: `restore` sends it back to sleep.").Or(string(policies.WakeStay)),
		},
	})
}

func describeRequire() *language.Block {
	names := []string{"disk_free", "clock_skew", "no_process", "no_users"}
	return describe(requireShape(), language.Block{
		Name: "require",
		Doc:  "What must be true of a host. One on which it is not fails before anything is changed; all that is wrong is said at once.",
		Notes: []string{
			"A path of `disk_free` stands for the file system that it is on; drives of Windows are passed over elsewhere. The clock is compared with that of the controller, the way there and back allowed for. Logged in is who has a terminal or a screen.",
		},
		Example: `preparation "standard" {
  require {
    disk_free  = { "/" = "2GiB", "/boot" = "200MiB" }
    clock_skew = "30s"
    no_process = ["backup-agent"]
    no_users   = true
  }
}`,
		Arguments: []language.Argument{
			language.Arg("disk_free", language.Map(language.Size()), "Free space by mount point.").Like(map[string]any{"/": "2GiB"}),
			language.Arg("clock_skew", language.Duration(), "How far its clock may be off.").Like("30s"),
			language.Arg("no_process", language.List(language.Text()), "Programs that must not be running, as `ps` names them.").Like([]string{"backup-agent"}),
			language.Arg("no_users", language.Flag(), "Nobody may be logged in.").Or(false).Like(true),
		},
		Rules: []language.Rule{language.AtLeastOne(names...)},
	})
}

func describeRestorePoint() *language.Block {
	return describe(restorePointShape(), language.Block{
		Name: "restore_point",
		Doc:  "A way back, made and checked before a host is changed.",
		Notes: []string{
			"Built-in providers: " + codeList(policies.BuiltInProviders()) + ". What each can undo is said in the plan: `packages` undoes what the package manager can still fetch, `vss` holds files only and is no way back, the others undo the whole system.",
			"Without `providers` a host gets `packages`, or what Windows has of its own. A snapshot takes back everything that was written to the root since, a database on it included: nobody gets one who has not named it. `examples/RESTORE.md` says how to choose.",
			"`btrfs` snapshots the root subvolume in the directory `@patchwave` at the top of its file system, in a fraction of a second and without space of its own at first. A rollback gives a copy of it the place of the root, by name and as the default subvolume, and reboots; what ran before stays beside the point until that goes. It needs 2 GiB free (15 % of a small disk, at least 512 MiB), a root that is mounted by name or as the default subvolume, and `/usr`, `/etc` and the package database in it. Subvolumes inside of the root are kept as they are; a `/boot` of its own does not go back. After a power cut in the middle of a rollback the host boots the old or the new system, and a resume finishes what is left.",
			"`snapper` has snapper make and keep that snapshot, with `patchwave=TAG` in its userdata and without a cleanup algorithm, so that none of snapper's cleanups removes it; it needs a configuration of the root (`snapper -c root create-config /`). Where the default subvolume boots and `/.snapshots` is mounted by its name, as on openSUSE, it goes back by `snapper rollback`; where the root is a named subvolume, as on Debian, Ubuntu, Arch and Fedora, for which snapper has no rollback, as `btrfs` does, with snapper's snapshots moved along.",
			"`zfs` snapshots the dataset that the root is, and holds it. A rollback gives a clone of it the name of the root, sets `bootfs` where the pool has it, and reboots; nothing is rolled back over, and what ran before stays beside the point until that goes. It needs OpenZFS 2.1, a pool that is `ONLINE` and at most 80 % full, 2 GiB free (15 % of a small pool, at least 512 MiB), and `/usr`, `/etc` and the package database in that dataset; a root with datasets below it (zsys of Ubuntu) gets no point. A `/boot` of its own does not go back. Snapshots, clones and holds of others keep a point that they hang on. It was tried on a real pool in a virtual machine; what it costs on real hardware was not measured.",
			"Machines on Proxmox VE are snapshot by its API through a `provider` of type `proxmox`, others (vSphere) through one of type `command`: `examples/vsphere`. Neither was tried on a real one.",
			"`lvm` snapshots the logical volume that the root is on, thick or thin; a rollback merges the snapshot, which the next boot does. A thick snapshot needs a fifth of what the root holds, at least 512 MiB, free in its volume group, and takes half of it where there is room; a thin one needs as much free in its pool. `/usr`, `/etc` and the package database have to be on that volume, and the initramfs needs the module `dm-snapshot` for a thick one. A snapshot that fills up cannot be gone back to, and the host then says so; a `/boot` of its own does not go back, and its kernels keep their modules.",
		},
		Example: `preparation "standard" {
  restore_point {
    providers = ["snapper", "lvm", "packages"]
    required  = true
    keep      = 3
    expire    = "14d"
  }
}`,
		Arguments: []language.Argument{
			language.Arg("providers", language.List(providerName()), "Tried in order; the first that can do it does. Names of built-in ones, or `provider.NAME`.").Or(policies.DefaultProviders()),
			language.Arg("required", language.Flag(), "Without a checked restore point the host is not changed.").Or(false).Like(true),
			language.Arg("keep", language.Number(1, maxKeep), "How many of a host stay.").Or(defaultKeep),
			language.Arg("expire", language.Duration(), "How long they stay.").Like("14d").OrSays("until `keep` removes them"),
		},
	})
}

func describeAction() *language.Block {
	return describe(actionShape(), language.Block{
		Name: "run",
		Doc:  "Something that is done before the updates and undone at the end, whatever happened in between.",
		Notes: []string{
			"Attributes of the host may stand in arguments of a command, never inside a script, and on the controller only declared ones: " + codeList(declaredAttributes()) + ".",
			"On a host an action is a job, as root, that a dropped connection does not end, and that is begun once. On the controller it is started beside the configuration, in a small environment, without a shell; after a crash it may be started again, under the same `PATCHWAVE_ACTION`.",
			"An action that may have been done is undone, whatever happened; what fails is tried three times. A host on which an action still stands has failed, unless `on_failure` is `continue`.",
			"An action may take an hour (or the `command` timeout of the connection, if that is less), what undoes it ten minutes.",
		},
		Example: `preparation "standard" {
  run "silence" {
    on      = "controller"
    command = ["amtool", "silence", "add", "host=${host.name}"]
    undo    = ["amtool", "silence", "expire", "host=${host.name}"]
  }
  run "drain" {
    script = "systemctl stop haproxy-member"
    undo   = "systemctl start haproxy-member"
  }
}`,
		Arguments: []language.Argument{
			language.Arg("on", language.Word(runPlaces()), "Where it runs.").Or(policies.OnHost),
			language.Arg("command", commandLine(), "A program and its arguments, started without a shell.").Like([]any{"amtool", "silence", "add", "host=${host.name}"}),
			language.Arg("script", language.Text(), "A script for `sh`.").Like("systemctl stop haproxy-member"),
			language.Arg("undo", language.Either(commandLine(), language.Text()), "What undoes it: a command, or a script.").Like("systemctl start haproxy-member"),
			language.Arg("on_failure", language.Word(actionFailures()), "Whether a failure keeps the host from being changed.").Or(string(policies.FailStop)),
		},
		Rules: []language.Rule{language.ExactlyOne("command", "script")},
	})
}
