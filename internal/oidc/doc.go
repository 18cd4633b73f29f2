// Package oidc verifies the tokens of OpenID Connect issuers: it finds the
// keys that an issuer publishes, keeps them for a while, and checks signatures
// and times.
//
// Issuers are named by customers, so that fetching is guarded: https alone, no
// redirects, no proxies, answers of limited size within limited time, and only
// addresses of the public internet unless Private says otherwise.
package oidc
