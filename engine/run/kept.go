package run

import "patchwave/engine/updates"

// kept tells which configuration files an update left as somebody had changed
// them: nobody was asked, so somebody has to look.
func (m *machine) kept(log []byte) []entry {
	var beside []string
	for _, f := range updates.Kept(log) {
		beside = append(beside, f.New)
	}
	if len(beside) == 0 {
		return nil
	}
	return []entry{m.note("configuration files that were changed here were kept; the new versions are beside them: " + list(beside))}
}
