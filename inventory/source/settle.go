package source

import (
	"slices"
	"strconv"
	"strings"
)

// divided is what divide makes of variables.
type divided struct {
	own     map[string]any
	secrets []string
}

// settle turns the graph into hosts and groups.
func (g *graph) settle(hostFiles *varsDir) *Error {
	if err := g.bound(); err != nil {
		return err
	}
	shared := map[string]divided{}
	names := nameCache{}
	for _, h := range g.hostOrder {
		files, err := hostFiles.vars(h.name)
		if err != nil {
			return err
		}
		vars, key, err := g.hostVars(h, files)
		if err != nil {
			return err
		}
		parts, ok := shared[key]
		if !ok {
			parts.own, parts.secrets = divide(vars, names)
			slices.Sort(parts.secrets)
			if key != "" {
				shared[key] = parts
			}
		}
		g.settleHost(h, vars, parts)
	}
	hostFiles.unused("host")
	for _, n := range g.groupOrder {
		if n == g.all || n == g.ungrouped {
			continue
		}
		out := Group{Name: n.name, Pos: n.pos}
		for _, c := range n.children {
			out.Children = append(out.Children, c.name)
		}
		vars := make(map[string]any, len(n.vars)+len(n.files))
		g.merge(vars, n.vars)
		g.merge(vars, n.files)
		out.Vars, _ = divide(vars, names)
		g.r.groups = append(g.r.groups, out)
	}
	return nil
}

func (g *graph) settleHost(h *hostNode, vars map[string]any, parts divided) {
	out := Host{Name: h.name, Vars: parts.own, Secrets: parts.secrets, Pos: h.pos}
	for _, n := range g.directGroups(h) {
		if n != g.ungrouped {
			out.Groups = append(out.Groups, n.name)
		}
	}
	s := &settings{r: g.r, host: &out, vars: vars}
	if s.read() {
		g.r.hosts = append(g.r.hosts, out)
	}
}

// settings turns the variables that tell Ansible how to reach a host into fields.
type settings struct {
	r    *reader
	host *Host
	vars map[string]any
}

// read reports false for a host that cannot be reached from here.
func (s *settings) read() bool {
	h := s.host
	if !s.connection() {
		return false
	}
	h.Address = cmpOr(s.text("ansible_host", "ansible_ssh_host"), h.Name)
	if v, ok := s.vars["ansible_host"].(string); ok && isTemplate(v) {
		s.r.lose(h.Pos, "host %q was left out: its address is a template (%s), which only ansible can evaluate", shorten(h.Name), shorten(v))
		return false
	}
	h.Port = s.port("ansible_port", "ansible_ssh_port", "ansible_winrm_port")
	h.User = s.text("ansible_user", "ansible_ssh_user", "ansible_winrm_user")
	if file := s.text("ansible_private_key_file", "ansible_ssh_private_key_file"); file != "" {
		h.IdentityFiles = []string{file}
	}
	s.become()
	s.winRM()
	s.jump()
	s.rest()
	return true
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func isTemplate(s string) bool { return strings.Contains(s, "{{") || strings.Contains(s, "{%") }

// text returns the first of several variables that is set to a single value.
func (s *settings) text(names ...string) string {
	for _, name := range names {
		v, ok := s.vars[name]
		if !ok || v == nil {
			continue
		}
		text, ok := scalarText(v)
		switch {
		case !ok:
			s.r.noteOnce(s.host.Pos, "%s was left out: it is no single value", name)
		case isTemplate(text):
			s.r.noteOnce(s.host.Pos, "%s was left out: it is a template, which only ansible can evaluate", name)
		case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
			s.r.noteOnce(s.host.Pos, "%s was left out: it has a control character in it", name)
		default:
			return text
		}
		return ""
	}
	return ""
}

// scalarText is a single value as text.
func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	default:
		return "", false
	}
}

func (s *settings) port(names ...string) int {
	text := s.text(names...)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 65535 {
		s.r.note(s.host.Pos, "host %q: port %q was left out: a port is a number from 1 to 65535", shorten(s.host.Name), shorten(text))
		return 0
	}
	return n
}

