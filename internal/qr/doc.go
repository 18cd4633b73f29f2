// Package qr draws texts as QR codes (ISO/IEC 18004): byte mode, the lowest
// level of error correction, whatever version up to 25 is large enough. It is
// what a phone's camera reads the seed of an authenticator from.
package qr
