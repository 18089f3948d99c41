// Package wrap holds what cuts across connectors, as decorators of
// connectors.Dialer and connectors.Session:
//
//	Retry    tries to log in again, as the target says
//	Limit    bounds the open sessions, and how fast new ones are opened
//	Record   tells an observer what was dialled and run, and what came of it
//
// They nest in any order; the usual one is
//
//	wrap.Limit(wrap.Retry(dialer), …)
//
// so that a host that is being tried again keeps its place. The dialer of
// connectors/ssh tries again by itself, because it has to do so for each of its
// jump hosts; its errors say so (Retry is false), and another Retry around it
// adds nothing.
package wrap
