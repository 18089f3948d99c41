// Package agenda says when policies are launched. It is pure: windows, policies
// and instants in, values with their reasons out.
//
//	Of        every opening ahead, with each policy's launch in it
//	Due       what is to be launched at an instant, what waits, what was missed
//	Check     what is wrong, or unwise, with the times of a configuration
//	Overlaps  the pairs of policies that want one host at one time
//
// # The order in an opening
//
// The policies of one window meet in each of its openings. Those that never reboot
// come first, then the lower priority number, then the name; but a policy comes
// behind all that it names in "after", also through others and through policies
// of other windows. The first is launched when the window opens; each other its
// own gap after the launch before it. A gap of zero is the same launch. A launch
// that would not be before the close is none.
//
// What is frozen, suspended, unattended or too late is not launched, and pushes
// nothing back.
//
// A host-local window opens once in each zone of a policy's hosts. Zones in which
// it opens at one instant share that opening: the policies in it keep their gaps,
// whichever zone their hosts are in.
//
// # What "after" waits for
//
// Of shows the earliest launch, by the gaps. Due lets a policy wait until every
// policy it is after has finished: the run that it still has, and the opening in
// which it could still be launched. Behind a policy that is not launched
// (frozen, suspended, unattended, missed) nobody waits. In one window only the
// same and earlier openings count, or two zones would wait for each other.
//
// # Bounds
//
// Nothing here loops for ever. Policies in a cycle of "after" (an error elsewhere)
// have no order among themselves, and Due launches none of them. At most 20,000
// openings of a window in a zone are looked at by Check and Overlaps, which is
// more than one every half hour for the 400 days they look ahead.
package agenda
