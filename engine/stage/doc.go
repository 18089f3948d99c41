// Package stage downloads, ahead of a window, what will be installed in it. Nothing
// is installed and no host is rebooted or woken.
//
// On each host it is one job: engine/updates says what a manager does in it. While
// the job works nobody is connected: it is looked after in growing intervals. A
// download disturbs nobody. It begins only where no run works, its claim and its job
// give way at once to a run that comes (engine/job), and it ends by itself before
// the window opens. What another program or run kept from beginning is tried again
// until then. On Windows a job gives way, and ends, between two updates only: nothing
// ends a download that has begun.
//
//	Set the claim ──► Start the job ──► look … look ──► result ──► Collect, Release
//
// What came of it is believed when the files are there. The installation needs none
// of it: what is not there by then it downloads itself.
//
// Where the restore point will be one of packages, the old packages are fetched too
// (Host.Old), and what of them cannot be had is the host's problem then, hours before
// the window; the new ones are there all the same.
//
// The jobs of a staging have its id, so that whoever goes on with it after a crash
// finds them.
package stage
