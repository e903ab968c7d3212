const ENDINGS = ['-start', '-stop']

/** A point's name from a record's: only a `-start` or `-stop` at the end is lost, of a name that is more than that. */
export function pointName(recordName: string): string {
  const ending = ENDINGS.find(each => recordName.endsWith(each) && recordName.length > each.length) ?? ''
  return recordName.slice(0, recordName.length - ending.length)
}

/** Whether a record of this name is a stop, as Python's report tells: any other record is a start. */
export function isStopName(recordName: string): boolean {
  return recordName.endsWith('stop')
}
