import { describe, expect, it } from 'vitest'
import { CAUSE_KINDS, type Cause, type CauseKind } from '../src/tree/account.js'
import { describeCause, toPhrase } from '../src/why/cause-words.js'
import { makeCause } from './make-cause.js'

const place = { file: 'a.ts', line: 7, column: undefined, function: 'load' }
const nameless = { ...place, function: undefined }
const other = { ...place, file: 'b.ts', function: 'block' }

describe('describeCause', () => {
  it.each<[CauseKind, Partial<Cause>, string]>([
    ['cpu', {}, 'is CPU in api'],
    ['cpu', { place, via: 'lodash' }, 'is CPU in load (a.ts:7) via lodash in api'],
    ['cpu', { place, hotLine: { ...place, line: 9 } }, 'is CPU in load (a.ts:9) in api'],
    ['sync', {}, 'is synchronous I/O in api'],
    ['sync', { what: 'readFileSync', place }, 'is synchronous readFileSync, called by load (a.ts:7) in api'],
    ['gc', {}, 'is garbage collection in api'],
    ['gc', { place: nameless }, 'is garbage collection, mostly in a.ts:7 in api'],
    ['short', {}, 'is 1 short section of code in api'],
    ['short', { times: 1200, place }, 'is 1,200 short sections of code, resumed in load (a.ts:7) in api'],
    ['native', { place }, 'is native code in api'],
    ['osprofiler', { place }, 'is the work of OSProfiler in api'],
    ['unknown', { place }, 'is time that the account does not explain in api'],
    ['wait', {}, 'waited for something that the recorder does not know in api'],
    ['wait', { what: 'timer', place }, 'waited for a timer, asked for by load (a.ts:7) in api'],
    ['wait', { what: 'promise', place }, 'waited for a promise that other work settles, asked for at a.ts:7 in api'],
    ['pool', { by: '4 x crypto', what: 'fs' }, 'waited for a thread of the pool, all busy with 4 x crypto in api'],
    ['pool', { place }, 'waited for a thread of the pool, asked for by load (a.ts:7) in api'],
    ['held', { by: 'others' }, 'waited while others held the event loop in api: others'],
    ['held', { by: 'block', byPlace: other }, 'waited while others held the event loop in api: block (b.ts:7)'],
    ['either', { what: 'fs' }, 'waited for fs, or for the event loop in api, which others held'],
    [
      'either',
      { what: 'promise', place, byPlace: other },
      'waited for a promise that other work settles, asked for by load (a.ts:7), or for the event loop in api, which others held: block (b.ts:7)',
    ],
  ])('says of the kind %s with %o: %s', (kind, more, sentence) => {
    const { verb, words } = describeCause(makeCause(kind, more), ' in api')

    expect(`${verb} ${words}`).toBe(sentence)
  })

  it.each([
    ['network', 'the network'],
    ['request body', 'the body of the request'],
    ['child process', 'a child process'],
    ['worker', 'a worker thread'],
    ['end of response', 'the end of the response'],
    ['unknown', 'something that the recorder does not know'],
    ['__proto__', '__proto__'],
  ])('describes a wait for %o as a wait for %s', (what, words) => {
    expect(describeCause(makeCause('wait', { what })).words).toBe(`for ${words}`)
  })

  it('shows only the end of a long path', () => {
    const file = `${'deep/'.repeat(40)}orders.ts`

    const { words } = describeCause(makeCause('cpu', { place: { ...place, file } }))

    expect(words).toBe(`CPU in load (...${file.slice(-77)}:7)`)
  })
})

describe('toPhrase', () => {
  it('names the verb only for a wait', () => {
    expect([makeCause('native'), makeCause('held')].map(toPhrase)).toEqual([
      'native code',
      'waited while others held the event loop',
    ])
  })

  it('has words for each kind, without the word undefined', () => {
    const phrases = CAUSE_KINDS.map(kind => toPhrase(makeCause(kind)))

    expect(new Set(phrases).size).toBe(CAUSE_KINDS.length)
    expect(phrases.join()).not.toContain('undefined')
  })
})
