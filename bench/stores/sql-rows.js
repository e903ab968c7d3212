/** The columns of the table of Python's SQL driver. */
export const COLUMNS = ['timestamp', 'base_id', 'parent_id', 'trace_id', 'project', 'host', 'service', 'name', 'data']

/** Returns the value of a record's column `data`: its JSON, encoded twice. */
export function toData({ info }) {
  return JSON.stringify(JSON.stringify({ info }))
}

/** Returns a record's row with ready `data`. */
export function toRow({ timestamp, base_id, parent_id, trace_id, project, service, name, info }, data) {
  return [timestamp, base_id, parent_id, trace_id, project, info.host, service, name, data]
}
