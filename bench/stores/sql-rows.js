/** The columns of the table of Python's SQL driver. */
export const COLUMNS = ['timestamp', 'base_id', 'parent_id', 'trace_id', 'project', 'host', 'service', 'name', 'data']

/** What the column `data` holds of a record: its JSON, encoded twice. */
export function toData({ info }) {
  return JSON.stringify(JSON.stringify({ info }))
}

/** A record's row, its `data` at hand. */
export function toRow({ timestamp, base_id, parent_id, trace_id, project, service, name, info }, data) {
  return [timestamp, base_id, parent_id, trace_id, project, info.host, service, name, data]
}
