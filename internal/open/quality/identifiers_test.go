package quality

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"kaishu/internal/base/identifier"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/intake"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// All numbers here are made up: their check signs are right, and that is all.
const (
	phone = "13812345678"
)

// madeUp returns the number of nobody: 17 digits and their check sign.
func madeUp(first17 string) string { return first17 + string(identifier.ResidentSign(first17)) }

// withLuhn returns digits and their check digit.
func withLuhn(digits string) string {
	for d := range 10 {
		if s := digits + string(rune('0'+d)); identifier.Luhn(s) {
			return s
		}
	}
	panic("no check digit")
}

func TestIdentifiers(t *testing.T) {
	c := newCity(t)
	about := func(name, text string) openlist.Item {
		return openlist.Item{Name: name, Description: locale.Text{ZH: text}}
	}
	c.list("a", func(d *openlist.Description) {
		d.Items = []openlist.Item{about("咨询电话", "服务网点对外公布的咨询电话"), about("居委会电话", "居民委员会办公电话"), about("联系电话", "单位联系人的手机"), about("电话", "")}
	})
	id, card := madeUp("31010119900101123"), withLuhn("622202100100000000")
	wrong := id[:17] + string("0123456789X"[(strings.IndexByte("0123456789X", id[17])+1)%11])
	many := func(cell string) string { return lines(20, "%d,普通文字") + "99," + cell + "\n" }
	for _, tt := range []struct{ name, file, want string }{
		{"passes", "n,文\n" + lines(20, "%d,普通文字，电话021-12345678"), "staged"},
		{"one identity number among many rows", "n,文\n" + many("证号"+id+"。"), "blocked; resident_id 文 1 firm [" + identifier.Mask(id) + "]"},
		{"in full-width digits", "n,文\n" + many("３１０１０１１９９００１０１１２３"+full(id[17:])), "blocked; resident_id 文 1 firm [" + identifier.Mask(id) + "]"},
		{"with blanks", "n,文\n" + many(id[:6]+" "+id[6:14]+" "+id[14:]), "blocked; resident_id 文 1 firm [" + identifier.Mask(id) + "]"},
		{"its check sign is wrong", "n,文\n" + many(wrong), "staged"},
		{"whole numbers too", "n,文\n" + lines(20, "%d,1") + "99," + madeUp("31010119900101101") + "\n", "blocked; resident_id 文 1 firm [310**************" + madeUp("31010119900101101")[17:] + "]"},
		{"one mobile number in an address", "n,地址\n" + many("南京西路1号，"+phone), "blocked; mobile 地址 1 firm [138*******8]"},
		{"with the country and dashes", "n,地址\n" + many("+86-138-1234-5678"), "blocked; mobile 地址 1 firm [138*******8]"},
		{"of a body, as the dictionary says", "n,咨询电话\n1," + phone + "\n2,13912345679\n3,\n", "blocked; mobile 咨询电话 2 [138*******8 139*******9]"},
		{"of a residents' committee", "n,居委会电话\n1," + phone + "\n2,13912345679\n", "blocked; mobile 居委会电话 2 [138*******8 139*******9]"},
		{"of a person in a body", "n,联系电话\n1," + phone + "\n2,13912345679\n", "blocked; mobile 联系电话 2 firm [138*******8 139*******9]"},
		{"of nobody knows whom", "n,电话\n1," + phone + "\n2,13912345679\n", "blocked; mobile 电话 2 firm [138*******8 139*******9]"},
		{"of a body, as only the column says", "n,办公电话\n1," + phone + "\n2,13912345679\n", "blocked; mobile 办公电话 2 firm [138*******8 139*******9]"},
		{"amounts are no telephones", "n,总额\n1,15000000000\n2,98000000001\n3,13000000000\n4,18500000000\n5,17000000000\n6,16000000000\n", "staged"},
		{"a card in its column", "n,卡号\n1," + card + "\n", "blocked; bank_card 卡号 1 firm [" + identifier.Mask(card) + "]"},
		{"one number that looks like a card", "n,文\n" + many(card), "staged"},
		{"cards in any column", "n,文\n1," + card + "\n2," + withLuhn("622848001234567") + "\n3," + withLuhn("412345678901234") + "\n", "blocked; bank_card 文 3 firm [" +
			strings.Join([]string{identifier.Mask(card), identifier.Mask(withLuhn("622848001234567")), identifier.Mask(withLuhn("412345678901234"))}, " ") + "]"},
		{"old numbers by the column", "n,文\n1,x310101900101123\n2,310101900101124\n3,310101800101126\n4,310101700101128\n", "blocked; resident_id_old 文 3 firm [310***********4 310***********6 310***********8]"},
		{"a few old numbers are chance", "n,文\n" + many("310101900101123") + "7,310101800101126\n8,310101700101128\n", "staged"},
		{"an address on the web is none", "n,文\n" + many("http://sh.example/"+id+"/"+phone+".html"), "staged"},
		{"a part of a word is none", "n,文\n" + many("SH"+phone+"和0."+phone+"和"+phone+"5"), "staged"},
	} {
		if got := told(c.send("a", tt.file)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// full writes digits and X in full width.
func full(s string) string {
	return strings.Map(func(r rune) rune { return r - '0' + '０' }, strings.ReplaceAll(s, "X", string(rune('Ｘ'-'０'+'0'))))
}

// TestIdentifiersByOpening: they hold what is open to all, samples of
// conditional data too (Article 22); in the rest they are noted, without
// cells.
func TestIdentifiersByOpening(t *testing.T) {
	c := newCity(t)
	c.list("open", nil)
	c.list("shut", func(d *openlist.Description) { d.Opening = openlist.Conditional })
	id := madeUp("31010119900101123")
	for i, tt := range []struct {
		slug string
		kind version.Kind
		want string
	}{
		{"open", version.Full, "blocked; resident_id 证号 1 firm [" + identifier.Mask(id) + "]"},
		{"open", version.Sample, "blocked; resident_id 证号 1 firm [" + identifier.Mask(id) + "]"},
		{"shut", version.Sample, "blocked; resident_id 证号 1 firm [" + identifier.Mask(id) + "]"},
		{"shut", version.Full, "staged; resident_id 证号 1 note firm"},
	} {
		if got := told(c.sendAs(tt.slug, tt.kind, "n,证号\n1,"+id+"\n"+lines(i+1, "1%d,无"))); got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.slug, tt.kind, got, tt.want)
		}
	}
}

// TestNobodyWaivesIdentifiers is SM-08 on its whole way: no reason lets the
// version out, a reading without the column does. The telephone of a body is
// for the lead to judge.
func TestNobodyWaivesIdentifiers(t *testing.T) {
	c := newCity(t)
	c.list("a", func(d *openlist.Description) {
		d.Items = []openlist.Item{{Name: "咨询电话", Title: locale.Text{ZH: "咨询电话"}}}
	})
	v := c.send("a", "n,证号\n1,"+madeUp("31010119900101123")+"\n2,"+madeUp("31010119900101124")+"\n")
	_, err := c.versions.Do(t.Context(), lead, "a", v.Number, version.Waive{Reason: "原件如此"})
	if p := problem.As(err); p == nil || p.Code != "version.identifiers_not_waivable" {
		t.Fatalf("waived: %v", err)
	}
	recipe := intake.Recipe{Version: 1, Format: "csv", Encoding: "utf-8", Delimiter: ",", Head: &intake.Head{Rows: 1}, Columns: []intake.RecipeColumn{
		{Source: "n", Name: "n", Type: "integer"}, {Source: "证号", Name: "证号", Type: "text", Drop: intake.DropColumn}}}
	v, err = c.versions.Reread(t.Context(), editor, "a", v.Number, recipe)
	c.must(err)
	if got := told(c.work(v)); got != "staged" {
		t.Errorf("without the column: %s", got)
	}
	v, err = c.versions.Receive(t.Context(), editor, version.Upload{Dataset: "a", NotSecret: true, Kind: version.Full, Name: "b.csv", UpdatedOn: "2026-11-01",
		Recipe: &intake.Recipe{Version: 1}}, strings.NewReader("n,咨询电话\n1,"+phone+"\n2,13912345679\n"))
	c.must(err)
	if v = c.work(v); v.Stage != version.StageBlocked {
		t.Fatalf("a mobile number: %s", told(v))
	}
	v, err = c.versions.Do(t.Context(), lead, "a", v.Number, version.Waive{Reason: "公开的服务号码"})
	c.must(err)
	if v = c.work(v); v.Stage != version.StageStaged {
		t.Errorf("waived: %s", told(v))
	}
	if n, err := c.versions.Replay(t.Context(), permit.Platform); n != 2 || err != nil {
		t.Errorf("replay of %d: %v", n, err)
	}
}

// TestNoWholeIdentifierIsKept: neither as an identifier, nor as a key, a code
// or a repeated row, nor with a wrong check sign; not in rows, not in the
// ledger.
func TestNoWholeIdentifierIsKept(t *testing.T) {
	c := newCity(t)
	c.list("codes", nil)
	c.release(c.send("codes", "码\n甲\n乙\n"))
	c.list("a", func(d *openlist.Description) {
		d.Key = []string{"证号"}
		d.Items = []openlist.Item{{Name: "码", Codes: "codes"}}
	})
	id, card := madeUp("31010119900101123"), withLuhn("622202100100000000")
	wrong := id[:17] + "?"
	for _, sign := range "0123456789X" {
		if s := id[:17] + string(sign); s != id {
			wrong = s
		}
	}
	row := id + ",码" + id[:6] + " " + id[6:14] + " " + id[14:] + "," + phone + "," + card + "\n"
	v := c.send("a", "证号,码,话,卡\n"+row+row+row+wrong+",电话"+phone+"×,13912345679,"+card+"\n"+wrong+",卡"+card+"×,,\n")
	for _, code := range []string{"resident_id", "mobile", "bank_card", "key_repeated", "code_unknown", "rows_repeated"} {
		if !strings.Contains(told(v), code) {
			t.Errorf("%s was not found: %s", code, told(v))
		}
	}
	kept, err := json.Marshal(v)
	c.must(err)
	c.must(c.db.Read(t.Context(), func(tx *database.Tx) error {
		rows, err := tx.Query(`SELECT body FROM ledger`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var body []byte
			if err := rows.Scan(&body); err != nil {
				return err
			}
			kept = append(kept, body...)
		}
		return rows.Err()
	}))
	if !strings.Contains(string(kept), identifier.Mask(id)) {
		t.Error("the ledger was not read")
	}
	digits := strings.NewReplacer(" ", "", "-", "").Replace(string(kept))
	for _, secret := range []string{id, wrong, phone, card, "13912345679"} {
		if strings.Contains(digits, secret) {
			t.Errorf("%s is kept: %s", secret, told(v))
		}
	}
}

// TestChecksAreDescribed: each has its clause and severity, and the README
// tells of it.
func TestChecksAreDescribed(t *testing.T) {
	for _, c := range checks {
		if c.clause == "" || !c.since.Valid() || c.severity != holds && c.severity != firmly || c.run == nil {
			t.Errorf("%+v is not whole", c)
		}
		if row := "| " + c.name + " | " + c.clause + " | " + string(c.since) + " | " + string(c.severity) + " |"; !strings.Contains(readme(t), row) {
			t.Errorf("README.md lacks %s", row)
		}
	}
}

func TestFindingsAreFew(t *testing.T) {
	var all []version.Finding
	for range maxFindings {
		all = append(all, version.Finding{Code: "x", Note: true})
	}
	if len(few(all)) != maxFindings {
		t.Error("all of them may stay")
	}
	got := few(append(all, version.Finding{Code: "y"}, version.Finding{Code: "y", Firm: true}))
	if len(got) != maxFindings+1 || got[0].Code != "y" || !got[1].Firm || got[maxFindings].Code != "quality.more" || got[maxFindings].Args["n"] != 2 || !got[maxFindings].Note {
		t.Errorf("%d: %+v", len(got), got)
	}
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
