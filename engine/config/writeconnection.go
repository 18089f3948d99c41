package config

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"patchwave/inventory/source"
)

// writtenConnection is a connection block to be written.
type writtenConnection struct {
	name string
	// of is one of the hosts that use it; what tells connections apart is the same
	// for all of them.
	of   *writtenHost
	hops []*writtenHost
	// password and becomePassword say that the source has one, which is not known here.
	password, becomePassword bool
	// hosts is how many use it.
	hosts int
}

// loginSecrets and becomeSecrets are the variables of Ansible with a password.
var (
	loginSecrets  = []string{"ansible_password", "ansible_ssh_pass", "ansible_ssh_password", "ansible_pass", "ansible_winrm_password", "ansible_winrm_pass"}
	becomeSecrets = []string{"ansible_become_password", "ansible_become_pass", "ansible_sudo_pass", "ansible_su_pass"}
)

func isLoginSecret(name string) bool {
	return slices.Contains(loginSecrets, name) || slices.Contains(becomeSecrets, name)
}

func hasAny(names, of []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(of, n) })
}

// connectionOf returns the connection of a host, the same for all that are reached
// the same way.
func (w *inventoryWriter) connectionOf(h *writtenHost) *writtenConnection {
	c := &writtenConnection{of: h, password: hasAny(h.Secrets, loginSecrets), becomePassword: hasAny(h.Secrets, becomeSecrets)}
	if h.Become != nil && h.Become.Method == "none" {
		c.becomePassword = false
	}
	w.tidy(h)
	key, err := json.Marshal([]any{h.Connection, h.User, h.Port, h.IdentityFiles, h.Jump, h.Become, h.WinRM, c.password, c.becomePassword})
	if err != nil {
		key = []byte(h.Name) // strings and numbers: it never is
	}
	if known, ok := w.byKey[string(key)]; ok {
		known.hosts++
		return known
	}
	c.hosts = 1
	w.byKey[string(key)] = c
	w.connections = append(w.connections, c)
	return c
}

// nameConnections names the connections, those of most hosts first.
func (w *inventoryWriter) nameConnections() {
	order := slices.Clone(w.connections)
	slices.SortStableFunc(order, func(a, b *writtenConnection) int { return b.hosts - a.hosts })
	for _, c := range order {
		w.nameNew(c)
	}
}

// tidy takes out what a connection of the host's kind cannot have.
func (w *inventoryWriter) tidy(h *writtenHost) {
	if h.Connection == "" {
		h.Connection = "ssh"
	}
	if h.Become != nil && h.Become.Method == "none" && h.Become.User == "" {
		h.Become = nil
	}
	if h.Connection != "ssh" {
		h.IdentityFiles, h.Jump = nil, nil
	}
	switch h.Connection {
	case "local":
		h.User, h.Port = "", 0
	case "winrm":
		h.Become = nil
		if h.WinRM.Scheme == "" && h.Port == 5985 {
			h.WinRM.Scheme = "http"
		}
		if h.WinRM.Scheme == "http" && h.WinRM.Auth != "" && h.WinRM.Auth != "ntlm" {
			w.note("WinRM over plain http with %s became ntlm: it is the one that encrypts what is sent", h.WinRM.Auth)
			h.WinRM.Auth = "ntlm"
		}
	}
	files := h.IdentityFiles[:0:0]
	for _, f := range h.IdentityFiles {
		if f == "" || strings.ContainsFunc(f, isControl) || (strings.HasPrefix(f, "~") && f != "~" && !strings.HasPrefix(f, "~/")) {
			w.note("identity file %q was left out: write the whole path", f)
			continue
		}
		files = append(files, f)
	}
	h.IdentityFiles = files
}

