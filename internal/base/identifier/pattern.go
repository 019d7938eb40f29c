package identifier

import "strings"

// Spelled are the kinds that keep data from being open to all and are not
// found in runs of digits alone; cells that hold one match [Pattern].
var Spelled = []Kind{Plate, Passport, HongKongMacau, Taiwan, Email, IP, MAC, PersonName, HomeAddress}

// Pattern is a regular expression (RE2) that every cell matches which holds
// one of the kinds of Spelled, and many others: an engine passes the rest over.
var Pattern = strings.Join([]string{
	`[@＠]`,
	`[` + plateProvinces + `][A-ZＡ-Ｚ]`,
	anyDigit + `[\s\p{Zs}]*(?:支?弄|[号巷组队幢栋村甲乙])`,
	`(?:` + anyDigit + `{1,3}[.．]){3}`,
	`(?:[0-9A-Fa-f０-９Ａ-Ｆａ-ｆ]{2}[:：\-－‐–—]){5}`,
	`[A-Za-zＡ-Ｚａ-ｚ]` + anyDigit + `{7}`,
	anyDigit + `{8}`,
	`^[\s\p{Zs}]*[^\x00-\x7F][^0-9０-９]{1,119}$`, // a name, or several
	strings.Join(labels, "|"),
}, "|")

const anyDigit = `[0-9０-９]`
