import { configure, setNotifier, type TraceRecord } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { expect } from 'vitest'
import { inTrace } from './traced-calls.js'

/** Stands in every secret of these tests, and must stand in no record. */
export const SECRET = 'SEALED'

/**
 * Does some work in a trace with every instrument on, and a hook that marks each record that it sees; resolves to what
 * left the process. All of it has been seen by the hook, and no secret stands in it. Libraries that are ECMAScript modules
 * are found some ticks after they were loaded: `options` hands them over.
 */
export async function recordWithoutSecrets(
  options: Parameters<typeof instrument>[1],
  work: () => Promise<unknown>,
): Promise<TraceRecord[]> {
  const left: TraceRecord[] = []
  const restore = configure({ redact: record => ({ ...record, info: { ...record.info, seen: true } }) })
  setNotifier(record => void left.push(record))
  const undo = instrument(undefined, options)
  try {
    await inTrace(work)
  } finally {
    undo()
    setNotifier(undefined)
    restore()
  }
  for (const record of left) {
    expect(record.info.seen).toBe(true)
    expect(JSON.stringify(record)).not.toMatch(SEALED)
  }
  return left
}

// As it is, in base64 at each of the three places at which it may begin, in hexadecimal, and escaped.
const SEALED = new RegExp(
  [
    SECRET,
    ...['', 'x', 'xx'].map(before =>
      Buffer.from(before + SECRET)
        .toString('base64')
        .slice(before.length * 2, -4),
    ),
    Buffer.from(SECRET).toString('hex'),
    [...SECRET].map(letter => `%${letter.charCodeAt(0).toString(16)}`).join(''),
  ].join('|'),
  'i',
)
