import { type KeyOptions, readSigningKey } from '../keys/read-keys.js'
import { beginTrace, type SignedHeaders, USUAL_TERMS } from '../keys/sign-trace.js'
import { printRemarks } from '../output/print-remarks.js'
import { writeChunks } from '../output/write-output.js'
import { readUrl } from '../request/request-url.js'

/** Options of `osprofiler sign`. */
export interface SignOptions extends KeyOptions {
  readonly json?: boolean
  readonly count?: number
  readonly points?: number
  readonly want?: readonly string[]
  readonly expires?: number
}

/**
 * Prints the signed headers of one request, or of several requests as JSON lines. Each request begins a new trace.
 * Throws an OsprofilerError if the URL is not an HTTP URL, and in the same cases as `readSigningKey`.
 */
export async function signUrl(target: string, options: SignOptions): Promise<void> {
  const { count = 1, json = false } = options
  const { points = USUAL_TERMS.points, want = USUAL_TERMS.wants, expires = USUAL_TERMS.lifetimeS } = options
  const { url } = readUrl(target)
  const key = readSigningKey(options)
  const terms = { points, wants: want, lifetimeS: expires }
  const format = json || options.count !== undefined ? toJson : toLines
  const ids: string[] = []
  function* texts() {
    for (let made = 0; made < count; made++) {
      const trace = beginTrace(key, terms)
      ids.push(trace.baseId)
      yield format(trace.signRequest(url))
    }
  }
  await writeChunks(process.stdout, texts())
  const [baseId = ''] = ids
  const which = count === 1 ? `Trace ${baseId}` : `${count} traces, of which the first is ${baseId}`
  printRemarks(
    `${which}. Send each set of headers once, within ${expires} s.`,
    `Then see where the time went: osprofiler trace show ${baseId}`,
  )
}

function toLines(headers: SignedHeaders): string {
  return headers.map(([name, value]) => `${name}: ${value}\n`).join('')
}

function toJson(headers: SignedHeaders): string {
  return `${JSON.stringify(Object.fromEntries(headers))}\n`
}
