package advice

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestManaged(t *testing.T) {
	files, _ := filepath.Glob("../iam/awsmanaged/*.json")
	for _, f := range files {
		data, _ := os.ReadFile(f)
		var file struct{ Document json.RawMessage }
		json.Unmarshal(data, &file)
		p, err := Read(file.Document, Identity, "")
		if err != nil {
			t.Logf("%s: %v", filepath.Base(f), err)
			continue
		}
		for _, x := range p.Lint() {
			t.Logf("%s:%v", filepath.Base(f), x)
		}
	}
}
