package logs

import (
	"cmp"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

// ExportTask writes the events of a group into a bucket.
type ExportTask struct {
	Claim           claim
	ID, Name        string
	Account, Region string
	Group           string
	StreamPrefix    string `json:",omitempty"`
	From, Until     int64  // Unix milliseconds, the end not included
	Bucket, Prefix  string
	Status          string
	Message         string
	Created, Ended  int64
}

var exportTasks = store.NewKind("logs.exporttask", store.Index[ExportTask]{
	Name: byOpen, Keys: func(_ string, t *ExportTask) []string {
		if t.open() {
			return []string{""}
		}
		return nil
	},
})

func (t *ExportTask) key() string { return scope(t.Account, t.Region) + t.ID }

func (t *ExportTask) open() bool {
	return t.Status == api.ExportTaskStatusCodePending || t.Status == api.ExportTaskStatusCodeRunning ||
		t.Status == api.ExportTaskStatusCodePendingCancel
}

func (t *ExportTask) named() groupName { return groupName{t.Account, t.Region, t.Group} }

// probeName is the object that proves that a bucket can be written.
const probeName = "aws-logs-write-test"

// under is the key of an object of the task.
func (t *ExportTask) under(name string) string { return t.Prefix + "/" + name }

// CreateExportTask checks the bucket and leaves the task to be done. An
// account has one task at a time in a region.
func (s *Service) CreateExportTask(c *call.Call, in *api.CreateExportTaskInput) (*api.CreateExportTaskOutput, error) {
	n := own(c, in.LogGroupName)
	g, err := find(c.State, n)
	if err != nil {
		return nil, err
	}
	if g.Class != api.LogGroupClassStandard {
		return nil, notOfClass(g, "Exporting to Amazon S3")
	}
	if *in.From >= *in.To {
		return nil, invalid("The specified from date must be before the to date.")
	}
	t := &ExportTask{
		ID: aws.UUID(), Name: aws.Val(in.TaskName), Account: n.account, Region: n.region, Group: n.name,
		StreamPrefix: aws.Val(in.LogStreamNamePrefix), From: *in.From, Until: *in.To,
		Bucket: *in.Destination, Prefix: cmp.Or(strings.Trim(aws.Val(in.DestinationPrefix), "/"), "exportedlogs"),
		Status: api.ExportTaskStatusCodePending, Message: "Pending", Created: c.Time.UnixMilli(),
	}
	for _, other := range exportTasks.Scan(c.State, scope(n.account, n.region)) {
		if other.open() {
			return nil, limitExceeded("Resource limit exceeded.")
		}
	}
	if err := s.probe(c, t); err != nil {
		return nil, err
	}
	exportTasks.Put(c.Tx, t.key(), t)
	return &api.CreateExportTaskOutput{TaskId: &t.ID}, nil
}

func (s *Service) exporter(r store.Reader, t *ExportTask) call.Source {
	return s.source(r, regionalPrincipal(t.Region), t.named().ARN()+":*", t.Account)
}

// probe asks whether the bucket takes what the task will put.
func (s *Service) probe(c *call.Call, t *ExportTask) *aws.Error {
	if s.Bucket.Probe(c, t.Bucket, nil, s.exporter(c.State, t)) != nil {
		return invalid("GetBucketAcl call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation.")
	}
	if s.Bucket.Probe(c, t.Bucket, []string{t.under(probeName)}, s.exporter(c.State, t)) != nil {
		return invalid("PutObject call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation.")
	}
	return nil
}

// CancelExportTask ends a task that is not done. One that is under way ends
// as soon as it can.
func (s *Service) CancelExportTask(c *call.Call, in *api.CancelExportTaskInput) (*api.CancelExportTaskOutput, error) {
	t, ok := exportTasks.Get(c.State, scope(c.Account(), c.Region)+*in.TaskId)
	if !ok {
		return nil, notFound("The specified export task does not exist.")
	}
	t = new(*t)
	switch t.Status {
	case api.ExportTaskStatusCodePending:
		t.end(api.ExportTaskStatusCodeCancelled, "Cancelled by user", c.Time.UnixMilli())
	case api.ExportTaskStatusCodeRunning:
		t.Status = api.ExportTaskStatusCodePendingCancel
	default:
		return nil, invalidOperation("The specified export task has already finished")
	}
	exportTasks.Put(c.Tx, t.key(), t)
	return nil, nil
}

func (t *ExportTask) end(status, message string, now int64) {
	t.Claim, t.Status, t.Message, t.Ended = claim{}, status, message, now
}

// DescribeExportTasks lists the tasks of the account, the latest first.
func (s *Service) DescribeExportTasks(c *call.Call, in *api.DescribeExportTasksInput) (*api.DescribeExportTasksOutput, error) {
	if in.TaskId != nil && in.StatusCode != nil {
		return nil, invalid("taskId and statusCode cannot be specified at the same time.")
	}
	byKey := map[string]*ExportTask{}
	var keys []string
	for _, t := range exportTasks.Scan(c.State, scope(c.Account(), c.Region)) {
		if (in.TaskId == nil || t.ID == *in.TaskId) && (in.StatusCode == nil || t.Status == *in.StatusCode) {
			key := t.position()
			byKey[key], keys = t, append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return strings.Compare(b, a) })
	found, next, err := pageBy(c, in.NextToken, in.Limit, func(yield func(string, *ExportTask) bool) {
		for _, key := range keys {
			if !yield(key, byKey[key]) {
				return
			}
		}
	}, func(key, last string) bool { return key < last })
	if err != nil {
		return nil, err
	}
	out := &api.DescribeExportTasksOutput{ExportTasks: make([]api.ExportTask, len(found)), NextToken: next}
	for i, t := range found {
		out.ExportTasks[i] = t.view()
	}
	return out, nil
}

func (t *ExportTask) position() string { return positionOf(t.Created, t.ID) }

func (t *ExportTask) view() api.ExportTask {
	v := api.ExportTask{
		TaskId: &t.ID, LogGroupName: &t.Group, From: &t.From, To: &t.Until, Destination: &t.Bucket, DestinationPrefix: &t.Prefix,
		Status:        &api.ExportTaskStatus{Code: &t.Status, Message: &t.Message},
		ExecutionInfo: &api.ExportTaskExecutionInfo{CreationTime: &t.Created},
	}
	if t.Name != "" {
		v.TaskName = &t.Name
	}
	if t.Ended != 0 {
		v.ExecutionInfo.CompletionTime = &t.Ended
	}
	return v
}
