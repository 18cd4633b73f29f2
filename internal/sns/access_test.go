package sns

import (
	"testing"

	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// Every operation says what it needs.
func TestNeeds(t *testing.T) {
	for _, op := range api.API.Operations {
		if needs[op.Name] == nil {
			t.Errorf("%s needs nothing", op.Name)
		}
	}
	if len(needs) != len(api.API.Operations) {
		t.Errorf("%d of %d operations", len(needs), len(api.API.Operations))
	}
}
