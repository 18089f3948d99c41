// Package lvm
package lvm
