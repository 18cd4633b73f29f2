package cloudtrail

import (
	"regexp"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// The limits of one trail's selectors.
const (
	maxSelectors      = 5
	maxDataResources  = 250
	maxAdvancedValues = 500
	maxSelectorName   = 1000
	maxAdvancedLength = 2048
)

// excludable are the event sources whose management events a trail may leave
// out; it logs those of every other service or none.
var excludable = []string{"kms.amazonaws.com", "rdsdata.amazonaws.com"}

func invalidSelectors(format string, args ...any) error {
	return aws.Errorf("InvalidEventSelectorsException", format, args...)
}

// check applies the rules that the shape alone does not express.
func (s Selectors) check() error {
	if s.Basic != nil && s.Advanced != nil {
		return invalidSelectors("You can specify event selectors or advanced event selectors, but not both.")
	}
	if s.Advanced != nil {
		return checkAdvanced(s.Advanced)
	}
	return checkBasic(s.Basic)
}

func checkBasic(selectors []BasicSelector) error {
	if n := len(selectors); n < 1 || n > maxSelectors {
		return invalidSelectors("Specify between 1 and %d event selectors. Number of event selectors given: %d.", maxSelectors, n)
	}
	named := 0
	for i := range selectors {
		b := &selectors[i]
		if !slices.Contains([]string{readWriteAll, readOnly, writeOnly}, b.ReadWrite) {
			return invalidSelectors("Value %s for ReadWriteType is invalid. Valid values are All, ReadOnly, WriteOnly.", b.ReadWrite)
		}
		if !b.Management && len(b.Data) == 0 {
			return invalidSelectors("An event selector must include management events or at least one data resource.")
		}
		for _, source := range b.Excluded {
			if !slices.Contains(excludable, source) {
				return invalidSelectors("Value %s for ExcludeManagementEventSources is invalid.", source)
			}
		}
		for _, d := range b.Data {
			if err := checkDataResource(d); err != nil {
				return err
			}
			for _, v := range d.Values {
				if !wholeService(d.Type, v) {
					named++
				}
			}
		}
	}
	if named > maxDataResources {
		return invalidSelectors("A trail can name at most %d data resources. Number of data resources given: %d.", maxDataResources, named)
	}
	return nil
}

// dataResourceService is the service of the types that basic selectors know.
var dataResourceService = map[string]string{
	s3Object:                "s3",
	"AWS::Lambda::Function": "lambda",
	"AWS::DynamoDB::Table":  "dynamodb",
}

// wholeService reports whether a value stands for every resource of its type.
func wholeService(typ, value string) bool {
	all := "arn:" + aws.Partition + ":" + dataResourceService[typ]
	return value == all || typ == s3Object && value == all+":::"
}

func checkDataResource(d DataResource) error {
	service, known := dataResourceService[d.Type]
	if !known {
		return invalidSelectors("Value %s for DataResources.Type is invalid.", d.Type)
	}
	for _, v := range d.Values {
		if wholeService(d.Type, v) {
			continue
		}
		a, ok := aws.ParseARN(v)
		if !ok || a.Partition != aws.Partition || a.Service != service || strings.ContainsAny(v, "*?") {
			return invalidSelectors("Value %s for DataResources.Values is invalid.", v)
		}
	}
	return nil
}

// resourceType is the form of the types that data events have.
var resourceType = regexp.MustCompile(`^AWS::[A-Za-z0-9]+::[A-Za-z0-9]+$`)

// advancedFields are the fields that selectors of a category may use on a
// trail. Those marked equalsOnly take no other operator.
var advancedFields = map[string][]string{
	"Management":      {"eventCategory", "readOnly", "eventSource"},
	"Data":            {"eventCategory", "resources.type", "readOnly", "eventName", "resources.ARN", "eventSource", "eventType", "sessionCredentialFromConsole", "userIdentity.arn"},
	"NetworkActivity": {"eventCategory", "eventSource", "eventName", "errorCode", "vpcEndpointId"},
}

var equalsOnly = []string{"eventCategory", "resources.type", "readOnly", "errorCode"}

func checkAdvanced(selectors []AdvancedSelector) error {
	if len(selectors) == 0 {
		return invalidSelectors("Specify at least one advanced event selector.")
	}
	values := 0
	for i := range selectors {
		n, err := checkAdvancedSelector(&selectors[i])
		if err != nil {
			return err
		}
		values += n
	}
	if values > maxAdvancedValues {
		return invalidSelectors("A trail can have at most %d values for all conditions in its advanced event selectors. Number of values given: %d.", maxAdvancedValues, values)
	}
	return nil
}

// checkAdvancedSelector returns the number of values of a selector.
func checkAdvancedSelector(a *AdvancedSelector) (int, error) {
	if len(a.Name) > maxSelectorName {
		return 0, invalidSelectors("The name of an advanced event selector can be at most %d characters long.", maxSelectorName)
	}
	category := ""
	fields := make(map[string]*FieldSelector)
	for i := range a.Fields {
		f := &a.Fields[i]
		if fields[f.Field] != nil {
			return 0, invalidSelectors("Field %s can be specified only once in an advanced event selector.", f.Field)
		}
		fields[f.Field] = f
	}
	if f := fields["eventCategory"]; f != nil && len(f.Equals) == 1 {
		category = f.Equals[0]
	}
	allowed := advancedFields[category]
	if allowed == nil {
		return 0, invalidSelectors("An advanced event selector must have the field eventCategory with one Equals value: Management, Data or NetworkActivity.")
	}
	n := 0
	for _, f := range a.Fields {
		if !slices.Contains(allowed, f.Field) {
			return 0, invalidSelectors("Field %s is not valid for eventCategory %s.", f.Field, category)
		}
		k, err := checkField(&f)
		if err != nil {
			return 0, err
		}
		n += k
	}
	return n, checkRequired(category, fields)
}

// checkField returns the number of values of a field.
func checkField(f *FieldSelector) (int, error) {
	others := slices.Concat(f.StartsWith, f.EndsWith, f.NotEquals, f.NotStartsWith, f.NotEndsWith)
	if slices.Contains(equalsOnly, f.Field) && (len(others) > 0 || len(f.Equals) != 1) {
		return 0, invalidSelectors("Field %s takes the operator Equals with one value.", f.Field)
	}
	all := slices.Concat(f.Equals, others)
	if len(all) == 0 {
		return 0, invalidSelectors("Field %s must have at least one condition.", f.Field)
	}
	for _, v := range all {
		if v == "" || len(v) > maxAdvancedLength || strings.Contains(v, "*") {
			return 0, invalidSelectors("Value %s for field %s is invalid.", v, f.Field)
		}
	}
	if f.Field == "readOnly" && f.Equals[0] != "true" && f.Equals[0] != "false" {
		return 0, invalidSelectors("Value %s for field readOnly is invalid. Valid values are true, false.", f.Equals[0])
	}
	if f.Field == "resources.ARN" {
		for _, v := range slices.Concat(f.Equals, f.NotEquals) {
			if _, ok := aws.ParseARN(v); !ok {
				return 0, invalidSelectors("Value %s for field resources.ARN is invalid: it is not an ARN.", v)
			}
		}
	}
	return len(all), nil
}

func checkRequired(category string, fields map[string]*FieldSelector) error {
	switch category {
	case "Management":
		if f := fields["eventSource"]; f != nil {
			return checkExcluded(f)
		}
	case "Data":
		f := fields["resources.type"]
		if f == nil {
			return invalidSelectors("An advanced event selector for data events must have the field resources.type.")
		}
		if !resourceType.MatchString(f.Equals[0]) {
			return invalidSelectors("Value %s for field resources.type is invalid.", f.Equals[0])
		}
	case "NetworkActivity":
		if f := fields["eventSource"]; f == nil || len(f.Equals) != 1 {
			return invalidSelectors("An advanced event selector for network activity events must have the field eventSource with one Equals value.")
		}
		if f := fields["errorCode"]; f != nil && f.Equals[0] != "VpceAccessDenied" {
			return invalidSelectors("Value %s for field errorCode is invalid.", f.Equals[0])
		}
	}
	return nil
}

// checkExcluded applies the rules of eventSource in management events.
func checkExcluded(f *FieldSelector) error {
	if len(slices.Concat(f.Equals, f.StartsWith, f.EndsWith, f.NotStartsWith, f.NotEndsWith)) > 0 {
		return invalidSelectors("Field eventSource takes the operator NotEquals for eventCategory Management.")
	}
	for _, source := range f.NotEquals {
		if !slices.Contains(excludable, source) {
			return invalidSelectors("Value %s for field eventSource is invalid.", source)
		}
	}
	return nil
}
