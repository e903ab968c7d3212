import { configure, setNotifier, type TraceRecord } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { expect } from 'vitest'
import { inTrace } from './traced-calls.js'

/** A string that is part of every secret in these tests. No record may contain it. */
export const SECRET = 'SEALED'

/**
 * Runs `work` in a trace with every instrument on, and with a hook that marks each record. Resolves to the records that
 * left the process. Expects that every record has passed the hook, and that no record contains a secret. `options`
 * passes libraries that are ES modules, because the instruments find ES modules only some ticks after they were loaded.
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

// The pattern matches the secret in plain text, in base64 at each of the three possible offsets, in hexadecimal, and
// percent-encoded.
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
