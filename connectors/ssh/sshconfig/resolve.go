package sshconfig

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// used are the options that Settings are made of.
func used(key string) bool {
	switch key {
	case "hostname", "user", "port", "identityfile", "certificatefile", "proxyjump", "proxycommand",
		"userknownhostsfile", "hostkeyalias", "identitiesonly":
		return true
	default:
		return false
	}
}

// mattering are options that have no effect here but may decide whether a login
// works, so that an operator should hear of them.
func mattering(key string) bool {
	switch key {
	case "knownhostscommand", "localcommand", "pkcs11provider", "securitykeyprovider", "identityagent",
		"canonicalizehostname", "bindaddress", "bindinterface", "addressfamily", "hostkeyalgorithms",
		"kexalgorithms", "ciphers", "macs", "pubkeyacceptedalgorithms", "pubkeyauthentication",
		"preferredauthentications", "globalknownhostsfile", "revokedhostkeys", "proxyusefdpass":
		return true
	default:
		return false
	}
}

// resolver collects the options of one host.
type resolver struct {
	subject
	home string
	// first has the first line of each option that counts once.
	first map[string]option
	// all has all lines of the options that add up.
	all         map[string][]option
	unsupported []string
	needed      *UnsupportedError
	err         error
}

// walk goes through a file in order.
func (r *resolver) walk(f *file) {
	for i := range f.blocks {
		b := &f.blocks[i]
		a, why := b.applies(r.subject)
		switch a {
		case yes:
			r.take(b)
		case maybe:
			r.undecided(b, why)
		case no:
		}
	}
}

func (r *resolver) take(b *block) {
	for _, o := range b.options {
		switch {
		case o.key == "include":
			for _, f := range o.include {
				r.walk(f)
			}
		case o.key == "identityfile" || o.key == "certificatefile":
			r.all[o.key] = append(r.all[o.key], o)
		case used(o.key) || mattering(o.key):
			r.set(o)
		}
	}
}

// set keeps the first of each option. ProxyJump and ProxyCommand compete: the
// first of either counts.
func (r *resolver) set(o option) {
	slot := o.key
	if slot == "proxycommand" {
		slot = "proxyjump"
	}
	if _, ok := r.first[slot]; ok {
		return
	}
	r.first[slot] = o
	switch o.key {
	case "hostname":
		name, err := tokens{'h': r.alias}.expand(o.args[0])
		if err == nil {
			err = checkHost(name)
		}
		if err != nil {
			r.fail(o, err)
			return
		}
		r.host = name
	case "user":
		r.user = o.args[0]
	}
	if mattering(o.key) {
		r.unsupported = append(r.unsupported, fmt.Sprintf("%s at %s has no effect", o.key, o.place()))
	}
}

func (r *resolver) fail(o option, err error) {
	r.err = errors.Join(r.err, fmt.Errorf("%s: %s: %w", o.place(), o.key, err))
}

// undecided notes a block that only an OpenSSH client could decide on. If it
// holds an option that could still count, the host cannot be resolved.
func (r *resolver) undecided(b *block, why string) {
	what := "Match " + why
	r.unsupported = append(r.unsupported, fmt.Sprintf("%s at %s:%d is not tried", what, b.match.file, b.match.line))
	if r.needed == nil && r.counts(b) {
		r.needed = &UnsupportedError{
			Host: r.alias, What: what, File: b.match.file, Line: b.match.line,
			Hint: "nothing is executed or guessed to decide on it; set the options of the block under a Host line, or in the inventory",
		}
	}
}

func (r *resolver) counts(b *block) bool {
	return slices.ContainsFunc(b.options, func(o option) bool {
		for _, f := range o.include {
			for i := range f.blocks {
				if a, _ := f.blocks[i].applies(r.subject); a != no && r.counts(&f.blocks[i]) {
					return true
				}
			}
		}
		slot := o.key
		if slot == "proxycommand" {
			slot = "proxyjump"
		}
		_, set := r.first[slot]
		return used(o.key) && !set
	})
}

