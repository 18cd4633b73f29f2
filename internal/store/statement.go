package store

import (
	"fmt"
	"math/bits"
	"strings"
)

// The texts that commits repeat. A chunk that is there already is written
// once more rather than left alone: only then does COMMIT wait until the
// standbys have it too.
const (
	takeRevision = `UPDATE head SET rev = rev + 1 WHERE id = 1 RETURNING rev`
	putChunk     = `INSERT INTO chunk (writer, seq, first_time, last_time, n, hash, data) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (writer, seq) DO UPDATE SET hash = excluded.hash WHERE chunk.hash = excluded.hash`
)

var (
	putRecords = newList(4, `INSERT INTO rec (kind, k, rev, val) VALUES `, `(`, `)`,
		` ON CONFLICT (kind, k) DO UPDATE SET rev = excluded.rev, val = excluded.val`)
	putIntents = newList(3, `INSERT INTO intent (id, writer, payload) VALUES `, `(`, `)`,
		` ON CONFLICT (id) DO NOTHING RETURNING id`)
	deleteIntents = newList(1, `DELETE FROM intent WHERE id IN (`, ``, ``, `) RETURNING id`)
	putHeap       = newList(2, `INSERT INTO heap (k, val) VALUES `, `(`, `)`, ` ON CONFLICT (k) DO UPDATE SET val = excluded.val`)
	deleteHeap    = newList(1, `DELETE FROM heap WHERE k IN (`, ``, ``, `)`)
	getHeap       = newList(1, `SELECT k, val FROM heap WHERE k IN (`, ``, ``, `)`) // outside of commits
)

// hotStatements are all texts of a commit.
func hotStatements() []string {
	texts := []string{takeRevision, putChunk}
	for _, l := range []list{putRecords, putIntents, deleteIntents, putHeap, deleteHeap} {
		texts = append(texts, l.texts[:]...)
	}
	return texts
}

// A list is a statement over a list of rows. There is a text for each power
// of two of rows, so that few texts serve every length.
type list struct {
	columns int
	texts   [7]string
}

func newList(columns int, before, open, end, after string) list {
	l := list{columns: columns}
	for i := range l.texts {
		rows := make([]string, 1<<i)
		n := 0
		for r := range rows {
			marks := make([]string, columns)
			for c := range marks {
				n++
				marks[c] = fmt.Sprint("$", n)
			}
			rows[r] = open + strings.Join(marks, ", ") + end
		}
		l.texts[i] = before + strings.Join(rows, ", ") + after
	}
	return l
}

// each calls do with a text and as many args as it takes, until all args are
// used up.
func (l *list) each(args []any, do func(text string, args []any) error) error {
	for len(args) > 0 {
		i := min(bits.Len(uint(len(args)/l.columns)), len(l.texts)) - 1
		n := l.columns << i
		if err := do(l.texts[i], args[:n]); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}
