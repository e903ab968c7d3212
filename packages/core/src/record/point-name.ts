const ENDINGS = ['-start', '-stop']

/**
 * Returns the name of a record's point: the record's name without a final `-start` or `-stop`, unless nothing would
 * remain.
 */
export function pointName(recordName: string): string {
  const ending = ENDINGS.find(each => recordName.endsWith(each) && recordName.length > each.length) ?? ''
  return recordName.slice(0, recordName.length - ending.length)
}

/** Returns whether a record is a stop record. As in Python's report, any other record counts as a start record. */
export function isStopName(recordName: string): boolean {
  return recordName.endsWith('stop')
}