// connectionName finds a name that says how the hosts are reached.
func (w *inventoryWriter) connectionName(h *writtenHost) string {
	base := map[string]string{"ssh": "linux", "winrm": "windows", "local": "local"}[h.Connection]
	candidates := []string{base}
	if h.User != "" && len(h.User) < 64 && validName(h.User) {
		base += "-" + h.User
		candidates = append(candidates, base)
	}
	if h.Port != 0 {
		base += "-" + strconv.Itoa(h.Port)
		candidates = append(candidates, base)
	}
	for {
		var name string
		if len(candidates) > 0 {
			name, candidates = candidates[0], candidates[1:]
		} else {
			w.numbers[base]++
			name = fmt.Sprintf("%s-%d", base, w.numbers[base]+1)
		}
		if folded := strings.ToLower(name); validName(name) && !w.names[folded] {
			w.names[folded] = true
			return name
		}
	}
}

// linkJumps finds the hosts of jump chains. One that is not in the inventory is
// added to it.
func (w *inventoryWriter) linkJumps() {
	byAddress := map[string]*writtenHost{}
	for _, h := range w.order {
		if _, taken := byAddress[h.Address]; !taken {
			byAddress[h.Address] = h
		}
	}
	// hosts that are added bring connections without hops
	for _, c := range slices.Clone(w.connections) {
		for _, hop := range c.of.Jump {
			if h := w.hop(hop, c, byAddress); h != nil && !slices.Contains(c.hops, h) {
				c.hops = append(c.hops, h)
			}
		}
	}
}

func (w *inventoryWriter) hop(written string, c *writtenConnection, byAddress map[string]*writtenHost) *writtenHost {
	user, host, port, ok := splitHop(written)
	if !ok {
		w.note("jump host %q was left out: it is written [user@]host[:port]", written)
		return nil
	}
	h := w.hosts[host]
	if h == nil {
		h = byAddress[host]
	}
	if h == nil {
		h = w.addHop(user, host, port)
		if h == nil {
			return nil
		}
		byAddress[host] = h
	}
	if h.Connection != "ssh" {
		w.note("jump host %q was left out: host %q is not reached over ssh", written, h.Name)
		return nil
	}
	if (user != "" && user != h.User) || (port != 0 && port != h.Port && (port != 22 || h.Port != 0)) {
		w.note("jump host %q of connection %s is host %q, which has a user or port of its own: that is used", written, c.name, h.Name)
	}
	return h
}

// nameNew names a connection that came after the others.
func (w *inventoryWriter) nameNew(c *writtenConnection) {
	if c.name == "" {
		c.name = w.connectionName(c.of)
	}
}

// splitHop reads [user@]host[:port].
func splitHop(s string) (user, host string, port int, ok bool) {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		user, s = s[:i], s[i+1:]
	}
	host = s
	if h, p, err := net.SplitHostPort(s); err == nil {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || n > 65535 {
			return "", "", 0, false
		}
		host, port = h, n
	}
	host = strings.Trim(host, "[]")
	return user, host, port, isAddress(host) && !strings.HasPrefix(user, "-") && !strings.ContainsFunc(user, isSpaceOrControl)
}

// addHop adds a jump host that the inventory does not name.
func (w *inventoryWriter) addHop(user, host string, port int) *writtenHost {
	name := host
	if !validName(name) || w.folded[strings.ToLower(name)] {
		w.note("jump host %q was left out: add a host block for it, and name it in jump", host)
		return nil
	}
	h := &writtenHost{Host: source.Host{Name: name, Address: host, User: user, Port: port}}
	h.connection = w.connectionOf(h)
	w.nameNew(h.connection)
	w.add(h)
	w.note("host %q was added: others are reached through it, and the inventory does not list it", name)
	return h
}

