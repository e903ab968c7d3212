const ENDINGS = ['-start', '-stop']

/** Returns the point's name of a record: the name without `-start` or `-stop` at its end, unless nothing remains. */
export function pointName(recordName: string): string {
  const ending = ENDINGS.find(each => recordName.endsWith(each) && recordName.length > each.length) ?? ''
  return recordName.slice(0, recordName.length - ending.length)
}

/** Returns whether a record is a stop. As in Python's report, any other record is a start. */
export function isStopName(recordName: string): boolean {
  return recordName.endsWith('stop')
}
