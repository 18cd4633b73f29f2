package sqs

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
)

// maxBatch is how many entries a batch may have.
const maxBatch = 10

// checkBatch refuses a batch as a whole: for having no entries or too many,
// or ids that do not tell them apart.
func checkBatch[T any](kind string, entries []T, id func(*T) *string) error {
	switch n := len(entries); {
	case n == 0:
		return aws.Errorf("EmptyBatchRequest", "There should be at least one %s in the request.", kind)
	case n > maxBatch:
		return aws.Errorf("TooManyEntriesInBatchRequest", "Maximum number of entries per request are %d. You have sent %d.", maxBatch, n)
	}
	seen := make(map[string]bool, len(entries))
	for i := range entries {
		s := aws.Val(id(&entries[i]))
		if len(s) > 80 || !isWord(s) {
			return aws.Errorf("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		if seen[s] {
			return aws.Errorf("BatchEntryIdsNotDistinct", "Id %s repeated.", s)
		}
		seen[s] = true
	}
	return nil
}

// failed adds an entry that failed. An error that is no refusal fails the
// whole batch and is returned. Batches call refusals by the codes that they
// had before JSON.
func failed(list []api.BatchResultErrorEntry, id *string, err error) ([]api.BatchResultErrorEntry, error) {
	e, ok := err.(*aws.Error)
	if !ok {
		return nil, err
	}
	return append(list, api.BatchResultErrorEntry{
		Id: id, SenderFault: new(true), Code: new(api.API.Query.Code(e.Code)), Message: &e.Message,
	}), nil
}
