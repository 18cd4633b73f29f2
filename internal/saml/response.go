package saml

import (
	"crypto/rsa"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// Expected is what a response must fit to be believed.
type Expected struct {
	Provider Metadata
	// Keys open encrypted assertions; Encrypted refuses others.
	Keys      []*rsa.PrivateKey
	Encrypted bool
	// Audience reports whether a name is one of ours, and Recipient whether an
	// address is.
	Audience, Recipient func(string) bool
	// Now is the time on the provider's clock.
	Now time.Time
}

// Assertion is what a provider says of somebody.
type Assertion struct {
	ID, Issuer             string
	Subject, SubjectFormat string
	Recipient              string
	SessionEnds            time.Time // zero when it does not say
	Attributes             map[string][]string
}

const (
	success = "urn:oasis:names:tc:SAML:2.0:status:Success"
	bearer  = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
)

// fresh is how long after it was issued an assertion may be used, and skew how
// far the provider's clock may be ahead.
const (
	fresh = 5 * time.Minute
	skew  = 5 * time.Minute
)

// Verify reads a response. What it returns was signed by the provider, as a
// part of the response or by itself, and is meant for us, now. The error is one
// of this package.
func Verify(response []byte, x Expected) (Assertion, error) {
	root, err := read(response, false)
	if err != nil {
		return Assertion{}, err
	}
	if !is(root, protocolSpace, "Response") || !unique(root) {
		return Assertion{}, ErrMalformed
	}
	e, err := x.assertion(root)
	if err != nil {
		return Assertion{}, err
	}
	return x.claims(e)
}

// unique reports whether no two elements have the same ID: a reference has one
// meaning.
func unique(root *etree.Element) bool {
	seen := map[string]bool{}
	var look func(*etree.Element) bool
	look = func(e *etree.Element) bool {
		for _, name := range []string{"ID", "Id", "id"} {
			if id := e.SelectAttrValue(name, ""); id != "" {
				if seen[id] {
					return false
				}
				seen[id] = true
			}
		}
		for _, c := range e.ChildElements() {
			if !look(c) {
				return false
			}
		}
		return true
	}
	return look(root)
}

// assertion returns the one assertion of a response, as it was signed.
func (x *Expected) assertion(root *etree.Element) (e *etree.Element, err error) {
	whole := signed(root)
	if whole {
		if root, err = x.Provider.verified(root); err != nil {
			return nil, err
		}
	}
	status := child(root, protocolSpace, "Status")
	if status == nil || child(status, protocolSpace, "StatusCode") == nil {
		return nil, ErrMalformed
	}
	if child(status, protocolSpace, "StatusCode").SelectAttrValue("Value", "") != success {
		return nil, ErrRejected
	}
	plain, sealed := children(root, assertionSpace, "Assertion"), children(root, assertionSpace, "EncryptedAssertion")
	switch {
	case len(plain)+len(sealed) != 1:
		return nil, ErrMalformed
	case len(plain) == 1 && x.Encrypted:
		return nil, ErrPlain
	case len(plain) == 1:
		e = plain[0]
	default:
		if e, err = decrypted(sealed[0], x.Keys); err != nil {
			return nil, err
		}
		if !unique(e) {
			return nil, ErrSignature
		}
	}
	if whole && !signed(e) {
		return e, nil
	}
	return x.Provider.verified(e)
}

// claims reads an assertion that is the provider's and checks that it is for
// us.
func (x *Expected) claims(e *etree.Element) (a Assertion, err error) {
	a.ID, a.Issuer = e.SelectAttrValue("ID", ""), text(child(e, assertionSpace, "Issuer"))
	if a.Issuer != x.Provider.EntityID {
		return a, ErrIssuer
	}
	issued, err := instant(e, "IssueInstant")
	switch {
	case err != nil || issued.IsZero():
		return a, ErrMalformed
	case issued.After(x.Now.Add(skew)):
		return a, ErrEarly
	case !x.Now.Before(issued.Add(fresh)):
		return a, ErrExpired
	}
	if err := x.conditions(child(e, assertionSpace, "Conditions")); err != nil {
		return a, err
	}
	if err := x.subject(&a, child(e, assertionSpace, "Subject")); err != nil {
		return a, err
	}
	if a.SessionEnds, err = x.session(e); err != nil {
		return a, err
	}
	a.Attributes = attributes(e)
	return a, nil
}

// conditions checks when and by whom an assertion may be used. One that does
// not say by whom may be used by nobody.
func (x *Expected) conditions(e *etree.Element) error {
	if e == nil {
		return ErrAudience
	}
	if err := x.during(e); err != nil {
		return err
	}
	restrictions := children(e, assertionSpace, "AudienceRestriction")
	for _, r := range restrictions {
		ours := false
		for _, audience := range children(r, assertionSpace, "Audience") {
			ours = ours || x.Audience(text(audience))
		}
		if !ours {
			return ErrAudience
		}
	}
	if len(restrictions) == 0 {
		return ErrAudience
	}
	return nil
}

// during checks the times of an element.
func (x *Expected) during(e *etree.Element) error {
	from, err := instant(e, "NotBefore")
	if err != nil {
		return err
	}
	until, err := instant(e, "NotOnOrAfter")
	switch {
	case err != nil:
		return err
	case from.After(x.Now.Add(skew)):
		return ErrEarly
	case !until.IsZero() && !x.Now.Before(until):
		return ErrExpired
	}
	return nil
}

// subject reads whom the assertion speaks of, and by which address it came.
func (x *Expected) subject(a *Assertion, e *etree.Element) error {
	if e == nil {
		return ErrMalformed
	}
	name := child(e, assertionSpace, "NameID")
	if a.Subject = text(name); a.Subject == "" {
		return ErrMalformed
	}
	a.SubjectFormat = name.SelectAttrValue("Format", "")
	err := ErrAudience
	for _, c := range children(e, assertionSpace, "SubjectConfirmation") {
		data := child(c, assertionSpace, "SubjectConfirmationData")
		if c.SelectAttrValue("Method", "") != bearer || data == nil {
			continue
		}
		recipient := data.SelectAttrValue("Recipient", "")
		if !x.Recipient(recipient) || data.SelectAttr("NotOnOrAfter") == nil {
			continue
		}
		if err = x.during(data); err == nil {
			a.Recipient = recipient
			return nil
		}
	}
	return err
}

// session reads when the session at the provider ends.
func (x *Expected) session(e *etree.Element) (ends time.Time, err error) {
	for _, s := range children(e, assertionSpace, "AuthnStatement") {
		end, err := instant(s, "SessionNotOnOrAfter")
		switch {
		case err != nil:
			return ends, err
		case end.IsZero():
		case !x.Now.Before(end):
			return ends, ErrExpired
		case ends.IsZero() || end.Before(ends):
			ends = end
		}
	}
	return ends, nil
}

// attributes are the values of an assertion's attributes by their names.
func attributes(e *etree.Element) map[string][]string {
	all := map[string][]string{}
	for _, statement := range children(e, assertionSpace, "AttributeStatement") {
		for _, attribute := range children(statement, assertionSpace, "Attribute") {
			name := strings.TrimSpace(attribute.SelectAttrValue("Name", ""))
			for _, value := range children(attribute, assertionSpace, "AttributeValue") {
				all[name] = append(all[name], text(value))
			}
		}
	}
	return all
}
