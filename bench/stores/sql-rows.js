/** The columns of the table that Python's SQL driver creates. */
export const COLUMNS = ['timestamp', 'base_id', 'parent_id', 'trace_id', 'project', 'host', 'service', 'name', 'data']

/** Returns the value for a record's `data` column: its JSON, encoded twice. */
export function toData({ info }) {
  return JSON.stringify(JSON.stringify({ info }))
}

/** Returns a record's row, with `data` already encoded. */
export function toRow({ timestamp, base_id, parent_id, trace_id, project, service, name, info }, data) {
  return [timestamp, base_id, parent_id, trace_id, project, info.host, service, name, data]
}
