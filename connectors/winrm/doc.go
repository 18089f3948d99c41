// Package winrm is the place of the connector to Windows machines. This version
// of patchwave manages Linux machines only: a connection of type winrm is
// refused when the configuration is loaded. The library it will stand on is
// pinned here (see pin.go), so that its version is settled and checked.
package winrm
