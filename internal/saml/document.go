package saml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/beevik/etree"
	xrv "github.com/mattermost/xml-roundtrip-validator"
)

// The namespaces of the elements that are looked at.
const (
	assertionSpace  = "urn:oasis:names:tc:SAML:2.0:assertion"
	protocolSpace   = "urn:oasis:names:tc:SAML:2.0:protocol"
	metadataSpace   = "urn:oasis:names:tc:SAML:2.0:metadata"
	signatureSpace  = "http://www.w3.org/2000/09/xmldsig#"
	encryptionSpace = "http://www.w3.org/2001/04/xmlenc#"
)

// deepest is how deep elements may be nested.
const deepest = 64

// read parses a document and returns its root. The error is ErrMalformed.
// Comments are refused, unless they are let through where nothing is signed.
func read(document []byte, comments bool) (*etree.Element, error) {
	if harmless(document, comments) != nil || xrv.Validate(bytes.NewReader(document)) != nil {
		return nil, ErrMalformed
	}
	d := etree.NewDocument()
	if d.ReadFromBytes(document) != nil || d.Root() == nil {
		return nil, ErrMalformed
	}
	return d.Root(), nil
}

// harmless refuses what has no place in a document of SAML: declarations of
// types and entities, processing instructions, other encodings than UTF-8, and
// elements without end.
func harmless(document []byte, comments bool) error {
	d := xml.NewDecoder(bytes.NewReader(document))
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.Directive:
			return ErrMalformed
		case xml.Comment:
			if !comments {
				return ErrMalformed
			}
		case xml.ProcInst:
			if token.Target != "xml" {
				return ErrMalformed
			}
		}
		if depth > deepest {
			return ErrMalformed
		}
	}
}

// is reports whether an element has a name in a namespace.
func is(e *etree.Element, space, tag string) bool {
	return e.Tag == tag && e.NamespaceURI() == space
}

// children are the elements right below e of a name.
func children(e *etree.Element, space, tag string) []*etree.Element {
	var list []*etree.Element
	for _, c := range e.ChildElements() {
		if is(c, space, tag) {
			list = append(list, c)
		}
	}
	return list
}

// child is the one element of a name right below e, nil when there is none or
// more than one.
func child(e *etree.Element, space, tag string) *etree.Element {
	list := children(e, space, tag)
	if len(list) != 1 {
		return nil
	}
	return list[0]
}

// text is what an element without elements in it says; "" for nil.
func text(e *etree.Element) string {
	if e == nil || len(e.ChildElements()) > 0 {
		return ""
	}
	return strings.TrimSpace(e.Text())
}

// instant reads a time of XML Schema that says its zone. An attribute that is
// not there is the zero time.
func instant(e *etree.Element, attribute string) (time.Time, error) {
	value := strings.TrimSpace(e.SelectAttrValue(attribute, ""))
	if value == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return time.Time{}, ErrMalformed
	}
	return at.UTC(), nil
}
