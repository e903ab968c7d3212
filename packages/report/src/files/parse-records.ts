import type { TraceRecord } from '@osprofiler/core'
import { parseJson } from '@osprofiler/core/json'
import { isJsonObject } from '../tree/read-field.js'
import type { TextReader } from './text-reader.js'

/**
 * Reads records from the text of a `.jsonl` file, one JSON object per line. Skips blank lines. Also skips a last line
 * that is not JSON and has no line break, because its writer may not have finished it. Does not check the records'
 * fields, because `buildReport` marks invalid ones.
 *
 * @throws SyntaxError with the number of the first line that is not a JSON object
 */
export function parseRecords(text: string): TraceRecord[] {
  const parser = createRecordParser()
  parser.push(text)
  return parser.end()
}

/** Longer lines are not read. V8 limits strings to twice this length. */
const MAX_LINE_CHARS = 2 ** 28

/**
 * Works like `parseRecords`, but reads a text that is too long for one string. `isWanted` selects the records, and may
 * throw.
 */
export function createRecordParser(isWanted: (record: unknown) => boolean = () => true): TextReader<TraceRecord[]> {
  const records: TraceRecord[] = []
  let lineNumber = 0
  let rest = ''

  const addLine = (line: string, isWhole: boolean): void => {
    lineNumber++
    const text = lineNumber === 1 ? line.replace(/^\ufeff/, '') : line
    if (text.trim() === '') return
    const record = parseLine(text)
    if (isJsonObject(record)) {
      if (isWanted(record)) records.push(record as unknown as TraceRecord)
    } else if (record !== undefined || isWhole) {
      throw new SyntaxError(
        `Line ${lineNumber} is not a record. Each line has to be one JSON object; repair or delete it.`,
      )
    }
  }
  return {
    push(text) {
      let position = 0
      for (let lineEnd = text.indexOf('\n'); lineEnd !== -1; lineEnd = text.indexOf('\n', position)) {
        addLine(rest + text.slice(position, lineEnd), true)
        rest = ''
        position = lineEnd + 1
      }
      rest += text.slice(position)
      if (rest.length > MAX_LINE_CHARS) {
        throw new RangeError(
          `Line ${lineNumber + 1} has more than ${MAX_LINE_CHARS} characters. No record is that long.`,
        )
      }
    },
    end() {
      addLine(rest, false)
      return records
    },
  }
}

/** Returns the parsed line, or `undefined` if the line is not JSON. No JSON value is parsed as `undefined`. */
function parseLine(line: string): unknown {
  try {
    return parseJson(line)
  } catch {
    return undefined
  }
}
