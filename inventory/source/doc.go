// Package source reads inventories that were written for other programs and
// says what hosts and groups are in them. It works on bytes: whoever calls it
// reads the files.
//
//	Parse        one source ─► Result: hosts, groups, and notes on what was not
//	             understood, each with file and line
//	Beside       the directories that belong to a source besides the file named
//	Kinds        what can be read
//
//	ini.go, yaml*.go, list.go      the three forms of an Ansible inventory
//	varsfiles.go, graph.go         host_vars, group_vars; which variable wins
//	python.go, words.go, range.go  literals, quoting and ranges as Ansible reads them
//	settle.go                      ansible_host and its like become fields of Host
//	csv.go, json.go, terraform.go, sshconfig.go
//	secrets.go                     what must not be handed on
//
// # What Parse guarantees
//
// An error means that nothing can be said about the source: it is too large, or
// not of its kind. Everything smaller is a Note, and a note that is Lost says
// that a host or a group is missing from the result because of it: a caller that
// patches by the result should stop there.
//
// No value of a variable that looks like a secret leaves this package; Host names
// those that were there. A value encrypted by ansible-vault is never read.
//
// Templates ({{ … }}) are not evaluated: such a value stays the text it is.
//
// The forms are those of ansible-core 2.14 and later, checked against
// ansible-inventory itself (build tag oracle); Terraform state version 4; and
// ssh_config(5) as far as Host, HostName, User, Port, IdentityFile and ProxyJump.
package source
