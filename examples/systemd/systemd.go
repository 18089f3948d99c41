// Package systemd holds the units with which a timer starts what is due. They are
// what `patchwave schedule install` writes; README.md is for those who install them.
package systemd

import (
	_ "embed" // the units
	"strings"
)

//go:embed patchwave.service
var service string

//go:embed patchwave.timer
var timer string

//go:embed patchwave.sysusers.conf
var sysusers string

//go:embed patchwave.tmpfiles.conf
var tmpfiles string

// Where the files here expect the program and its configuration.
const (
	Program = "/usr/local/bin/patchwave"
	Config  = "/etc/patchwave"
	// State is the one directory that the service may write.
	State = "/var/lib/patchwave"
)

// File is one file of the installation.
type File struct {
	// Path is absolute.
	Path string
	Text string
}

// Files are the files for a program and a configuration at these absolute paths,
// which must hold nothing that is special in a unit: see Plain.
func Files(program, config string) []File {
	put := strings.NewReplacer(Program, program, Config, config)
	return []File{
		{"/etc/systemd/system/patchwave.service", put.Replace(service)},
		{"/etc/systemd/system/patchwave.timer", timer},
		{"/etc/sysusers.d/patchwave.conf", sysusers},
		{"/etc/tmpfiles.d/patchwave.conf", put.Replace(tmpfiles)},
	}
}

// Plain reports whether a path means itself in a unit: no blanks, quotes, specifiers.
func Plain(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.ContainsFunc(path, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("/._+-", r)
	})
}

// Hidden returns the directory that the service cannot see and that holds a path;
// "" if there is none.
func Hidden(path string) string {
	for _, dir := range []string{"/home", "/root", "/run/user", "/tmp", "/var/tmp"} {
		if path == dir || strings.HasPrefix(path, dir+"/") {
			return dir
		}
	}
	return ""
}

// Next are the commands that make the files work, in their order.
func Next() [][]string {
	return [][]string{
		{"systemd-sysusers", "/etc/sysusers.d/patchwave.conf"},
		{"systemd-tmpfiles", "--create", "/etc/tmpfiles.d/patchwave.conf"},
		{"systemctl", "daemon-reload"},
		{"systemctl", "enable", "--now", "patchwave.timer"},
	}
}
