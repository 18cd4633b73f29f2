package policy

// IsPublic reports whether S3 calls a bucket policy public: whether one of
// its statements allows anything to someone who is neither named nor held to
// a fixed place by a condition. Denials are not weighed against it.
func (d *Document) IsPublic() bool {
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect == Allow && s.openToAll() && !s.confined() {
			return true
		}
	}
	return false
}

func (s *Statement) openToAll() bool {
	return s.principals == nil || s.notPrincipal || s.principals.everyone
}

// confined reports whether a condition lets in only fixed values of a key
// that tells callers apart.
func (s *Statement) confined() bool {
	for i := range s.conditions {
		if s.conditions[i].confines() {
			return true
		}
	}
	return false
}

// confiningKeys are the keys whose fixed values make a statement private.
var confiningKeys = map[string]bool{
	"aws:principalaccount":      true,
	"aws:principalarn":          true,
	"aws:principalorgid":        true,
	"aws:principalorgpaths":     true,
	"aws:principalservicename":  true,
	"aws:sourceaccount":         true,
	"aws:sourcearn":             true,
	"aws:sourceip":              true,
	"aws:sourceorgid":           true,
	"aws:sourceorgpaths":        true,
	"aws:sourceowner":           true,
	"aws:sourcevpc":             true,
	"aws:sourcevpcarn":          true,
	"aws:sourcevpce":            true,
	"aws:userid":                true,
	"aws:vpceaccount":           true,
	"aws:vpceorgid":             true,
	"aws:vpceorgpaths":          true,
	"s3:dataaccesspointaccount": true,
	"s3:dataaccesspointarn":     true,
	"s3:x-amz-server-side-encryption-aws-kms-key-id": true,
}

func (c *condition) confines() bool {
	// A condition that a request without the key passes holds nobody back.
	if !confiningKeys[c.key] || c.operator.negated || c.operator == null || c.ifExists ||
		c.quantifier == forAllValues || len(c.operands) == 0 {
		return false
	}
	for i := range c.operands {
		if !c.operands[i].confines() {
			return false
		}
	}
	return true
}

// confines reports whether the value is fixed: without wildcards and
// variables, and, of addresses, not too wide a range.
func (o *operand) confines() bool {
	if !o.valid {
		return o.text.fixed()
	}
	if !o.network.IsValid() {
		return false
	}
	if o.network.Addr().Is4() {
		return o.network.Bits() >= 8
	}
	return o.network.Bits() >= 32
}
