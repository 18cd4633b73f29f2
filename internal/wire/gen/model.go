package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// model is an API description as botocore keeps them. Only what the
// generator understands is here: a full model has more, and trimming drops
// it.
type model struct {
	Metadata   metadata         `json:"metadata"`
	Operations dict[*operation] `json:"operations,omitzero"`
	// Unserved is ours: what the service's API has and we do not serve.
	Unserved dict[*operation] `json:"unserved,omitzero"`
	Shapes   dict[*shape]     `json:"shapes,omitzero"`
}

type metadata struct {
	APIVersion      string `json:"apiVersion"`
	EndpointPrefix  string `json:"endpointPrefix"`
	SigningName     string `json:"signingName,omitempty"`
	JSONVersion     string `json:"jsonVersion,omitempty"`
	Protocol        string `json:"protocol"`
	ServiceFullName string `json:"serviceFullName"`
	TargetPrefix    string `json:"targetPrefix,omitempty"`
	XMLNamespace    string `json:"xmlNamespace,omitempty"`
}

type operation struct {
	Name       string `json:"name"`
	Deprecated bool   `json:"deprecated,omitempty"`
	HTTP       struct {
		Method       string `json:"method"`
		RequestURI   string `json:"requestUri"`
		ResponseCode int    `json:"responseCode,omitempty"`
	} `json:"http"`
	Input  *ref  `json:"input,omitempty"`
	Output *ref  `json:"output,omitempty"`
	Errors []ref `json:"errors,omitempty"`
	// RequiredQuery and RequiredHeaders are ours: of an operation that is not
	// served they are what is left of its input, to know its requests by.
	RequiredQuery   []string `json:"requiredQuery,omitempty"`
	RequiredHeaders []string `json:"requiredHeaders,omitempty"`
}

// legacy is what the model of a JSON service has forgotten of the query
// protocol, which older clients still speak.
type legacy struct {
	namespace string // of XML answers
	path      string // the member of inputs that the path of a request stands for
	// items are the names of the items of lists and of the entries of maps,
	// which have neither an element nor a level around them. A map's name is
	// followed by those of its keys and values.
	items map[string]string
	// codes are the codes and the statuses of exceptions where they differ.
	codes map[string]queryError
}

type queryError struct {
	code   string
	status int
}

// ref is a use of a shape: by an operation, as a member, as an item.
type ref struct {
	Shape         string     `json:"shape"`
	Location      string     `json:"location,omitempty"`
	LocationName  string     `json:"locationName,omitempty"`
	ResultWrapper string     `json:"resultWrapper,omitempty"`
	Streaming     bool       `json:"streaming,omitempty"`
	Flattened     bool       `json:"flattened,omitempty"`
	XMLAttribute  bool       `json:"xmlAttribute,omitempty"`
	XMLNamespace  *namespace `json:"xmlNamespace,omitempty"`
}

type namespace struct {
	Prefix string `json:"prefix,omitempty"`
	URI    string `json:"uri"`
}

type shape struct {
	Type            string      `json:"type"`
	Required        []string    `json:"required,omitempty"`
	Members         dict[*ref]  `json:"members,omitzero"`
	Payload         string      `json:"payload,omitempty"`
	LocationName    string      `json:"locationName,omitempty"`
	XMLNamespace    *namespace  `json:"xmlNamespace,omitempty"`
	Member          *ref        `json:"member,omitempty"`
	Key             *ref        `json:"key,omitempty"`
	Value           *ref        `json:"value,omitempty"`
	Flattened       bool        `json:"flattened,omitempty"`
	TimestampFormat string      `json:"timestampFormat,omitempty"`
	Sensitive       bool        `json:"sensitive,omitempty"`
	Min             *int64      `json:"min,omitempty"`
	Max             *int64      `json:"max,omitempty"`
	Pattern         string      `json:"pattern,omitempty"`
	Enum            []string    `json:"enum,omitempty"`
	Exception       bool        `json:"exception,omitempty"`
	Fault           bool        `json:"fault,omitempty"`
	Error           *errorTrait `json:"error,omitempty"`
}

type errorTrait struct {
	Code   string `json:"code,omitempty"`
	Status int    `json:"httpStatusCode"`
}

// uses returns the shapes that s is made of.
func (s *shape) uses() []string {
	var names []string
	for _, m := range s.Members.all() {
		names = append(names, m.Shape)
	}
	for _, r := range []*ref{s.Member, s.Key, s.Value} {
		if r != nil {
			names = append(names, r.Shape)
		}
	}
	return names
}

func readModel(path string) (*model, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := new(model)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// required returns the names under which the required members of an
// operation's input travel in one location.
func (m *model) required(op *operation, location string) []string {
	if op.Input == nil {
		return nil
	}
	in, ok := m.Shapes.get(op.Input.Shape)
	if !ok {
		return nil
	}
	var names []string
	for _, name := range in.Required {
		if r, _ := in.Members.get(name); r.Location == location {
			names = append(names, r.LocationName)
		}
	}
	return names
}
