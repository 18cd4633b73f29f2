package call

// Facts are what decides where a record goes: everything of it that a
// trail's regions, its organization and its event selectors look at.
type Facts struct {
	Account  string // whose log the record stands in
	Region   string // where it is recorded
	Global   bool   // of a global service (IAM, Organizations, STS's global endpoint)
	Source   string // cloudtrail.amazonaws.com
	Name     string // CreateTrail
	Type     string // AwsApiCall
	ReadOnly bool
	// DataType is the resource type of a data event (AWS::S3::Object); "" is
	// a management event.
	DataType    string
	Resources   []Resource
	UserARN     string
	FromConsole bool
}
