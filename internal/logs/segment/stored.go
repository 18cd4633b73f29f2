package segment

import (
	"context"
	"database/sql"
)

// Stored returns what the events of groups count for in bytes. A group
// without events is left out.
func (l *Log) Stored(ctx context.Context, groups []int64) (map[int64]int64, error) {
	stored := map[int64]int64{}
	if len(groups) == 0 {
		return stored, nil
	}
	args := make([]any, len(groups))
	for i, g := range groups {
		args[i] = g
	}
	err := l.store.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT grp, CAST(SUM(size) AS BIGINT) FROM log_block WHERE grp IN (`+list(0, len(groups))+`) GROUP BY grp`, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var group, size int64
			if err := rows.Scan(&group, &size); err != nil {
				return err
			}
			stored[group] = size
		}
		return rows.Err()
	})
	return stored, err
}
