import { describe, expect, it } from 'vitest'
import { createGapExplainer } from '../src/why/account/explain-gaps.js'
import { explainWaits } from '../src/why/account/explain-waits.js'
import { createSlices } from '../src/why/account/slices.js'
import type { Recording } from '../src/why/recording/recording.js'
import { collectPieces, entryOf, periodsOf, recordingOf, sectionOf, type TestSample } from './fixtures/recordings.js'

const root = entryOf({ type: 'HTTPINCOMINGMESSAGE', initAt: 0 })
const START = sectionOf(0, 2, root)

async function explain(more: Partial<Recording>, ...samples: readonly TestSample[]): Promise<string[]> {
  const endedAt = Math.max(...(more.sections ?? []).map(({ to }) => to))
  const recording = recordingOf({ startedAt: 0, endedAt, ...more })
  const pieces = collectPieces()
  const periods = periodsOf(...samples)
  const { sections } = recording
  const gaps = createGapExplainer(sections, periods, pieces.put)
  await explainWaits(recording, sections, periods, () => ({}), gaps, createSlices())
  return pieces.texts
}

/** Returns the trace events of a task of the thread pool. Times are in milliseconds. */
function taskOf(id: string, tid: number, queuedAt: number, takenAt: number, doneAt: number, calledAt: number) {
  const name = 'crypto'
  return [
    { ph: 'b', name, id, tid: 1, ts: queuedAt * 1_000 },
    { ph: 'B', name, tid, ts: takenAt * 1_000 },
    { ph: 'E', name, tid, ts: doneAt * 1_000 },
    { ph: 'e', name, id, tid: 1, ts: calledAt * 1_000 },
  ]
}

describe('the time before a section', () => {
  it('is a wait for the timer until the timer is due, and then for the event loop', async () => {
    const timer = entryOf({ type: 'Timeout', initAt: 2, delayMs: 10 })

    expect(await explain({ sections: [START, sectionOf(30, 31, timer)] })).toEqual(['2-13 wait timer', '13-30 held'])
  })

  it('is a wait for the event loop if the resource was ready at once', async () => {
    expect(await explain({ sections: [START, sectionOf(9, 10, entryOf({ type: 'Immediate', initAt: 1 }))] })).toEqual([
      '2-9 held',
    ])
  })

  it('is a wait for a promise that other work settles, and then for the event loop', async () => {
    const sections = [START, sectionOf(9, 10, entryOf({ type: 'PROMISE', initAt: 1 }), 6)]

    expect(await explain({ sections })).toEqual(['2-6 wait promise', '6-9 held'])
  })

  it('is explained by the code that settled the promise, if this code belongs to the request', async () => {
    const timer = entryOf({ type: 'Timeout', initAt: 1, delayMs: 4 })
    const sections = [START, sectionOf(5, 6, timer), sectionOf(8, 9, entryOf({ type: 'PROMISE', initAt: 1 }), 6)]

    expect(await explain({ sections })).toEqual(['2-5 wait timer', '6-8 held'])
  })

  it('is a wait for a promise whose settlement was not seen', async () => {
    expect(await explain({ sections: [START, sectionOf(9, 10, entryOf({ type: 'PROMISE', initAt: 1 }))] })).toEqual([
      '2-9 wait promise',
    ])
  })

  it('is uncertain for a file, from the previous turn of the event loop to the end of waiting', async () => {
    const sections = [START, sectionOf(20, 21, entryOf({ type: 'FSREQCALLBACK', initAt: 2 }))]

    const pieces = await explain({ sections, turnEnds: [3, 10], pollEnds: [15] })

    expect(pieces).toEqual(['2-3 wait fs', '3-15 either fs', '15-20 held'])
  })

  it('is a wait for a thread of the pool until a thread takes the task', async () => {
    const sections = [START, sectionOf(20, 21, entryOf({ type: 'PBKDF2REQUEST', initAt: 2 }))]

    const pieces = await explain({ sections, poolEvents: taskOf('1', 7, 2, 9, 18, 20) })

    expect(pieces).toEqual(['2-9 pool crypto', '9-18 wait crypto', '18-20 held'])
  })

  it('ends after a section whose resource was created by itself', async () => {
    const timer = entryOf({ type: 'Timeout', initAt: 5, delayMs: 1 })

    expect(await explain({ sections: [sectionOf(5, 6, timer)] })).toEqual([])
  })
})
