// Package orgtrail has no code of its own: the program is in cmd/orgtrail.
// What is tested here is the shape of the whole.
package orgtrail

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/orgtrail/orgtrail/"

// layers are the packages from the bottom up. A package imports those of
// lower layers alone; the services of one layer do not know each other.
var layers = [][]string{
	{"internal/aws", "internal/seal", "internal/outbound", "internal/pages", "internal/logs/filter/jsonscan", "digest"},
	{"internal/policy", "internal/journal", "internal/wire", "internal/wire/sigv4", "internal/session", "internal/pattern", "internal/logs/filter", "internal/logs/insights", "internal/oidc", "internal/saml", "internal/saml/samltest"},
	{"internal/store", "internal/store/postgrestest", "internal/wire/gen"},
	{"internal/call", "internal/tag", "internal/lease", "internal/store/storetest"},
	{"internal/wire/api/"},
	{"internal/record", "internal/advice", "internal/iam/awsmanaged", "internal/logs/segment"},
	{"internal/cloudtrail", "internal/organizations", "internal/iam", "internal/sts", "internal/s3", "internal/kms", "internal/logs", "internal/sns", "internal/sqs", "internal/events", "internal/delivery", "internal/chain", "internal/relay"},
	{"internal/gateway", "internal/s3/plane", "internal/sns/webhook"},
	{"internal/server", "internal/call/calltest"},
	{"cmd/", "conformance"},
}

// forbidden names what packages of a kind may not import, from anywhere.
var forbidden = []struct {
	of, imports []string
	why         string
}{
	{
		[]string{"internal/cloudtrail", "internal/organizations", "internal/iam", "internal/sts", "internal/s3", "internal/kms", "internal/logs", "internal/sns", "internal/sqs", "internal/events"},
		[]string{"net/http", "database/sql"},
		"a service knows neither HTTP nor SQL",
	},
	{
		[]string{"internal/policy", "internal/advice"},
		[]string{"os", "net/http", "database/sql", "io/fs", "time/tzdata"},
		"policies are judged without I/O",
	},
	{
		[]string{"internal/cloudtrail", "internal/organizations", "internal/iam", "internal/sts", "internal/s3", "internal/kms", "internal/logs", "internal/sns", "internal/sqs", "internal/events", "internal/gateway", "internal/record", "internal/delivery", "internal/store"},
		[]string{"testing"},
		"tests stay out of the binary",
	},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// layerOf returns the index of a package's layer, or -1.
func layerOf(path string) int {
	for i, layer := range layers {
		for _, l := range layer {
			if path == l || strings.HasSuffix(l, "/") && strings.HasPrefix(path, l) {
				return i
			}
		}
	}
	return -1
}

func TestImportsRunDownwards(t *testing.T) {
	for _, p := range packages(t) {
		path, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue // the module's root
		}
		own := layerOf(path)
		if own < 0 {
			t.Errorf("%s is in no layer", path)
			continue
		}
		for _, imp := range p.Imports {
			dep, ours := strings.CutPrefix(imp, module)
			if ours && layerOf(dep) >= own {
				t.Errorf("%s (layer %d) imports %s (layer %d)", path, own, dep, layerOf(dep))
			}
		}
	}
}

func TestForbiddenImports(t *testing.T) {
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		for _, f := range forbidden {
			if !slices.Contains(f.of, path) {
				continue
			}
			for _, imp := range p.Imports {
				if slices.Contains(f.imports, imp) {
					t.Errorf("%s imports %s: %s", path, imp, f.why)
				}
			}
		}
	}
}
