import { describe, expect, it } from 'vitest'
import { divideTime } from '../src/why/account/divide-time.js'
import { createSlices } from '../src/why/account/slices.js'
import type { Recording } from '../src/why/recording/recording.js'
import { describePiece, entryOf, recordingOf, sectionOf } from './fixtures/recordings.js'

const root = entryOf({ type: 'HTTPINCOMINGMESSAGE', initAt: 0 })

async function divide(recording: Recording): Promise<string[]> {
  const pieces = await divideTime(recording, { times: [], ran: [] }, () => ({}), createSlices())
  return pieces.map(describePiece)
}

describe('the time of a request', () => {
  it('is divided completely, from the start to the end', async () => {
    const timer = entryOf({ type: 'Timeout', initAt: 3, delayMs: 17 })
    const sections = [sectionOf(0, 3, root), sectionOf(21, 24, timer)]

    const pieces = await divide(recordingOf({ startedAt: 0, endedAt: 30, sections, turnEnds: [3, 24] }))

    expect(pieces).toEqual(['0-3 short', '3-21 wait timer', '21-24 short', '24-30 wait end of response'])
  })

  it('has an unknown rest if the recording was cut', async () => {
    const sections = [sectionOf(0, 3, root)]

    expect(await divide(recordingOf({ startedAt: 0, endedAt: 30, sections, isCut: true }))).toEqual([
      '0-3 short',
      '3-30 unknown',
    ])
  })

  it('leaves out code that ran before the start or after the end', async () => {
    const sections = [sectionOf(-5, -1, root), sectionOf(-1, 2, root), sectionOf(8, 20, root), sectionOf(30, 31, root)]

    const pieces = await divide(recordingOf({ startedAt: 0, endedAt: 10, sections }))

    expect(pieces.at(0)).toBe('0-2 short')
    expect(pieces.at(-1)).toBe('8-10 short')
  })

  it('is unknown if nothing was recorded', async () => {
    expect(await divide(recordingOf({ startedAt: 0, endedAt: 10 }))).toEqual(['0-10 unknown'])
    expect(await divide(recordingOf({ startedAt: 0, endedAt: 0 }))).toEqual([])
  })
})
