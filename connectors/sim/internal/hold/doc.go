// Package hold keeps the address of a simulated machine that is down. A socket is
// bound to it and does not listen, so connections are refused, and nobody else
// gets the port meanwhile. Only Linux has this; elsewhere the port may be lost.
package hold
