package source

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"patchwave/inventory"
)

// machineType says where the attributes of one type of resource have what a host
// needs. Paths are names and indexes with dots between; the first that holds
// something counts. An address that the outside can reach comes before a private
// one.
type machineType struct {
	names, addresses []string
	user, labels     string
	winRM            bool
}

// machineTypes are the resources that are machines, by type, as their providers
// document them.
var machineTypes = map[string]machineType{
	"aws_instance":                    {names: []string{"tags.Name"}, addresses: []string{"public_ip", "private_ip"}, labels: "tags"},
	"aws_lightsail_instance":          {names: []string{"name"}, addresses: []string{"public_ip_address", "private_ip_address"}, user: "username", labels: "tags"},
	"azurerm_linux_virtual_machine":   {names: []string{"name"}, addresses: []string{"public_ip_address", "private_ip_address"}, user: "admin_username", labels: "tags"},
	"azurerm_windows_virtual_machine": {names: []string{"name"}, addresses: []string{"public_ip_address", "private_ip_address"}, user: "admin_username", labels: "tags", winRM: true},
	"google_compute_instance": {names: []string{"name"}, labels: "labels",
		addresses: []string{"network_interface.0.access_config.0.nat_ip", "network_interface.0.network_ip"}},
	"openstack_compute_instance_v2":  {names: []string{"name"}, addresses: []string{"access_ip_v4", "access_ip_v6", "network.0.fixed_ip_v4"}, labels: "metadata"},
	"hcloud_server":                  {names: []string{"name"}, addresses: []string{"ipv4_address", "ipv6_address", "network.0.ip"}, labels: "labels"},
	"digitalocean_droplet":           {names: []string{"name"}, addresses: []string{"ipv4_address", "ipv4_address_private", "ipv6_address"}},
	"libvirt_domain":                 {names: []string{"name"}, addresses: []string{"network_interface.0.addresses.0"}},
	"linode_instance":                {names: []string{"label"}, addresses: []string{"ip_address", "private_ip_address"}},
	"oci_core_instance":              {names: []string{"display_name"}, addresses: []string{"public_ip", "private_ip"}, labels: "freeform_tags"},
	"proxmox_virtual_environment_vm": {names: []string{"name"}, addresses: []string{"ipv4_addresses.1.0"}},
	"proxmox_vm_qemu":                {names: []string{"name"}, addresses: []string{"default_ipv4_address", "ssh_host"}},
	"scaleway_instance_server":       {names: []string{"name"}, addresses: []string{"public_ip", "private_ip"}},
	"upcloud_server":                 {names: []string{"hostname"}, addresses: []string{"network_interface.0.ip_address"}, labels: "labels"},
	"vsphere_virtual_machine":        {names: []string{"name"}, addresses: []string{"default_ip_address", "guest_ip_addresses.0"}},
	"vultr_instance":                 {names: []string{"label", "hostname"}, addresses: []string{"main_ip", "internal_ip"}},
}

