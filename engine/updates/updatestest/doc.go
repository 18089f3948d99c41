// Package updatestest is the contract that every package manager keeps, as a
// test suite, and what the managers' own tests share. A manager's test is
//
//	func TestContract(t *testing.T) {
//		updatestest.Run(t, New(), updatestest.Options{Grammar: parse.Deb()})
//	}
//
//	func FuzzScan(f *testing.F) { updatestest.FuzzScan(f, New(), options) }
//
// The suite reads every recording in the manager's testdata, whole, cut off and
// made hostile, so it grows with them. A recording is what the scripts printed on
// a real host, with any nonce: NAME.out and NAME.err, or both streams in NAME.txt
// with the line "-- stderr --" between.
//
// What a manager asks of its commands is its own test. A Host has fake commands
// for it, and Play runs a call in every shell that a host may have.
package updatestest
