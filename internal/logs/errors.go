package logs

import (
	"errors"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/logs/insights"
	api "github.com/orgtrail/orgtrail/internal/wire/api/logs"
)

func invalid(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidParameterException", format, args...)
}

func notFound(format string, args ...any) *aws.Error {
	return aws.Errorf("ResourceNotFoundException", format, args...)
}

func alreadyExists(format string, args ...any) *aws.Error {
	return aws.Errorf("ResourceAlreadyExistsException", format, args...)
}

func limitExceeded(format string, args ...any) *aws.Error {
	return aws.Errorf("LimitExceededException", format, args...)
}

func invalidOperation(format string, args ...any) *aws.Error {
	return aws.Errorf("InvalidOperationException", format, args...)
}

// malformed says why a text is not a query, and where.
func malformed(err error) *aws.Error {
	e := aws.Errorf("MalformedQueryException", "%v", err)
	var at *insights.SyntaxError
	if !errors.As(err, &at) {
		return e
	}
	return e.WithShape("queryCompileError", &api.QueryCompileError{
		Location: &api.QueryCompileErrorLocation{StartCharOffset: new(int32(at.Start)), EndCharOffset: new(int32(at.End))},
		Message:  &at.Message,
	})
}

func noGroup() *aws.Error  { return notFound("The specified log group does not exist.") }
func noStream() *aws.Error { return notFound("The specified log stream does not exist.") }

func badToken() *aws.Error { return invalid("The specified nextToken is invalid.") }

// notOfClass refuses what a group of its class cannot do.
func notOfClass(g *LogGroup, what string) *aws.Error {
	return invalid("%s is not supported for log groups of the %s log class.", what, g.Class)
}
