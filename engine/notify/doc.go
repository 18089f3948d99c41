// Package notify tells people what became of a run, of an opening and of a notice
// ahead of one. It reads the journal's values and changes nothing.
//
//	journal.Run ──OfRun──► Message ──► outbox (engine/store, by cmd)
//	                                      │
//	                        Render(kind)──┴──► Sender: shoutrrr, or go-mail for smtp
//
// A Message is a value: it is written down with its stable id before anybody is
// told, and rendered when it is sent. So it is told at least once, and whoever gets
// it twice can see that by the id.
//
// # Whose words
//
// A text is made of pieces of our own and of foreign ones: names, versions, and
// whatever a host said. Foreign pieces are neutralised by the rules of the receiver:
// they cannot mention anybody, become a link, change the look of what stands beside
// them, or reach a mail's header.
//
// # The receiver's address is a secret
//
// A URL is known from the moment it is revealed to the end of one attempt. It is in
// no error: what is said about a failure is chosen from a list of our own sentences
// (Reason), never copied from a library or from the receiver's answer.
package notify
