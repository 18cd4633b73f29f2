// Package sts is AWS Security Token Service: it says who a caller is and
// issues temporary credentials. What it issues it does not keep: a session
// lives in its own token (package session).
package sts
