package sts

// samlKeys are the condition keys of well-known attributes, by the attribute's
// name or its object identifier, without saml: before them.
var samlKeys = map[string]string{
	"1.3.6.1.4.1.5923.1.1.1.1":   "edupersonaffiliation",
	"1.3.6.1.4.1.5923.1.1.1.2":   "edupersonnickname",
	"1.3.6.1.4.1.5923.1.1.1.3":   "edupersonorgdn",
	"1.3.6.1.4.1.5923.1.1.1.4":   "edupersonorgunitdn",
	"1.3.6.1.4.1.5923.1.1.1.5":   "edupersonprimaryaffiliation",
	"1.3.6.1.4.1.5923.1.1.1.6":   "edupersonprincipalname",
	"1.3.6.1.4.1.5923.1.1.1.7":   "edupersonentitlement",
	"1.3.6.1.4.1.5923.1.1.1.8":   "edupersonprimaryorgunitdn",
	"1.3.6.1.4.1.5923.1.1.1.9":   "edupersonscopedaffiliation",
	"1.3.6.1.4.1.5923.1.1.1.10":  "edupersontargetedid",
	"1.3.6.1.4.1.5923.1.1.1.11":  "edupersonassurance",
	"1.3.6.1.4.1.5923.1.2.1.2":   "eduorghomepageuri",
	"1.3.6.1.4.1.5923.1.2.1.3":   "eduorgidentityauthnpolicyuri",
	"1.3.6.1.4.1.5923.1.2.1.4":   "eduorglegalname",
	"1.3.6.1.4.1.5923.1.2.1.5":   "eduorgsuperioruri",
	"1.3.6.1.4.1.5923.1.2.1.6":   "eduorgwhitepagesuri",
	"2.5.4.3":                    "cn",
	"2.5.4.45":                   "x500uniqueidentifier",
	"0.9.2342.19200300.100.1.1":  "uid",
	"0.9.2342.19200300.100.1.3":  "mail",
	"0.9.2342.19200300.100.1.45": "organizationstatus",

	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":              "name",
	"http://schemas.xmlsoap.org/claims/CommonName":                            "commonname",
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname":         "givenname",
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname":           "surname",
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress":      "mail",
	"http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "primarygroupsid",
}
