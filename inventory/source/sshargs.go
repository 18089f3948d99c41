package source

import (
	"strings"
)

// jump reads the arguments that Ansible gives to ssh. What is not a chain of jump
// hosts is noted.
func (s *settings) jump() {
	for _, name := range []string{"ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"} {
		text, _ := s.vars[name].(string)
		if text == "" {
			continue
		}
		// the template that is in every second inventory: a value, with a name in it
		if isTemplate(strings.ReplaceAll(text, "%", "")) {
			s.r.noteOnce(s.host.Pos, "%s was left out: it is a template, which only ansible can evaluate", name)
			continue
		}
		words, err := splitWords(text, false)
		if err != nil {
			s.r.noteOnce(s.host.Pos, "%s was left out: %s", name, err.Error())
			continue
		}
		s.sshWords(name, words)
	}
}

// sshWords reads the arguments of one variable.
func (s *settings) sshWords(name string, words []string) {
	for i := 0; i < len(words); i++ {
		flag, value := words[i], ""
		switch {
		case len(flag) > 2 && (strings.HasPrefix(flag, "-o") || strings.HasPrefix(flag, "-J")):
			flag, value = flag[:2], flag[2:]
		case (flag == "-o" || flag == "-J") && i+1 < len(words):
			i++
			value = words[i]
		}
		switch flag {
		case "-J":
			s.host.Jump = splitJump(value)
		case "-o":
			s.sshOption(name, value)
		case "-C", "-q", "-4", "-6":
		default:
			s.r.noteOnce(s.host.Pos, "%q in %s was left out", shorten(flag), name)
		}
	}
}

func (s *settings) sshOption(name, option string) {
	key, value, ok := strings.Cut(option, "=")
	if !ok {
		key, value, _ = strings.Cut(option, " ")
	}
	key, value = strings.ToLower(strings.TrimSpace(key)), strings.Trim(strings.TrimSpace(value), `"'`)
	switch key {
	case "proxyjump":
		s.host.Jump = splitJump(value)
	case "proxycommand":
		if hop, ok := proxyHop(value); ok {
			s.host.Jump = []string{hop}
		} else {
			s.r.noteOnce(s.host.Pos, "the ProxyCommand in %s was left out: patchwave runs none; name the jump host in jump", name)
		}
	case "stricthostkeychecking", "userknownhostsfile":
		if strings.EqualFold(value, "no") || strings.EqualFold(value, "off") || value == "/dev/null" {
			s.r.noteOnce(s.host.Pos, "host keys were not checked by ansible and will be: collect them in known_hosts first, or set host_keys = \"accept-new\"")
		}
	case "controlmaster", "controlpersist", "controlpath", "serveraliveinterval", "serveralivecountmax", "connecttimeout",
		"compression", "loglevel", "batchmode":
		// patchwave does this its own way
	default:
		s.r.noteOnce(s.host.Pos, "%s in %s was left out", shorten(key), name)
	}
}

func splitJump(value string) []string {
	if value == "" || strings.EqualFold(value, "none") {
		return nil
	}
	var out []string
	for _, hop := range strings.Split(value, ",") {
		hop = strings.TrimPrefix(strings.TrimSpace(hop), "ssh://")
		if hop != "" {
			out = append(out, hop)
		}
	}
	return out
}

// proxyHop reads the jump host out of "ssh -W %h:%p [-q] [-p PORT] [-l USER] HOST".
func proxyHop(command string) (string, bool) {
	words, err := splitWords(command, false)
	if err != nil || len(words) < 2 || (words[0] != "ssh" && !strings.HasSuffix(words[0], "/ssh")) {
		return "", false
	}
	forwards := false
	user, port, host := "", "", ""
	for i := 1; i < len(words); i++ {
		w := words[i]
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case w == "-W":
			forwards = strings.Trim(next, "[]") != "" && strings.HasPrefix(strings.TrimPrefix(next, "["), "%h")
			i++
		case w == "-p":
			port = next
			i++
		case w == "-l":
			user = next
			i++
		case w == "-q" || w == "-C" || w == "-x" || w == "-T":
		case strings.HasPrefix(w, "-") || host != "":
			return "", false
		default:
			host = w
		}
	}
	if !forwards || host == "" {
		return "", false
	}
	if user != "" && !strings.Contains(host, "@") {
		host = user + "@" + host
	}
	if port != "" {
		host += ":" + port
	}
	return host, true
}
