//go:build peers

package winrm

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The realm of a second domain, which trusts the first one, and a host of it.
const (
	eastRealm = "EAST.TEST"
	eastHost  = "win1.east.test"
)

// east gives the KDC a second realm, and the keytab the key of its host. The KDC knows
// which hosts are in it.
func (k *kdc) east() {
	k.t.Helper()
	k.stop()
	k.edit("kdc.conf", "[realms]\n", fmt.Sprintf("  host_based_services = *\n[realms]\n  %s = {\n    database_name = %s\n    key_stash_file = %s\n    max_life = 10h\n  }\n",
		eastRealm, k.path("east"), k.path("east-stash")))
	k.edit("krb5.conf", "[domain_realm]\n", fmt.Sprintf("  %[1]s = {\n    kdc = 127.0.0.1:%[2]d\n  }\n[domain_realm]\n  .east.test = %[1]s\n", eastRealm, k.port))
	k.tool("", "kdb5_util", "create", "-s", "-r", eastRealm, "-P", "master of the east")
	for _, q := range [][]string{
		{krbRealm, "addprinc -pw trust krbtgt/" + eastRealm + "@" + krbRealm},
		{eastRealm, "addprinc -pw trust krbtgt/" + eastRealm + "@" + krbRealm},
		{eastRealm, "addprinc -randkey HTTP/" + eastHost},
		{eastRealm, "ktadd -q -k " + k.keytab + " HTTP/" + eastHost},
	} {
		k.tool("", "kadmin.local", "-r", q[0], "-q", q[1])
	}
	k.realms = append(k.realms, eastRealm)
	k.start("")
}

// edit replaces a text in a file that has it.
func (k *kdc) edit(name, before, after string) {
	k.t.Helper()
	text, err := os.ReadFile(k.path(name))
	if err != nil || !strings.Contains(string(text), before) {
		k.t.Fatalf("%s has no %q: %v", name, before, err)
	}
	k.write(name, strings.Replace(string(text), before, after, 1))
}

// A host of another domain is reached with a ticket of its own: because the
// configuration says in which realm it is, and because the KDC of the user does.
func TestKDCOfAnotherRealm(t *testing.T) {
	noLeaks(t)
	k := realmOf(t)
	k.east()
	there := k.host("")
	reach := func(t *testing.T, conf string) {
		t.Helper()
		target := k.target(there, eastHost)
		target.WinRM.Kerberos.Krb5Conf = k.path(conf)
		seen := len(there.list())
		script(t, dialed(t, kerberosConfig(there), target))
		for _, h := range there.list()[seen:] {
			if h.Event == "ticket" && h.Who == krbUser+"@"+krbRealm {
				return
			}
		}
		t.Errorf("nobody was let in: %+v", there.list()[seen:])
	}
	t.Run("mapped", func(t *testing.T) { reach(t, "krb5.conf") })
	whole, err := os.ReadFile(k.path("krb5.conf"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(whole), "  .east.test = "+eastRealm+"\n", "", 1)
	k.write("referred.conf", text)
	t.Run("referred", func(t *testing.T) { reach(t, "referred.conf") })
}
