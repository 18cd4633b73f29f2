// Package saml reads what SAML 2.0 identity providers say: their metadata, and
// the responses in which they vouch for somebody.
//
// A response comes from whoever holds it, and everything in it may be a lie
// but what the provider has signed. So nothing is read from the document that
// came: the signature is verified first, and what is read is the canonical
// form of the element that it covers, parsed anew. An assertion that was
// wrapped into another document, moved or doubled is therefore either the one
// that was signed or none. Documents with a DOCTYPE, with comments or
// processing instructions, or that two parsers would understand differently,
// are refused before that.
package saml
