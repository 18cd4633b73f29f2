// Package samltest is an identity provider of SAML 2.0 for tests.
package samltest
