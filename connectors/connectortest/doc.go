// Package connectortest is the contract that every connector keeps, as a test
// suite. A connector's own test hands it a way to open sessions on a machine
// with a POSIX sh:
//
//	func TestContract(t *testing.T) {
//		connectortest.Run(t, func(t testing.TB, edit func(*connectors.Target)) connectors.Session { … })
//	}
//
// What it does not test is how the machine is reached and logged in to: that is
// each connector's own.
package connectortest
