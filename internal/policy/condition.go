package policy

import (
	"errors"
	"fmt"
	"strings"
)

// condition is one operator on one key.
type condition struct {
	operator   *operator
	quantifier quantifier
	ifExists   bool
	key        string // lower case
	operands   []operand
}

// quantifier says how many of a key's values must satisfy the operator.
type quantifier uint8

const (
	single quantifier = iota
	forAllValues
	forAnyValue
)

// operator is one of the comparisons. test compares one value of the request
// with one operand; negated turns the answer round after all operands were
// asked, so that a value must differ from each.
type operator struct {
	compile func(value string, variables bool) (operand, error)
	test    func(o *operand, value string, ctx Context) bool
	negated bool
}

// operators are the comparisons by name. Null is not among them: it asks
// whether a key is there, not what it is.
var operators = map[string]*operator{
	"StringEquals":              {plainText, testText, false},
	"StringNotEquals":           {plainText, testText, true},
	"StringEqualsIgnoreCase":    {plainText, testFold, false},
	"StringNotEqualsIgnoreCase": {plainText, testFold, true},
	"StringLike":                {wildText, testText, false},
	"StringNotLike":             {wildText, testText, true},

	"NumericEquals":            {number, compareNumber(equal), false},
	"NumericNotEquals":         {number, compareNumber(equal), true},
	"NumericLessThan":          {number, compareNumber(less), false},
	"NumericLessThanEquals":    {number, compareNumber(lessOrEqual), false},
	"NumericGreaterThan":       {number, compareNumber(greater), false},
	"NumericGreaterThanEquals": {number, compareNumber(greaterOrEqual), false},

	"DateEquals":            {date, compareDate(equal), false},
	"DateNotEquals":         {date, compareDate(equal), true},
	"DateLessThan":          {date, compareDate(less), false},
	"DateLessThanEquals":    {date, compareDate(lessOrEqual), false},
	"DateGreaterThan":       {date, compareDate(greater), false},
	"DateGreaterThanEquals": {date, compareDate(greaterOrEqual), false},

	"Bool":         {plainText, testFold, false},
	"BinaryEquals": {binary, testBinary, false},

	"IpAddress":    {network, testNetwork, false},
	"NotIpAddress": {network, testNetwork, true},

	"ArnEquals":    {wildText, testARN, false},
	"ArnLike":      {wildText, testARN, false},
	"ArnNotEquals": {wildText, testARN, true},
	"ArnNotLike":   {wildText, testARN, true},
}

// null is the operator Null.
var null = &operator{compile: plainText}

// readOperator takes an operator's name apart: ForAllValues:StringLikeIfExists.
func readOperator(name string) (op *operator, q quantifier, ifExists, ok bool) {
	base := name
	if rest, found := strings.CutPrefix(base, "ForAllValues:"); found {
		base, q = rest, forAllValues
	} else if rest, found := strings.CutPrefix(base, "ForAnyValue:"); found {
		base, q = rest, forAnyValue
	}
	if base == "Null" {
		return null, q, false, true
	}
	base, ifExists = strings.CutSuffix(base, "IfExists")
	op, ok = operators[base]
	return op, q, ifExists, ok
}

func compileCondition(src *outlineCondition, variables bool) (condition, error) {
	op, q, ifExists, ok := readOperator(src.operator)
	if !ok {
		return condition{}, errors.New("unknown condition operator")
	}
	if src.key == "" {
		return condition{}, errors.New("the condition key is empty")
	}
	c := condition{op, q, ifExists, strings.ToLower(src.key), make([]operand, len(src.values))}
	for i, value := range src.values {
		var err error
		if c.operands[i], err = op.compile(value, variables); err != nil {
			return condition{}, fmt.Errorf("%s: %q: %w", src.key, value, err)
		}
	}
	return c, nil
}

// holds reports whether the condition is true of a request.
func (c *condition) holds(ctx Context) bool {
	values := ctx[c.key]
	if c.operator == null {
		return c.holdsNull(len(values) == 0)
	}
	if len(values) == 0 {
		return c.holdsWithout()
	}
	// One value must satisfy the operator, unless all must: where the policy
	// says so, or where it says that the key is not this.
	all := c.quantifier == forAllValues || c.quantifier == single && c.operator.negated
	for _, value := range values {
		if c.accepts(value, ctx) != all {
			return !all
		}
	}
	return all
}

// accepts reports whether the operator is true of one value.
func (c *condition) accepts(value string, ctx Context) bool {
	for i := range c.operands {
		if c.operator.test(&c.operands[i], value, ctx) {
			return !c.operator.negated
		}
	}
	return c.operator.negated
}

// holdsWithout is holds for a request that lacks the key.
func (c *condition) holdsWithout() bool {
	switch {
	case c.ifExists, c.quantifier == forAllValues:
		return true
	case c.quantifier == forAnyValue:
		return false
	}
	return c.operator.negated
}

// holdsNull is holds for Null, which is "true" of a key that is absent.
func (c *condition) holdsNull(absent bool) bool {
	want := "false"
	if absent {
		want = "true"
	}
	for i := range c.operands {
		if testFold(&c.operands[i], want, nil) {
			return true
		}
	}
	return false
}
