import type { TraceRecord } from '@osprofiler/core'
import { parseJson } from '@osprofiler/core/json'
import { isMembers } from '../tree/read-field.js'
import type { TextReader } from './text-reader.js'

/**
 * Reads records from the text of a `.jsonl` file, one JSON object a line. Blank lines are passed over, and so is a last
 * line without a line break that is no JSON: a writer was caught in the middle of it. Only the lines are checked, not
 * the fields of the records: `buildReport` takes them as they are and marks what is wrong.
 *
 * @throws SyntaxError that names the first line that is not a JSON object
 */
export function parseRecords(text: string): TraceRecord[] {
  const parser = createRecordParser()
  parser.push(text)
  return parser.end()
}

/** Longer lines are not read: V8's strings end at twice that. */
const MAX_LINE_LENGTH = 2 ** 28

/**
 * As `parseRecords`, for a text that no single string can hold.
 *
 * @param isWanted is asked of each record, and may throw
 */
export function createRecordParser(isWanted: (record: unknown) => boolean = () => true): TextReader<TraceRecord[]> {
  const records: TraceRecord[] = []
  let number = 0
  let rest = ''

  const take = (line: string, isWhole: boolean): void => {
    number++
    const text = number === 1 ? line.replace(/^\ufeff/, '') : line
    if (text.trim() === '') return
    const record = parseLine(text)
    if (isMembers(record)) {
      if (isWanted(record)) records.push(record as unknown as TraceRecord)
    } else if (record !== undefined || isWhole) {
      throw new SyntaxError(`Line ${number} is not a record. Each line has to be one JSON object; repair or delete it.`)
    }
  }
  return {
    push(text) {
      let position = 0
      for (let lineEnd = text.indexOf('\n'); lineEnd !== -1; lineEnd = text.indexOf('\n', position)) {
        take(rest + text.slice(position, lineEnd), true)
        rest = ''
        position = lineEnd + 1
      }
      rest += text.slice(position)
      if (rest.length > MAX_LINE_LENGTH) {
        throw new RangeError(`Line ${number + 1} has more than ${MAX_LINE_LENGTH} characters. No record is that long.`)
      }
    },
    end() {
      take(rest, false)
      return records
    },
  }
}

/** `undefined`, which JSON cannot hold, for what is not JSON. */
function parseLine(line: string): unknown {
  try {
    return parseJson(line)
  } catch {
    return undefined
  }
}