// tfResource is a resource of a state file.
type tfResource struct {
	Module    string `json:"module"`
	Mode      string `json:"mode"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	Instances []struct {
		IndexKey   any            `json:"index_key"`
		Deposed    string         `json:"deposed"`
		Attributes map[string]any `json:"attributes"`
	} `json:"instances"`
}

// terraform reads a state file of version 4: machines of the types above, and the
// ansible_host and ansible_group resources of the provider ansible/ansible. A
// machine that has an ansible_host of its name is that host. The attributes of
// other resources are not looked at, so that no secret of theirs is.
func (r *reader) terraform() *Error {
	text, failed := r.text()
	if failed != nil {
		return failed
	}
	at := inventory.Position{File: r.path}
	top, err := members(text, 1)
	if err != nil {
		return &Error{Pos: at, Msg: err.Error()}
	}
	var resources member
	stateVersion := ""
	for _, m := range top {
		switch m.key {
		case "version":
			stateVersion = string(m.raw)
		case "resources":
			resources = m
		}
	}
	if stateVersion != "4" {
		return &Error{Pos: at, Msg: "this is no Terraform state of version 4; `terraform state pull` prints one"}
	}
	if resources.raw == nil {
		return nil
	}
	list, err := elements(resources.raw, resources.line, '[')
	if err != nil {
		return &Error{Pos: inventory.Position{File: r.path, Line: resources.line}, Msg: "resources: " + err.Error()}
	}
	t := &terraform{r: r, g: newGraph(r)}
	for _, m := range list {
		if failed := t.resource(m); failed != nil {
			return failed
		}
	}
	return t.finish()
}

// terraform is one state being read.
type terraform struct {
	r        *reader
	g        *graph
	machines []Host
}

func (t *terraform) resource(m member) *Error {
	pos := inventory.Position{File: t.r.path, Line: m.line, Column: 1}
	var kind struct{ Mode, Type string }
	if err := json.Unmarshal(m.raw, &kind); err != nil {
		return &Error{Pos: pos, Msg: "a resource cannot be read: " + shorten(err.Error())}
	}
	machine, known := machineTypes[kind.Type]
	if kind.Mode != "managed" || (!known && kind.Type != "ansible_host" && kind.Type != "ansible_group") {
		return nil
	}
	var res tfResource
	if err := json.Unmarshal(m.raw, &res); err != nil {
		t.r.lose(pos, "the hosts of a %s were left out: %s", kind.Type, shorten(err.Error()))
		return nil
	}
	for _, in := range res.Instances {
		if in.Deposed != "" {
			continue
		}
		var failed *Error
		switch kind.Type {
		case "ansible_host":
			failed = t.ansibleHost(in.Attributes, pos)
		case "ansible_group":
			failed = t.ansibleGroup(in.Attributes, pos)
		default:
			failed = t.machine(machine, &res, in.IndexKey, in.Attributes, pos)
		}
		if failed != nil {
			return failed
		}
	}
	return nil
}

func (t *terraform) machine(kind machineType, res *tfResource, index any, attrs map[string]any, pos inventory.Position) *Error {
	if len(t.machines) >= MaxHosts {
		return &Error{Pos: pos, Msg: fmt.Sprintf("the state has more than %d hosts", MaxHosts)}
	}
	where := res.address(index)
	h := Host{Pos: pos, Name: firstText(attrs, kind.names), Address: firstText(attrs, kind.addresses), Vars: map[string]any{"terraform": res.address(nil)}}
	if h.Name == "" {
		h.Name = res.Name
		if s, ok := scalarText(index); ok {
			h.Name += "-" + s
		}
	}
	if h.Address == "" {
		t.r.lose(pos, "%s was left out: it has no address", shorten(where))
		return nil
	}
	h.User = firstText(attrs, []string{kind.user})
	if platform, _ := attrs["platform"].(string); kind.winRM || strings.EqualFold(platform, "windows") {
		h.Connection = "winrm"
	}
	if labels, ok := lookup(attrs, kind.labels).(map[string]any); ok {
		for k, v := range labels {
			if s, ok := scalarText(v); ok && k != "Name" {
				t.r.setLabel(&h, k, s)
			}
		}
		slices.Sort(h.Secrets)
	}
	t.machines = append(t.machines, h)
	return nil
}

// address is how Terraform names an instance: module.a.aws_instance.web["x"].
func (res *tfResource) address(index any) string {
	out := res.Type + "." + res.Name
	if res.Module != "" {
		out = res.Module + "." + out
	}
	switch i := index.(type) {
	case string:
		out += fmt.Sprintf("[%q]", i)
	case float64:
		out += fmt.Sprintf("[%d]", int64(i))
	}
	return out
}

// lookup follows a path of names and indexes.
func lookup(v any, path string) any {
	if path == "" {
		return nil
	}
	for _, step := range strings.Split(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

func firstText(attrs map[string]any, paths []string) string {
	for _, path := range paths {
		if s, ok := lookup(attrs, path).(string); ok && s != "" {
			return s
		}
	}
	return ""
}

func (t *terraform) ansibleHost(attrs map[string]any, pos inventory.Position) *Error {
	name, _ := attrs["name"].(string)
	groups, ok := textList(attrs["groups"])
	vars, isObject := attrs["variables"].(map[string]any)
	if name == "" || !ok || (!isObject && attrs["variables"] != nil) {
		t.r.lose(pos, "an ansible_host was left out: it needs a name, groups and variables")
		return nil
	}
	if len(groups) == 0 {
		groups = []string{t.g.ungrouped.name}
	}
	for _, g := range groups {
		node, failed := t.g.group(g, pos)
		if failed != nil {
			return failed
		}
		if failed := t.g.addHosts([]string{name}, 0, vars, node, pos); failed != nil {
			return failed
		}
		vars = nil
	}
	return nil
}

func (t *terraform) ansibleGroup(attrs map[string]any, pos inventory.Position) *Error {
	name, _ := attrs["name"].(string)
	children, ok := textList(attrs["children"])
	if name == "" || !ok {
		t.r.lose(pos, "an ansible_group was left out: it needs a name and children")
		return nil
	}
	node, failed := t.g.group(name, pos)
	if failed != nil {
		return failed
	}
	for _, c := range children {
		child, failed := t.g.group(c, pos)
		if failed != nil {
			return failed
		}
		if !node.addChild(child) {
			return &Error{Pos: pos, Msg: fmt.Sprintf("group %q cannot be in itself", shorten(c))}
		}
	}
	if vars, ok := attrs["variables"].(map[string]any); ok {
		for k, v := range vars {
			node.set(k, v)
		}
	}
	return nil
}

// finish hands out the hosts: machines, and those of Ansible resources.
func (t *terraform) finish() *Error {
	for _, h := range t.machines {
		if _, ok := t.g.hosts[h.Name]; !ok {
			t.r.hosts = append(t.r.hosts, h)
		}
	}
	if len(t.g.hostOrder) == 0 && len(t.g.groupOrder) == 2 {
		return nil
	}
	if err := t.g.settleDepths(); err != nil {
		return err
	}
	return t.g.settle(&varsDir{r: t.r})
}
