package sim

import "fmt"

// demoServer is a web server with IIS. What iis-03 installs is undone when it boots.
func demoServer(i int) Machine {
	m := Machine{Name: fmt.Sprintf("iis-%02d", i), Family: WindowsFamily, Services: []Service{{Name: "W3SVC", Port: 80}},
		Windows: Windows{HTTPS: true, Updates: []WindowsUpdate{demoCumulative("21H2"), demoDotNet(), demoRemovalTool(), demoDefinitions()},
			Installed: []WindowsUpdate{demoLastMonth()}}}
	if i == 3 {
		m.Faults.Windows.RollsBack = []string{"KB5068787"}
	}
	return m
}

// demoClient is a workstation with Windows 11. pc-02 speaks German.
func demoClient(i int) Machine {
	cumulative := demoCumulative("24H2")
	cumulative.ID, cumulative.KBs = "9d3c5a80-41c2-4f27-9a07-6b1e1f5f2402", []string{"5068861"}
	cumulative.Title = "2026-11 Cumulative Update for Windows 11, version 24H2 for x64-based Systems (KB5068861)"
	cumulative.Build = "10.0.26100.7171"
	preview := WindowsUpdate{ID: "9d3c5a80-41c2-4f27-9a07-6b1e1f5f2409", Revision: 1, KBs: []string{"5070311"}, Class: ClassUpdate, Optional: true,
		Title: "2026-11 Cumulative Update Preview for Windows 11, version 24H2 (KB5070311)", Reboot: RebootCanWant}
	if i == 2 {
		cumulative.Title = "2026-11 Kumulatives Update für Windows 11, Version 24H2 für x64-basierte Systeme (KB5068861)"
		preview.Title = "2026-11 Vorschau des kumulativen Updates für Windows 11, Version 24H2 (KB5070311)"
	}
	return Machine{Name: fmt.Sprintf("pc-%02d", i), Family: WindowsFamily, Services: []Service{{Name: "Spooler"}},
		Windows: Windows{Client: true, Updates: []WindowsUpdate{cumulative, preview, demoDefinitions()}}}
}

func demoCumulative(version string) WindowsUpdate {
	return WindowsUpdate{ID: "9d3c5a80-41c2-4f27-9a07-6b1e1f5f2401", Revision: 200, KBs: []string{"5068787"}, Class: ClassSecurity, Severity: "Critical",
		Title:    "2026-11 Cumulative Update for Microsoft server operating system version " + version + " for x64-based Systems (KB5068787)",
		Products: []string{"Microsoft Server operating system-" + version}, Reboot: RebootCanWant, Build: "10.0.20348.4405", Size: 425 << 20,
		CVEs: []string{"CVE-2026-62215"}}
}

func demoLastMonth() WindowsUpdate {
	return WindowsUpdate{ID: "9d3c5a80-41c2-4f27-9a07-6b1e1f5f2301", Revision: 200, KBs: []string{"5066782"}, Class: ClassSecurity,
		Title: "2026-10 Cumulative Update for Microsoft server operating system version 21H2 for x64-based Systems (KB5066782)", Reboot: RebootCanWant}
}

func demoDotNet() WindowsUpdate {
	return WindowsUpdate{ID: "9d3c5a80-41c2-4f27-9a07-6b1e1f5f2403", Revision: 201, KBs: []string{"5066743"}, Class: ClassSecurity, Severity: "Important",
		Title: "2026-11 Cumulative Update for .NET Framework 3.5 and 4.8 (KB5066743)", Reboot: RebootCanWant, Size: 78 << 20}
}

// demoRemovalTool has terms that somebody must accept first.
func demoRemovalTool() WindowsUpdate {
	return WindowsUpdate{ID: "9d3c5a80-41c2-4f27-9a07-6b1e1f5f2404", Revision: 200, KBs: []string{"890830"}, Class: ClassRollup, Permanent: true,
		Title: "Windows Malicious Software Removal Tool x64 - v5.137 (KB890830)", EULA: true, Size: 74 << 20}
}

func demoDefinitions() WindowsUpdate {
	return WindowsUpdate{ID: "9d3c5a80-41c2-4f27-9a07-6b1e1f5f2405", Revision: 200, KBs: []string{"2267602"}, Class: ClassDefinition, Permanent: true,
		Title: "Security Intelligence Update for Microsoft Defender Antivirus - KB2267602 (Version 1.441.300.0)", Size: 120 << 20}
}
