// Package storetest is what the tests of those who work on a store share: a
// clock that is moved, and processes that die at a place of the test's
// choosing.
package storetest
