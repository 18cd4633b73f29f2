package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The generated files are what the models and the table say now.
func TestGeneratedFilesAreFresh(t *testing.T) {
	files, err := generate(".")
	if err != nil {
		t.Fatal(err)
	}
	const root = "../../.."
	for path, want := range files {
		got, err := os.ReadFile(filepath.Join(root, path))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale: go run ./internal/wire/gen", path)
		}
	}
	found, err := filepath.Glob(root + "/internal/wire/api/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		rel, _ := filepath.Rel(root, path)
		if files[filepath.ToSlash(rel)] == nil {
			t.Errorf("%s is not generated any more", rel)
		}
	}
}

func TestTrim(t *testing.T) {
	full := filepath.Join(t.TempDir(), "full.json")
	err := os.WriteFile(full, []byte(`{
		"metadata": {"apiVersion": "2020-01-01", "protocol": "rest-xml", "serviceFullName": "Full", "documentation": "gone"},
		"operations": {
			"Put": {"name": "Put", "http": {"method": "PUT", "requestUri": "/{Bucket}"}, "input": {"shape": "PutRequest"}, "errors": [{"shape": "Bad"}], "documentation": "gone"},
			"Other": {"name": "Other", "http": {"method": "PUT", "requestUri": "/{Bucket}?other"}, "input": {"shape": "OtherRequest"}}
		},
		"shapes": {
			"PutRequest": {"type": "structure", "members": {"B": {"shape": "Text"}, "A": {"shape": "Texts"}}},
			"OtherRequest": {"type": "structure", "required": ["Id", "Name"], "members": {
				"Id": {"shape": "Text", "location": "querystring", "locationName": "id"}, "Name": {"shape": "Unused"}}},
			"Bad": {"type": "structure", "members": {}, "exception": true},
			"Texts": {"type": "list", "member": {"shape": "Text"}},
			"Text": {"type": "string", "pattern": "<.*>"},
			"Unused": {"type": "string"}
		}
	}`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	trimmed := filepath.Join(t.TempDir(), "trimmed.json")
	if err := trim(service{id: "x", served: []string{"Put"}}, full, trimmed); err != nil {
		t.Fatal(err)
	}
	m, err := readModel(trimmed)
	if err != nil {
		t.Fatal(err)
	}
	in, _ := m.Shapes.get("PutRequest")
	other, _ := m.Unserved.get("Other")
	text, _ := m.Shapes.get("Text")
	switch {
	case !slices.Equal(m.Operations.keys, []string{"Put"}):
		t.Errorf("served: %v", m.Operations.keys)
	case !slices.Equal(m.Shapes.keys, []string{"PutRequest", "Bad", "Texts", "Text"}):
		t.Errorf("shapes: %v", m.Shapes.keys)
	case !slices.Equal(in.Members.keys, []string{"B", "A"}):
		t.Errorf("members in another order: %v", in.Members.keys)
	case !slices.Equal(other.RequiredQuery, []string{"id"}) || other.Input != nil:
		t.Errorf("unserved: %+v", other)
	case text.Pattern != "<.*>":
		t.Errorf("pattern: %s", text.Pattern)
	}
	if err := trim(service{id: "x"}, trimmed, trimmed); err == nil {
		t.Error("a trimmed model is trimmed again")
	}
	if err := trim(service{id: "x", served: []string{"NoSuchOperation"}}, full, trimmed); err == nil {
		t.Error("an operation that the model does not have is accepted")
	}
}

func TestCamel(t *testing.T) {
	for value, want := range map[string]string{
		"ALL": "All", "SERVICE_CONTROL_POLICY": "ServiceControlPolicy", "ReadOnly": "ReadOnly", "aws:kms": "AwsKms",
		"us-east-1": "UsEast1", "s3:ObjectCreated:*": "S3ObjectCreatedAll", "AES256": "Aes256", "": "",
	} {
		if got := camel(value); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}
