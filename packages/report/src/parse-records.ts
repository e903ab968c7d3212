import type { TraceRecord } from '@osprofiler/core'

/**
 * Reads records from the text of a `.jsonl` file, one JSON object a line. Blank lines are passed over, and so is a last
 * line without a line break that is no JSON: a writer was caught in the middle of it. Only the lines are checked, not
 * the fields of the records: `buildReport` takes them as they are and marks what is wrong.
 *
 * @throws SyntaxError that names the first line that is not a JSON object
 */
export function parseRecords(text: string): TraceRecord[] {
  const records: TraceRecord[] = []
  let position = text.startsWith('\ufeff') ? 1 : 0
  for (let number = 1; position < text.length; number++) {
    const lineEnd = text.indexOf('\n', position)
    const line = text.slice(position, lineEnd === -1 ? undefined : lineEnd)
    position = lineEnd === -1 ? text.length : lineEnd + 1
    if (line.trim() === '') continue
    const record = parseLine(line)
    if (typeof record === 'object' && record !== null && !Array.isArray(record)) {
      records.push(record as TraceRecord)
    } else if (record !== undefined || lineEnd !== -1) {
      throw new SyntaxError(`Line ${number} is not a record. Each line has to be one JSON object; repair or delete it.`)
    }
  }
  return records
}

/** `undefined`, which JSON cannot hold, for what is not JSON. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
