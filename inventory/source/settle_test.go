package source_test

import (
	"strings"
	"testing"

	"patchwave/inventory/source"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestAnsibleHost: variables of Ansible become fields, and what does not is noted.
func TestAnsibleHost(t *testing.T) {
	ssh := func(h source.Host) source.Host {
		h.Name = "h"
		if h.Address == "" {
			h.Address = "h"
		}
		return h
	}
	tests := []struct {
		vars string
		want source.Host
		note string
	}{
		{"ansible_host=10.0.0.1 ansible_port=22 ansible_user=ops", ssh(source.Host{Address: "10.0.0.1", Port: 22, User: "ops"}), ""},
		{"ansible_ssh_host=x.example.com ansible_ssh_user=a ansible_ssh_port=2", ssh(source.Host{Address: "x.example.com", Port: 2, User: "a"}), ""},
		{"ansible_ssh_private_key_file=~/k", ssh(source.Host{IdentityFiles: []string{"~/k"}}), ""},
		{"ansible_port=70000", ssh(source.Host{}), "a port is a number"},
		{"ansible_user='{{ x }}'", ssh(source.Host{}), "is a template"},
		{"ansible_connection=smart", ssh(source.Host{Connection: "ssh"}), ""},
		{"ansible_connection=ansible.builtin.local", ssh(source.Host{Connection: "local"}), ""},
		{"ansible_connection=winrm ansible_winrm_transport=kerberos ansible_winrm_scheme=http ansible_winrm_server_cert_validation=ignore",
			ssh(source.Host{Connection: "winrm", WinRM: source.WinRM{Scheme: "http", Auth: "kerberos"}}), "were not checked"},
		{"ansible_become=yes ansible_become_user=root", ssh(source.Host{Become: &source.Become{Method: "sudo", User: "root"}}), ""},
		{"ansible_become=False", ssh(source.Host{Become: &source.Become{Method: "none"}}), ""},
		{"ansible_become_method=community.general.doas", ssh(source.Host{Become: &source.Become{Method: "doas"}}), ""},
		{"ansible_become_method=pbrun", ssh(source.Host{}), "sudo, doas and su"},
		{"ansible_ssh_common_args='-J a@b:1,c'", ssh(source.Host{Jump: []string{"a@b:1", "c"}}), ""},
		{`ansible_ssh_common_args='-o ProxyCommand="ssh -W %h:%p -q -p 23 u@b"'`, ssh(source.Host{Jump: []string{"u@b:23"}}), ""},
		{`ansible_ssh_common_args='-o ProxyCommand="nc -x p %h %p"'`, ssh(source.Host{}), "patchwave runs none"},
		{"ansible_ssh_extra_args='-o StrictHostKeyChecking=no'", ssh(source.Host{}), "accept-new"},
		{"ansible_network_os=ios", ssh(source.Host{}), "has no meaning"},
		{"ansible_password=hunter2 db_password=hunter2 password_file=/x vault_a=b a={'x_token':'hunter2','y':1}",
			ssh(source.Host{Secrets: []string{"ansible_password", "db_password", "vault_a"}, Vars: map[string]any{"password_file": "/x", "a": "{x_token:hunter2,y:1}"}}), ""},
		{`a="{'x_token':'hunter2','y':1}"`, ssh(source.Host{Secrets: []string{"a.x_token"}, Vars: map[string]any{"a": map[string]any{"y": 1.0}}}), ""},
	}
	for _, tc := range tests {
		t.Run(tc.vars, func(t *testing.T) {
			res, err := source.Parse(source.Input{Kind: source.Ansible, Path: "hosts.ini", Files: map[string][]byte{"hosts.ini": []byte("h " + tc.vars + "\n")}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]source.Host{tc.want}, res.Hosts, cmpopts.IgnoreFields(source.Host{}, "Pos"), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var notes []string
			for _, n := range res.Notes {
				notes = append(notes, n.String())
			}
			if all := strings.Join(notes, "\n"); !strings.Contains(all, tc.note) || (tc.note == "") != (all == "") {
				t.Errorf("want a note with %q, got:\n%s", tc.note, all)
			}
		})
	}
}

// TestLost: hosts and groups that patchwave cannot have are named, not mangled.
func TestLost(t *testing.T) {
	text := "[web]\nA\na\n\"x y\"\n2001:db8::1\nok\nt ansible_host={{ip}}\nd ansible_connection=docker\n[we&b]\nok\n[WEB]\nok\n"
	res, err := source.Parse(source.Input{Kind: source.Ansible, Path: "h.ini", Files: map[string][]byte{"h.ini": []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	var lost []string
	for _, n := range res.Notes {
		if n.Lost {
			lost = append(lost, strings.SplitN(n.String(), " was", 2)[0])
		}
	}
	want := []string{`h.ini:3: host "a"`, `h.ini:4: host "x y"`, `h.ini:5: host "2001:db8::1"`, `h.ini:7: host "t"`, `h.ini:8: host "d"`, `h.ini:9: group "we&b"`, `h.ini:11: group "WEB"`}
	if diff := cmp.Diff(want, lost); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(res.Hosts) != 2 || len(res.Groups) != 1 || len(res.Hosts[1].Groups) != 1 {
		t.Errorf("hosts %v, groups %v", res.Hosts, res.Groups)
	}
}
