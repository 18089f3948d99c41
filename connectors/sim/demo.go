package sim

import (
	"fmt"
	"slices"
)

// DemoFleet is the fleet of the demonstration: 24 machines with what an ordinary
// month brings. Among them are
//
//	web-01 … web-08  nginx; on web-07 the update of nginx breaks the service
//	db-01 … db-03    PostgreSQL, held on db-02; a kernel that needs a reboot
//	app-01 … app-05  app-03 has the kernel too; a vendor's package on app-05 is kept back
//	cache-01, -02    redis; cache-02 cannot be reached
//	iis-01 … iis-04  Windows Server with IIS; on iis-03 the reboot undoes an update
//	pc-01, pc-02     Windows 11; pc-02 in German
func DemoFleet(opt Options) (*Fleet, error) {
	f, err := NewFleet(opt)
	if err != nil {
		return nil, err
	}
	for _, m := range demoMachines() {
		if _, err := f.Add(m); err != nil {
			f.Close()
			return nil, err
		}
	}
	return f, nil
}

func demoMachines() []Machine {
	var list []Machine
	for i := 1; i <= 8; i++ {
		list = append(list, demoWeb(i))
	}
	for i := 1; i <= 3; i++ {
		list = append(list, demoDB(i))
	}
	for i := 1; i <= 5; i++ {
		list = append(list, demoApp(i))
	}
	for i := 1; i <= 2; i++ {
		list = append(list, demoCache(i))
	}
	for i := 1; i <= 4; i++ {
		list = append(list, demoServer(i))
	}
	for i := 1; i <= 2; i++ {
		list = append(list, demoClient(i))
	}
	return list
}

func demoWeb(i int) Machine {
	m := Machine{Name: fmt.Sprintf("web-%02d", i), Updates: slices.Concat(demoUpdates(), nginx()),
		Packages: append(Base(), Package{Name: "nginx", Version: "1.22.1-9+deb12u3"}, Package{Name: "nginx-common", Arch: "all", Version: "1.22.1-9+deb12u3", Auto: true}),
		Services: []Service{{Name: "nginx", Port: 80}}}
	if i == 7 {
		m.Faults.Breaks = map[string]string{"nginx": "nginx"}
	}
	if i == 8 {
		m.Updates = append(m.Updates, demoKernel()...)
	}
	return m
}

func demoDB(i int) Machine {
	return Machine{Name: fmt.Sprintf("db-%02d", i),
		Updates: append(slices.Concat(demoUpdates(), demoKernel()),
			Offer{Name: "postgresql-15", Version: "15.15-0+deb12u1", Size: 16_300_000, From: []Origin{Security()}},
			Offer{Name: "libpq5", Version: "15.15-0+deb12u1", Source: "postgresql-15", Size: 183_000, From: []Origin{Security()}}),
		Packages: append(Base(), Package{Name: "postgresql-15", Version: "15.14-0+deb12u1", Held: i == 2},
			Package{Name: "libpq5", Version: "15.14-0+deb12u1", Auto: true}),
		Services: []Service{{Name: "postgresql", Port: 5432}}}
}

func demoApp(i int) Machine {
	m := Machine{Name: fmt.Sprintf("app-%02d", i),
		Packages: append(Base(), Package{Name: "python3.11", Version: "3.11.2-6+deb12u5"}, Package{Name: "libpython3.11-stdlib", Version: "3.11.2-6+deb12u5", Auto: true}),
		Updates: append(demoUpdates(),
			Offer{Name: "python3.11", Version: "3.11.2-6+deb12u6", Size: 573_000, From: []Origin{Security()}, Needs: []string{"libpython3.11-stdlib=3.11.2-6+deb12u6"}},
			Offer{Name: "libpython3.11-stdlib", Version: "3.11.2-6+deb12u6", Source: "python3.11", Size: 1_798_000, From: []Origin{Security()}}),
		Services: []Service{{Name: "app", Port: 8080}}}
	switch i {
	case 3:
		m.Updates = append(m.Updates, demoKernel()...)
	case 5:
		m.Packages = append(m.Packages, Package{Name: "monitoring-agent", Version: "4.2.1-1"})
		m.Updates = append(m.Updates, vendor()...)
	}
	return m
}

func demoCache(i int) Machine {
	return Machine{Name: fmt.Sprintf("cache-%02d", i),
		Updates:  append(demoUpdates(), Offer{Name: "redis-server", Version: "5:7.0.15-1~deb12u6", Source: "redis", Size: 71_000, From: []Origin{Security()}}),
		Packages: append(Base(), Package{Name: "redis-server", Version: "5:7.0.15-1~deb12u5"}),
		Services: []Service{{Name: "redis-server", Port: 6379}}, Faults: Faults{Unreachable: i == 2}}
}

// demoUpdates are what every machine of the demonstration is offered.
func demoUpdates() []Offer {
	security := []Origin{Security()}
	return []Offer{
		{Name: "openssl", Version: "3.0.18-1~deb12u1", Size: 1_437_000, From: security, Needs: []string{"libssl3=3.0.18-1~deb12u1"}},
		{Name: "libssl3", Version: "3.0.18-1~deb12u1", Source: "openssl", Size: 2_034_000, From: security},
		{Name: "curl", Version: "7.88.1-10+deb12u14", Size: 315_000, Needs: []string{"libcurl4=7.88.1-10+deb12u14"}},
		{Name: "libcurl4", Version: "7.88.1-10+deb12u14", Source: "curl", Size: 391_000},
		{Name: "sudo", Version: "1.9.13p3-1+deb12u3", Size: 1_889_000, From: security},
		{Name: "tzdata", Arch: "all", Version: "2026b-0+deb12u1", Size: 296_000, From: []Origin{Updates()}},
		{Name: "base-files", Version: "12.4+deb12u13", Size: 71_000},
	}
}

// demoKernel is a kernel under the same name: it takes effect with a reboot.
func demoKernel() []Offer {
	return []Offer{
		{Name: "linux-image-" + baseKernel, Version: "6.1.159-1", Source: "linux-signed-amd64 (6.1.159+1)", Size: 69_100_000,
			From: []Origin{Security()}, Reboot: true, Kernel: baseKernel},
		{Name: "linux-image-amd64", Version: "6.1.159-1", Source: "linux-signed-amd64 (6.1.159+1)", Size: 1_500,
			From: []Origin{Security()}, Needs: []string{"linux-image-" + baseKernel + "=6.1.159-1"}},
	}
}

func nginx() []Offer {
	return []Offer{
		{Name: "nginx", Version: "1.22.1-9+deb12u4", Size: 527_000, From: []Origin{Security()}, Needs: []string{"nginx-common=1.22.1-9+deb12u4"}},
		{Name: "nginx-common", Arch: "all", Version: "1.22.1-9+deb12u4", Source: "nginx", Size: 112_000, From: []Origin{Security()}},
	}
}

// vendor is an update from a repository that is not Debian's, which needs a
// package more.
func vendor() []Offer {
	from := []Origin{{Location: "https://packages.example.com/apt stable/main amd64 Packages", Origin: "Example", Archive: "stable",
		Codename: "stable", Label: "Example Monitoring"}}
	return []Offer{
		{Name: "monitoring-agent", Version: "4.3.0-1", Size: 8_100_000, From: from, Needs: []string{"monitoring-agent-plugins"}},
		{Name: "monitoring-agent-plugins", Version: "4.3.0-1", Size: 2_700_000, From: from},
	}
}
