// Package pages cuts lists into pages. A list is a sequence of items, each
// with its key, in the order of the keys. A token is the key that the page
// before ended with, so that items that come and go between two pages disturb
// no other. How long a page is, and in what words a token is refused, each
// service says itself.
package pages