// settings turns the options into values.
func (r *resolver) settings() (s Settings, err error) {
	s.Unsupported = r.unsupported
	if _, ok := r.first["hostname"]; ok {
		s.HostName = r.host
	}
	read(r, "user", func(o option) error {
		s.User = o.args[0]
		return checkUser(s.User)
	})
	read(r, "port", func(o option) (err error) {
		s.Port, err = parsePort(o.args[0])
		return err
	})
	read(r, "hostkeyalias", func(o option) (err error) {
		s.HostKeyAlias, err = tokens{'h': r.alias, 'n': r.alias}.expand(o.args[0])
		return errors.Join(err, checkHost(s.HostKeyAlias))
	})
	read(r, "identitiesonly", func(o option) (err error) {
		s.IdentitiesOnly, err = parseBool(o.args[0])
		return err
	})
	read(r, "proxyjump", func(o option) (err error) {
		if o.key == "proxycommand" {
			r.proxyCommand(o, &s)
			return nil
		}
		s.ProxyJump, err = parseJump(o.args[0])
		return err
	})
	r.paths(&s)
	if r.err == nil && r.needed != nil {
		return s, r.needed
	}
	return s, r.err
}

// read hands an option, if it is set, to a function that turns it into a value.
func read(r *resolver, key string, value func(option) error) {
	if o, ok := r.first[key]; ok {
		if err := value(o); err != nil {
			r.fail(o, err)
		}
	}
}

func parseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "yes", "true":
		return true, nil
	case "no", "false":
		return false, nil
	default:
		return false, fmt.Errorf("%q is neither yes nor no", s)
	}
}

// jumpLike is the ProxyCommand that people wrote before there was ProxyJump.
var jumpLike = regexp.MustCompile(`^(?:\S*/)?ssh (?:-[qaxT]+ )*-W (?:%h:%p|\[%h\]:%p) (?:-[qaxT]+ )*([A-Za-z0-9@._:-]+)$`)

func (r *resolver) proxyCommand(o option, s *Settings) {
	command := strings.Join(o.args, " ")
	if strings.EqualFold(command, "none") {
		return
	}
	s.Unsupported = append(s.Unsupported, fmt.Sprintf("ProxyCommand at %s is never run", o.place()))
	if r.needed != nil {
		return
	}
	hint := "no program is run to reach a host; write ProxyJump instead, or set jump in the inventory"
	if m := jumpLike.FindStringSubmatch(command); m != nil {
		hint = fmt.Sprintf("write `ProxyJump %s` instead, which does the same", m[1])
	}
	r.needed = &UnsupportedError{Host: r.alias, What: "ProxyCommand", File: o.file, Line: o.line, Hint: hint}
}

// paths fills in the options that are paths, which may hold tokens of the
// others.
func (r *resolver) paths(s *Settings) {
	t := r.tokens(s)
	s.IdentityFiles = r.files(t, r.all["identityfile"], s)
	s.CertificateFiles = r.files(t, r.all["certificatefile"], s)
	if o, ok := r.first["userknownhostsfile"]; ok {
		s.UserKnownHostsFiles = r.files(t, []option{o}, s)
	}
}

func (r *resolver) tokens(s *Settings) tokens {
	user, port, key := s.User, "22", s.HostKeyAlias
	if user == "" {
		user = r.localUser
	}
	if s.Port != 0 {
		port = fmt.Sprint(s.Port)
	}
	if key == "" {
		key = r.alias
	}
	return tokens{'h': r.host, 'n': r.alias, 'k': key, 'p': port, 'r': user, 'u': r.localUser, 'd': r.home}
}

// files expands the paths of some lines, each path once. A path that cannot be
// expanded is left out and named in Unsupported.
func (r *resolver) files(t tokens, options []option, s *Settings) []string {
	if len(options) == 0 {
		return nil
	}
	paths := []string{}
	for _, o := range options {
		for _, arg := range o.args {
			if strings.EqualFold(arg, "none") {
				continue
			}
			path, err := t.path(arg)
			if err != nil {
				s.Unsupported = append(s.Unsupported, fmt.Sprintf("%s at %s is left out: %v", o.key, o.place(), err))
				continue
			}
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}