// connection reads ansible_connection.
func (s *settings) connection() bool {
	name := s.text("ansible_connection")
	name = name[strings.LastIndexByte(name, '.')+1:] // ansible.builtin.ssh
	switch name {
	case "":
	case "ssh", "paramiko", "paramiko_ssh", "smart":
		s.host.Connection = "ssh"
	case "winrm", "psrp":
		s.host.Connection = "winrm"
	case "local":
		s.host.Connection = "local"
	default:
		s.r.lose(s.host.Pos, "host %q was left out: it is reached by %q, and patchwave knows ssh, winrm and local", shorten(s.host.Name), shorten(name))
		return false
	}
	return true
}

// isTrue reports what Ansible takes for true.
func isTrue(text string) bool {
	return slices.Contains([]string{"true", "yes", "on", "1", "y", "t"}, strings.ToLower(text))
}

func (s *settings) become() {
	wanted, method := s.text("ansible_become"), s.text("ansible_become_method")
	user := s.text("ansible_become_user")
	if wanted == "" && method == "" && user == "" {
		return
	}
	if wanted != "" && !isTrue(wanted) {
		s.host.Become = &Become{Method: "none"}
		return
	}
	method = method[strings.LastIndexByte(method, '.')+1:]
	switch method {
	case "":
		method = "sudo"
	case "sudo", "doas", "su":
	case "runas":
		return // of Windows: the login is an administrator there
	default:
		s.r.noteOnce(s.host.Pos, "ansible_become_method %q was left out: patchwave knows sudo, doas and su", shorten(method))
		return
	}
	s.host.Become = &Become{Method: method, User: user}
}

func (s *settings) winRM() {
	if s.host.Connection != "winrm" {
		return
	}
	if v := strings.ToLower(s.text("ansible_winrm_scheme", "ansible_psrp_protocol")); v == "http" || v == "https" {
		s.host.WinRM.Scheme = v
	}
	auth := strings.ToLower(s.text("ansible_winrm_transport", "ansible_psrp_auth"))
	switch auth {
	case "":
	case "basic", "ntlm", "kerberos", "certificate":
		s.host.WinRM.Auth = auth
	case "ssl", "plaintext":
		s.host.WinRM.Auth = "basic"
	default:
		s.r.noteOnce(s.host.Pos, "the WinRM transport %q was left out: patchwave knows basic, ntlm, kerberos and certificate", shorten(auth))
	}
	if strings.EqualFold(s.text("ansible_winrm_server_cert_validation", "ansible_psrp_cert_validation"), "ignore") {
		s.r.noteOnce(s.host.Pos, "certificates of WinRM hosts were not checked by ansible and will be: set ca_file or server_fingerprint")
	}
}

// understood are the variables of Ansible that are read here.
var understood = [...]string{
	"ansible_host", "ansible_ssh_host", "ansible_port", "ansible_ssh_port", "ansible_winrm_port", "ansible_user",
	"ansible_ssh_user", "ansible_winrm_user", "ansible_private_key_file", "ansible_ssh_private_key_file", "ansible_connection",
	"ansible_become", "ansible_become_method", "ansible_become_user", "ansible_winrm_scheme", "ansible_psrp_protocol",
	"ansible_winrm_transport", "ansible_psrp_auth", "ansible_winrm_server_cert_validation", "ansible_psrp_cert_validation",
	"ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_args",
	// of Ansible's own runs: patchwave needs no interpreter
	"ansible_python_interpreter", "ansible_shell_type", "ansible_shell_executable",
}

// rest notes the variables of Ansible that mean nothing here.
func (s *settings) rest() {
	for name, v := range s.vars {
		if strings.HasPrefix(name, "ansible_") && !slices.Contains(understood[:], name) && !isSecret(name, v) {
			s.r.noteOnce(s.host.Pos, "%s was left out: it has no meaning in patchwave", shorten(name))
		}
	}
}
