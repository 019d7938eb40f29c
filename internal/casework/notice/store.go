package notice

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/paging"
	"kaishu/internal/infra/database"
)

// saveNotice keeps t; isNew is false if it was told before.
func saveNotice(tx *database.Tx, t Told, n Notice) (isNew bool, err error) {
	args, err := json.Marshal(n.Args)
	if err != nil {
		return false, fmt.Errorf("encode notice: %w", err)
	}
	rows, err := tx.Exec(`
		INSERT INTO notice (id, account, kind, topic, args, title_zh, title_en, text_zh, text_en, about, at, read_at, request)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?)
		ON CONFLICT (id) DO NOTHING`,
		t.ID, n.Account, t.Kind, t.Topic, string(args), t.Title.ZH, t.Title.EN, t.Text.ZH, t.Text.EN, t.About, clock.Format(t.At), id.Trace(tx.Context()))
	if err != nil {
		return false, fmt.Errorf("save notice %s: %w", t.ID, err)
	}
	return rows > 0, nil
}

const noticeColumns = `id, kind, topic, title_zh, title_en, text_zh, text_en, about, at, read_at`

func scanNotice(into func(...any) error) (t Told, err error) {
	var at, read string
	if err := into(&t.ID, &t.Kind, &t.Topic, &t.Title.ZH, &t.Title.EN, &t.Text.ZH, &t.Text.EN, &t.About, &at, &read); err != nil {
		return t, err
	}
	if read != "" {
		if t.ReadAt, err = clock.Parse(read); err != nil {
			return t, err
		}
	}
	t.At, err = clock.Parse(at)
	return t, err
}

func loadNotice(tx *database.Tx, account, notice string) (Told, error) {
	t, err := scanNotice(tx.QueryRow(`
		SELECT `+noticeColumns+`
		FROM   notice
		WHERE  id = ? AND account = ?`, notice, account).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return t, notFound()
	}
	if err != nil {
		return t, fmt.Errorf("load notice %s: %w", notice, err)
	}
	return t, nil
}

// isRead is 0 for the unread, which come first.
const isRead = `CASE WHEN read_at = '' THEN 0 ELSE 1 END`

func inbox(tx *database.Tx, account string, from *paging.Cursor, limit int) ([]Told, error) {
	where, args := `account = ?`, []any{account}
	if from != nil && len(from.Key) == 3 {
		read := 0
		if from.Key[0] == true {
			read = 1
		}
		at, last := fmt.Sprint(from.Key[1]), fmt.Sprint(from.Key[2])
		where += ` AND (` + isRead + ` > ? OR ` + isRead + ` = ? AND (at < ? OR at = ? AND id < ?))`
		args = append(args, read, read, at, at, last)
	}
	rows, err := tx.Query(`
		SELECT `+noticeColumns+`
		FROM   notice
		WHERE  `+where+`
		ORDER  BY `+isRead+`, at DESC, id DESC
		LIMIT  ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	defer rows.Close()
	all := []Told{}
	for rows.Next() {
		t, err := scanNotice(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list notices: %w", err)
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

func unread(tx *database.Tx, account string) (n int, err error) {
	err = tx.QueryRow(`SELECT COUNT(*) FROM notice WHERE account = ? AND read_at = ''`, account).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count notices: %w", err)
	}
	return n, nil
}

func markRead(tx *database.Tx, now time.Time, where, arg string) error {
	_, err := tx.Exec(`UPDATE notice SET read_at = ? WHERE read_at = '' AND `+where, clock.Format(now), arg)
	if err != nil {
		return fmt.Errorf("mark notice read: %w", err)
	}
	return nil
}

func loadChoice(tx *database.Tx, account string) (c Choice, err error) {
	var mute string
	err = tx.QueryRow(`
		SELECT lang, mute
		FROM   notice_choice
		WHERE  account = ?`, account).Scan(&c.Lang, &mute)
	if errors.Is(err, sql.ErrNoRows) {
		return Choice{}, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(mute), &c.Mute)
	}
	if err != nil {
		return c, fmt.Errorf("load choice: %w", err)
	}
	return c, nil
}

func saveChoice(tx *database.Tx, account string, c Choice) error {
	mute, err := json.Marshal(c.Mute)
	if err != nil {
		return fmt.Errorf("encode choice: %w", err)
	}
	_, err = tx.Exec(`
		INSERT INTO notice_choice (account, lang, mute)
		VALUES (?, ?, ?)
		ON CONFLICT (account) DO UPDATE SET lang = excluded.lang, mute = excluded.mute`,
		account, c.Lang, string(mute))
	if err != nil {
		return fmt.Errorf("save choice: %w", err)
	}
	return nil
}

func saveDelivery(tx *database.Tx, d Delivery) error {
	_, err := tx.Exec(`
		INSERT INTO notice_delivery (id, notice, account, channel, target, state, attempts, status, fault, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    state = excluded.state, attempts = excluded.attempts, status = excluded.status, fault = excluded.fault, at = excluded.at`,
		d.ID, d.Notice, d.account, d.Channel, d.Target, d.State, d.Attempts, d.Status, d.Fault, clock.Format(d.At))
	if err != nil {
		return fmt.Errorf("save delivery %s: %w", d.ID, err)
	}
	return nil
}

// deliveries returns the newest deliveries of which where holds, at most 50.
func deliveries(tx *database.Tx, where, arg string) ([]Delivery, error) {
	rows, err := tx.Query(`
		SELECT id, notice, account, channel, target, state, attempts, status, fault, at
		FROM   notice_delivery
		WHERE  `+where+`
		ORDER  BY at DESC, id DESC
		LIMIT  50`, arg)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	defer rows.Close()
	var all []Delivery
	for rows.Next() {
		var d Delivery
		var at string
		if err := rows.Scan(&d.ID, &d.Notice, &d.account, &d.Channel, &d.Target, &d.State, &d.Attempts, &d.Status, &d.Fault, &at); err != nil {
			return nil, fmt.Errorf("list deliveries: %w", err)
		}
		if d.At, err = clock.Parse(at); err != nil {
			return nil, fmt.Errorf("list deliveries: %w", err)
		}
		all = append(all, d)
	}
	return all, rows.Err()
}