// cutCycles drops chains in which hosts need each other to be reached.
func (w *inventoryWriter) cutCycles() {
	const (
		visiting = 1
		visited  = 2
	)
	state := map[*writtenHost]int{}
	var walk func(h *writtenHost) bool
	walk = func(h *writtenHost) bool {
		switch state[h] {
		case visiting:
			return false
		case visited:
			return true
		}
		state[h] = visiting
		c := h.connection
		if !slices.Contains(c.hops, h) {
			for _, hop := range c.hops {
				if !walk(hop) {
					w.note("the jump hosts of connection %s were left out: they need each other to be reached", c.name)
					c.hops = nil
					break
				}
			}
		}
		state[h] = visited
		return true
	}
	for _, c := range w.connections {
		for _, hop := range slices.Clone(c.hops) {
			walk(hop)
		}
	}
}

// connection writes one connection block.
func (w *inventoryWriter) connection(c *writtenConnection) {
	h := c.of
	fmt.Fprintf(&w.text, "\nconnection %s {\n  type = %s\n", quote(c.name), quote(h.Connection))
	if h.Connection == "winrm" {
		w.winRM(c)
	} else if h.User != "" {
		w.attr("user", h.User)
	}
	if h.Port != 0 {
		w.attr("port", float64(h.Port))
	}
	if len(h.IdentityFiles) > 0 {
		files := make([]any, 0, len(h.IdentityFiles))
		for _, f := range h.IdentityFiles {
			files = append(files, f)
		}
		w.attr("identity_files", files)
	}
	if len(c.hops) > 0 {
		var refs []string
		for _, hop := range c.hops {
			refs = append(refs, ref{kind: "host", name: hop.Name}.String())
		}
		fmt.Fprintf(&w.text, "  jump = [%s]\n", strings.Join(refs, ", "))
	}
	if c.password && h.Connection == "ssh" {
		w.secret(c, "password", "password of the login")
	}
	w.become(c)
	w.text.WriteString("}\n")
}

// secret writes a reference to a secret that the operator has to put in its place.
func (w *inventoryWriter) secret(c *writtenConnection, suffix, what string) {
	file := "secrets/" + c.name + "." + suffix
	fmt.Fprintf(&w.text, "  password = secret(%s)\n", quote("file:"+file))
	w.note("connection %s: the %s was not carried over; write it to %s in the configuration directory (mode 0600), or name another secret", c.name, what, file)
}

func (w *inventoryWriter) become(c *writtenConnection) {
	b := c.of.Become
	if c.of.Connection == "winrm" || (b == nil && !c.becomePassword) {
		return
	}
	if b == nil {
		b = &source.Become{Method: "sudo"}
	}
	user := b.User
	if strings.HasPrefix(user, "-") || strings.ContainsFunc(user, isSpaceOrControl) {
		w.note("connection %s: the user %q of become was left out: it is no user name", c.name, user)
		user = ""
	}
	fmt.Fprintf(&w.text, "  become {\n  method = %s\n", quote(b.Method))
	if user != "" {
		w.attr("user", user)
	}
	switch {
	case !c.becomePassword || b.Method == "none":
	case b.Method == "doas":
		w.note("connection %s: doas cannot be given a password; write a nopass rule for it in doas.conf", c.name)
	default:
		w.secret(c, "become", "password of "+b.Method)
	}
	w.text.WriteString("  }\n")
}

// winRM writes what a connection of that kind needs.
func (w *inventoryWriter) winRM(c *writtenConnection) {
	h := c.of
	w.attr("https", h.WinRM.Scheme != "http")
	auth := h.WinRM.Auth
	if auth == "" {
		auth = "ntlm"
	}
	w.attr("auth", auth)
	if auth == "certificate" {
		w.attr("certificate", "secrets/"+c.name+".pem")
		w.attr("private_key", "secrets/"+c.name+".key")
		w.note("connection %s: put the client certificate and its key in secrets/%s.pem and .key", c.name, c.name)
		return
	}
	user := h.User
	if user == "" {
		user = "CHANGE-ME"
		w.note("connection %s: the inventory names no user; set it in place of CHANGE-ME", c.name)
	}
	w.attr("user", user)
	w.secret(c, "password", "password of the login")
}
