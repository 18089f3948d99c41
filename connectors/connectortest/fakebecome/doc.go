// Package fakebecome makes a directory with a sudo, a doas and a su that change
// no user and behave as a test wants: with and without a password, refusing,
// silent, in another language. They say what the real ones say (sudo 1.9.13,
// opendoas 6.8, su of util-linux 2.38) and log what they were given.
package fakebecome
