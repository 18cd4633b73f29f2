// Package tag holds the tags of things: keys and values, each key once. What
// the services agree on is here. Which tags one of them refuses, and in what
// words, are its Rules.
package tag
